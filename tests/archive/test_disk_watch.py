"""Nobody waits for a disk that hangs, and captures are refused if the disk hangs, is read-only or is not mounted."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture_station.archive import archive as archive_module
from capture_station.archive import disk_watch, mount_points
from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk, DiskSpace
from capture_station.archive.disk_watch import DiskWatch
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.config import ArchiveSettings
from capture_station.errors import ArchiveError, DiskFull

PATIENCE_S = 20
SIZE_WH = (64, 48)


class HangingDisk(Disk):
    """Does not answer while its gate is closed."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.questions = 0
        self.answered = threading.Semaphore(0)

    def space(self, path: Path) -> DiskSpace:
        self.questions += 1
        assert self.gate.wait(2 * PATIENCE_S)
        space = super().space(path)
        self.answered.release()
        return space

    def make_folder(self, path: Path) -> None:
        assert self.gate.wait(2 * PATIENCE_S)
        super().make_folder(path)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingDisk]:
    monkeypatch.setattr(disk_watch, "HANGS_AFTER_S", 0.1)
    monkeypatch.setattr(disk_watch, "MAX_AGE_S", 0.0)
    disk = HangingDisk()
    disk.gate.set()
    yield disk
    disk.gate.set()


def test_a_hanging_disk_is_asked_once_and_nobody_waits_for_it(disk: HangingDisk, tmp_path: Path) -> None:
    watch = DiskWatch(disk, tmp_path)
    assert watch.space(renewed=True).free_bytes > 0
    disk.gate.clear()
    asked = disk.questions
    with pytest.raises(TimeoutError):
        watch.space(renewed=True)
    for _ in range(100):
        with pytest.raises(TimeoutError):
            watch.space()
    with pytest.raises(TimeoutError):
        watch.check()
    assert disk.questions == asked + 1


def test_a_disk_that_answers_again_is_used_again(disk: HangingDisk, tmp_path: Path) -> None:
    watch = DiskWatch(disk, tmp_path)
    disk.gate.clear()
    with pytest.raises(TimeoutError):
        watch.space(renewed=True)
    disk.gate.set()
    assert disk.answered.acquire(timeout=PATIENCE_S)
    assert watch.space(renewed=True).free_bytes > 0


def test_the_last_answer_is_given_while_a_slow_disk_is_asked(disk: HangingDisk, tmp_path: Path) -> None:
    disk_watch.HANGS_AFTER_S = float(PATIENCE_S)
    watch = DiskWatch(disk, tmp_path)
    known = watch.space(renewed=True)
    disk.gate.clear()
    assert watch.space() == known
    watch.check()


def test_everything_that_needs_a_hanging_disk_is_refused_at_once(disk: HangingDisk, tmp_path: Path) -> None:
    archive = Archive.open(ArchiveSettings(folder=tmp_path / "archive", keep_free_bytes=0), disk)
    disk.gate.clear()
    for attempt in (lambda: archive.check_space(SIZE_WH), archive.free_bytes, archive.ids, lambda: archive.find("x")):
        with pytest.raises(ArchiveError, match=r"does not answer; check the disk") as refused:
            attempt()
        assert "\n" not in str(refused.value)
    archive.close()


def test_a_disk_that_hangs_at_the_start_is_reported(
    disk: HangingDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "OPEN_WITHIN_S", 0.1)
    disk.gate.clear()
    with pytest.raises(ArchiveError, match=r"the disk does not answer.*archive\.folder"):
        Archive.open(ArchiveSettings(folder=tmp_path / "archive"), disk)


@pytest.mark.parametrize(
    ("space", "error", "reason"),
    [
        (DiskSpace(10**12, read_only=True), ArchiveError, "read-only"),
        (DiskSpace(10**12, free_files=3), DiskFull, "inodes"),
        (DiskSpace(10**6, free_files=10**6), DiskFull, "MB are free"),
    ],
)
def test_a_disk_that_cannot_take_a_capture_refuses_before_the_countdown(
    tmp_path: Path, space: DiskSpace, error: type[ArchiveError], reason: str
) -> None:
    archive = Archive.open(ArchiveSettings(folder=tmp_path / "archive"), FaultyDisk(space=DiskSpace(10**12)))
    archive.check_space(SIZE_WH)
    archive.close()
    failed = Archive(archive.settings, FaultyDisk(space=space))
    with pytest.raises(error, match=reason) as refused:
        failed.check_space(SIZE_WH)
    assert type(refused.value) is error
    failed.close()


def test_a_failing_question_is_the_disks_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DiskWatch(Disk(), tmp_path / "absent").space(renewed=True)


@pytest.mark.parametrize(
    ("line", "folder", "missing"),
    [
        ("LABEL=stick {}/my\\040stick vfat nofail 0 0", "my stick/portraits/archive", "my stick"),
        ("LABEL=stick {}/stick vfat nofail 0 0", "stick", "stick"),
        ("LABEL=stick {}/stick vfat nofail 0 0", "other", None),
        ("# LABEL=stick {}/stick vfat nofail 0 0", "stick", None),
        ("/dev/vda1 / ext4 defaults 0 1\nnone swap", "stick", None),
        ("damaged", "stick", None),
    ],
)
def test_the_mount_point_of_an_absent_disk_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, folder: str, missing: str | None
) -> None:
    fstab = tmp_path / "fstab"
    fstab.write_text(line.format(tmp_path))
    monkeypatch.setattr(mount_points, "FSTAB", fstab)
    found = mount_points.missing_mount(tmp_path / folder)
    assert found == (None if missing is None else tmp_path / missing)


def test_no_archive_is_made_on_an_empty_mount_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick, fstab = tmp_path / "stick", tmp_path / "fstab"
    stick.mkdir()
    fstab.write_text(f"LABEL=stick {stick} vfat nofail 0 0")
    monkeypatch.setattr(mount_points, "FSTAB", fstab)
    with pytest.raises(ArchiveError, match=rf"mounts a disk at {stick}, which is not mounted") as refused:
        Archive.open(ArchiveSettings(folder=stick / "archive"))
    assert isinstance(refused.value.__cause__, OSError)
    assert refused.value.__cause__.errno == errno.ENOENT
    assert not list(stick.iterdir())
