"""A file in a target folder counts as uploaded once it survives a power cut, a file on a server once it is complete."""

from __future__ import annotations

import errno
import ftplib
import os
import sys
from pathlib import Path, PurePosixPath

import pytest

from capture_station import urls
from capture_station.archive.disk import Disk
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.errors import ConfigError
from capture_station.upload.target import Target
from tests.fake_server import Server

NAME = PurePosixPath("2026-05-04", "id", "portrait.jpg")


class WatchedDisk(Disk):
    """Logs the contents of each synced folder, and the files whose bytes were synced before they got their name."""

    def __init__(self) -> None:
        self.durable: set[Path] = set()
        self.whole: set[Path] = set()
        self._paths: dict[int, Path] = {}

    def create(self, path: Path, mode: int = 0o600) -> int:
        descriptor = super().create(path, mode)
        self._paths[descriptor] = path
        return descriptor

    def open_folder(self, path: Path) -> int:
        descriptor = super().open_folder(path)
        self._paths[descriptor] = path
        return descriptor

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        path = self._paths[descriptor]
        if path.is_dir():
            self.durable.update(path.iterdir())
        else:
            self.whole.add(path)

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        self.whole = {new} if old in self.whole else set()


def test_a_file_and_its_parent_folders_are_durable(tmp_path: Path) -> None:
    disk = WatchedDisk()
    Target(str(tmp_path), disk).put(NAME, b"portrait")
    assert disk.durable == set(tmp_path.rglob("*"))
    assert disk.whole == {tmp_path / NAME}
    assert (tmp_path / NAME).read_bytes() == b"portrait"


@pytest.mark.parametrize(
    ("root", "folders", "file"), [(0o755, 0o755, 0o644), (0o2775, 0o775, 0o644), (0o700, 0o700, 0o600)]
)
def test_what_the_service_uploads_is_as_readable_as_the_target(
    tmp_path: Path, root: int, folders: int, file: int
) -> None:
    """A web server hands it on, and the service's umask lets nobody else read."""
    tmp_path.chmod(root)
    umask = os.umask(0o077)
    try:
        Target(str(tmp_path)).put(NAME, b"portrait")
    finally:
        os.umask(umask)
    modes = [(tmp_path / part).stat().st_mode & 0o777 for part in (*NAME.parents, NAME)]
    assert modes == [folders, folders, root & 0o777, file]


def test_an_upload_fails_unless_the_name_is_durable(tmp_path: Path) -> None:
    whole = FaultyDisk()
    Target(str(tmp_path), whole).put(NAME, b"portrait")
    assert whole.calls.count("sync") == 4
    for fail_at in range(1, len(whole.calls) + 1):
        with pytest.raises(OSError, match="error"):
            Target(str(tmp_path), FaultyDisk(fail_at, errno.EIO)).put(NAME, b"portrait")
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [NAME.name]


def test_a_folder_that_the_sandbox_of_a_service_did_not_open_needs_a_restart(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=f"{tmp_path} is read-only: make it writable; restart a service"):
        Target(str(tmp_path), FaultyDisk(1, errno.EROFS)).put(NAME, b"portrait")


def test_a_symlink_to_a_folder_works_like_the_folder(tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "link").symlink_to("stick")
    Target(str(tmp_path / "link")).put(NAME, b"portrait")
    assert (tmp_path / "stick" / NAME).read_bytes() == b"portrait"


def test_a_file_that_vanishes_while_a_folder_is_listed_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1.json", ".2.json.partial", "3.json"):
        (tmp_path / name).touch()
    found = os.scandir

    def renamed_meanwhile(path: Path) -> list[os.DirEntry[str]]:
        entries = list(found(path))
        (tmp_path / ".2.json.partial").rename(tmp_path / "2.json")
        return entries

    with monkeypatch.context() as listed:
        listed.setattr(os, "scandir", renamed_meanwhile)
        assert set(Target(str(tmp_path)).listing("")) == {"1.json", "3.json"}
    assert set(Target(str(tmp_path)).listing("")) == {"1.json", "2.json", "3.json"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "place").touch()
    with pytest.raises(FileNotFoundError, match="create the folder, or mount"):
        Target(str(tmp_path / "place")).put(NAME, b"portrait")


@pytest.fixture(params=[True, False])
def server(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> pytest.MonkeyPatch:
    monkeypatch.setattr(Server, "replaces", request.param)
    return monkeypatch


def test_a_server_that_keeps_only_a_part_and_reports_success_is_not_believed(
    tmp_path: Path, server: pytest.MonkeyPatch
) -> None:
    target = Target(f"like-ftp://{tmp_path}/booth")
    target.put(NAME, b"an older portrait")
    with server.context() as full:
        full.setattr(Server, "swallows", True)
        with pytest.raises(OSError, match="only 7 of 8 bytes arrived"):
            target.put(NAME, b"portrait")
    assert (tmp_path / "booth" / NAME).read_bytes() == b"an older portrait"
    target.put(NAME, b"portrait")
    assert (tmp_path / "booth" / NAME).read_bytes() == b"portrait"


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def test_a_server_gets_folders_and_complete_files(tmp_path: Path, server: pytest.MonkeyPatch) -> None:
    target = Target(f"like-ftp://{tmp_path}/booth")
    with server.context() as broken:
        broken.setattr(Server, "breaks", True)
        with pytest.raises(BrokenPipeError):
            target.put(NAME, b"portrait")
    assert not (tmp_path / "booth" / NAME).exists()
    for data in (b"portrait", b"the same once more"):
        target.put(NAME, data)
        assert (tmp_path / "booth" / NAME).read_bytes() == data
    assert names(tmp_path) == [f"booth/{NAME}"]


def test_a_server_that_is_away_at_the_start_is_reached_later(tmp_path: Path, server: pytest.MonkeyPatch) -> None:
    with server.context() as gone:
        gone.setattr(Server, "away", True)
        target = Target(f"like-ftp://{tmp_path}/booth")
        with pytest.raises(ConnectionRefusedError):
            target.put(NAME, b"portrait")
    target.put(NAME, b"portrait")
    assert names(tmp_path) == [f"booth/{NAME}"]


def test_a_server_has_removed_what_is_not_there_and_nothing_that_it_keeps(
    tmp_path: Path, server: pytest.MonkeyPatch
) -> None:
    target = Target(f"like-ftp://{tmp_path}/booth")
    target.remove(NAME)
    target.put(NAME, b"portrait")
    with server.context() as forbidding:
        forbidding.setattr(Server, "forbids", True)
        with pytest.raises(ftplib.error_perm, match="550"):
            target.remove(NAME)
    system = Server()
    system.lost = True
    with pytest.raises(BrokenPipeError):
        urls.remove_whole(system, f"{tmp_path}/booth/{NAME}")
    target.remove(NAME)
    assert names(tmp_path) == []


def test_an_smb_share_has_no_file_until_it_gets_one_and_again_after_it_is_removed(tmp_path: Path) -> None:
    target = Target(f"like-smb://{tmp_path}/booth")
    assert (target.listing("2026-05-04/id"), target.read(NAME)) == ({}, None)
    for data in (b"portrait", b"another one"):
        target.put(NAME, data)
        assert (list(target.listing("2026-05-04/id")), target.read(NAME)) == (["portrait.jpg"], data)
    for _ in range(2):
        target.remove(NAME)
        assert (names(tmp_path), target.read(NAME)) == ([], None)


@pytest.mark.parametrize("place", ["", "/2026-05-04", "/new/folder"])
@pytest.mark.usefixtures("server")
def test_an_archive_is_refused_under_any_url(tmp_path: Path, place: str) -> None:
    """Any server may lead back to an archive: of this station or of another one."""
    (tmp_path / "archive" / ".unfinished").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"archive is an archive of captures"):
        Target(f"like-ftp://{tmp_path}/archive{place}").put(NAME, b"portrait")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("booth/archive", "is an archive of captures"),
        ("booth/archive/2026-05-04", "is an archive of captures"),
        ("link", "is an archive of captures"),
        ("file://{root}/link/new/folder", "is an archive of captures"),
        ("booth/../booth/archive", "is an archive of captures"),
        ("booth", "the archive .* is in"),
        ("other-name-of-booth", "the archive .* is in"),
    ],
)
def test_the_stations_own_archive_is_refused_at_the_start_by_whatever_name(
    tmp_path: Path, target: str, words: str
) -> None:
    """Its pictures would be marked as handed on, and then purged."""
    archive = tmp_path / "booth" / "archive"
    (archive / ".unfinished").mkdir(parents=True)
    (tmp_path / "link").symlink_to(archive)
    (tmp_path / "other-name-of-booth").symlink_to(tmp_path / "booth")
    url = target.format(root=tmp_path) if "://" in target else str(tmp_path / target)
    with pytest.raises(ConfigError, match=rf"upload\.url: .*{words}.*; choose a folder outside of it"):
        Target(url).refuse_archives(archive)


def test_a_folder_beside_the_archive_is_a_target(tmp_path: Path) -> None:
    (tmp_path / "archive" / ".unfinished").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    Target(str(tmp_path / "elsewhere")).refuse_archives(tmp_path / "archive")


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_folder_needs_no_fsspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "fsspec"]:
        monkeypatch.setitem(sys.modules, name, None)
    Target(f"{scheme}{tmp_path}").put(NAME, b"portrait")
    assert (tmp_path / NAME).read_bytes() == b"portrait"
    with pytest.raises(ConfigError, match="URLs need fsspec"):
        Target("s3://bucket")
