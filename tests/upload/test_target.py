"""A file in a folder elsewhere counts as there once a power cut cannot take it back."""

from __future__ import annotations

import errno
from pathlib import Path, PurePosixPath

import pytest

from capture_station.archive.disk import Disk, FaultyDisk
from capture_station.upload.target import Target

NAME = PurePosixPath("2026-05-04", "id", "portrait.jpg")


class WatchedDisk(Disk):
    """Keeps what was in a folder when it was made durable."""

    def __init__(self) -> None:
        self.durable: set[Path] = set()
        self._folders: dict[int, Path] = {}

    def open_folder(self, path: Path) -> int:
        descriptor = super().open_folder(path)
        self._folders[descriptor] = path
        return descriptor

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        self.durable.update(self._folders[descriptor].iterdir())


def test_every_name_that_leads_to_a_file_is_durable(tmp_path: Path) -> None:
    disk = WatchedDisk()
    Target(str(tmp_path), disk).put(NAME, b"portrait")
    assert disk.durable == set(tmp_path.rglob("*"))
    assert (tmp_path / NAME).read_bytes() == b"portrait"


def test_a_file_whose_name_is_not_durable_is_not_there_yet(tmp_path: Path) -> None:
    whole = FaultyDisk()
    Target(str(tmp_path), whole).put(NAME, b"portrait")
    assert whole.calls.count("sync") == 3
    for fail_at in range(1, len(whole.calls) + 1):
        with pytest.raises(OSError, match="error"):
            Target(str(tmp_path), FaultyDisk(fail_at, errno.EIO)).put(NAME, b"portrait")


def test_a_link_to_a_folder_is_as_good(tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "link").symlink_to("stick")
    Target(str(tmp_path / "link")).put(NAME, b"portrait")
    assert (tmp_path / "stick" / NAME).read_bytes() == b"portrait"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "place").touch()
    with pytest.raises(FileNotFoundError, match="make the folder, or mount"):
        Target(str(tmp_path / "place")).put(NAME, b"portrait")
