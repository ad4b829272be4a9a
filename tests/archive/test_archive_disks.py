"""An archive on a disk that is full or drops off, or that other stations use at the same time."""

import errno
from datetime import datetime, timedelta, timezone
from functools import partial

import numpy as np
import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.atomic_folder import UnfinishedFolder, sweep
from capture_station.archive.disk import Disk, DiskSpace
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.archive.names import new_id
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.archive.verification import problems
from capture_station.config import ArchiveSettings
from capture_station.errors import ArchiveError, DiskFull
from capture_station.frames import Portrait

SIZE_WH = (64, 48)
ORIGINAL, PORTRAIT = sample_pictures(SIZE_WH)
NOON = datetime(2026, 5, 4, 12, 0, 0, 123456, timezone(timedelta(hours=-8)))


@pytest.fixture
def settings(tmp_path):
    return ArchiveSettings(folder=tmp_path / "archive", keep_free_bytes=0)


def save(archive):
    return archive.save(ORIGINAL, PORTRAIT, NOON, SAMPLE_CIRCUMSTANCES)


def unfinished(archive):
    return list((archive.folder / ".unfinished").iterdir())


def test_too_little_space_is_reported_before_the_countdown(settings):
    archive = Archive.open(settings, FaultyDisk(space=DiskSpace(100)))
    assert archive.free_bytes() == 100
    with pytest.raises(DiskFull, match="0 MB are free") as told:
        archive.check_space(SIZE_WH)
    assert "\n" not in str(told.value)
    archive.close()


def test_the_estimated_space_covers_what_a_capture_takes(settings):
    archive = Archive.open(settings)
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    portrait = Portrait(noise, noise[..., 0], PORTRAIT.measures)
    record = archive.save(noise, portrait, NOON, SAMPLE_CIRCUMSTANCES)
    assert sum(file.size_bytes for file in record.files) < archive.needed_bytes((640, 480))
    archive.check_space((640, 480))
    archive.close()


def test_only_leftovers_of_crashes_are_removed(settings, archive):
    record = save(archive)
    hidden = archive.folder / ".unfinished"
    left = hidden / record.id
    left.mkdir()
    (left / f"{record.id}-original.jpg").write_bytes(b"half")
    (left / "record.json").write_bytes(b"{")
    guarded = hidden / f"{record.id[:-8]}00000000"
    guarded.mkdir()
    (guarded / "thesis.txt").write_text("mine")
    (hidden / "letters").mkdir()
    (hidden / f"{record.id[:-8]}11111111").symlink_to(archive.folder_of(record.id))
    again = Archive.open(settings)
    again.close()
    assert not left.exists()
    assert (guarded / "thesis.txt").read_text() == "mine"
    assert (hidden / "letters").is_dir()
    assert not any(problems([again.folder_of(record.id)]))
    assert again.find(record.id) == record


def test_a_capture_that_another_station_is_saving_is_no_leftover(settings, archive):
    with archive.begin(ORIGINAL, NOON) as pending:
        other = Archive.open(settings)
        record = pending.finish(PORTRAIT, SAMPLE_CIRCUMSTANCES)
    assert other.find(record.id) == record
    other.close()


def test_an_id_is_never_used_twice(archive):
    finished = save(archive).id
    building, fresh = f"{finished[:-8]}00000000", f"{finished[:-8]}11111111"
    held = UnfinishedFolder.reserve(Disk(), archive.folder, lambda: building)
    another = UnfinishedFolder.reserve(Disk(), archive.folder, iter([finished, building, fresh]).__next__)
    assert another.id == fresh
    for one in (held, another):
        one.discard()
    assert not unfinished(archive)


class SweptDisk(Disk):
    """A disk on which another station starts and sweeps right after the first call of a kind."""

    def __init__(self, archive, moment):
        self._archive = archive
        self._moment = moment

    def _after(self, call):
        if call == self._moment:
            self._moment = None
            assert sweep(Disk(), self._archive) == (call != "lock")

    def make_folder(self, path):
        super().make_folder(path)
        self._after("make_folder")

    def open_folder(self, path):
        descriptor = super().open_folder(path)
        self._after("open_folder")
        return descriptor

    def lock(self, descriptor):
        super().lock(descriptor)
        self._after("lock")


@pytest.mark.parametrize("moment", ["make_folder", "open_folder", "lock"])
def test_a_station_that_starts_at_the_worst_moment_removes_nothing(archive, moment):
    held = UnfinishedFolder.reserve(SweptDisk(archive.folder, moment), archive.folder, partial(new_id, NOON))
    assert [path.name for path in unfinished(archive)] == [held.id]
    held.put("record.json", b"{}")
    held.discard()
    assert not unfinished(archive)


@pytest.mark.parametrize("folder", ["stick/captures", "stick"])
def test_a_disk_that_drops_off_is_not_replaced_by_a_folder_on_the_disk_below(tmp_path, folder):
    archive = Archive.open(ArchiveSettings(folder=tmp_path / folder, keep_free_bytes=0))
    record = save(archive)
    mount_point, disk = tmp_path / "stick", tmp_path / "disk"
    mount_point.rename(disk)
    mount_point.mkdir()
    for attempt in (
        lambda: archive.check_space(SIZE_WH),
        lambda: archive.begin(ORIGINAL, NOON),
        lambda: archive.write_file(".ages.json", b"{}"),
        lambda: archive.add_marker(record.id, "uploaded"),
    ):
        with pytest.raises(ArchiveError, match=r"check the disk and archive\.folder"):
            attempt()
    assert not archive.remove(record.id)
    assert not list(mount_point.iterdir())
    mount_point.rmdir()
    disk.rename(mount_point)
    archive.check_space(SIZE_WH)
    assert {record.id, save(archive).id} == set(archive.ids())
    archive.close()


def test_an_impossible_folder_is_reported_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match=r"archive\.folder") as told:
        Archive.open(ArchiveSettings(folder=tmp_path / "file" / "archive"))
    assert str(tmp_path / "file") in str(told.value)
    assert "\n" not in str(told.value)


def test_a_full_disk_does_not_keep_the_station_from_starting(settings, archive):
    record = save(archive)
    full = Archive.open(settings, FaultyDisk(fail_at=1, number=errno.ENOSPC, lasting="full"))
    assert full.find(record.id) == record
    with pytest.raises(DiskFull):
        save(full)
    full.close()


def test_a_disk_too_full_for_the_folder_itself_is_reported_at_the_start(settings):
    with pytest.raises(DiskFull, match=r"archive\.folder"):
        Archive.open(settings, FaultyDisk(fail_at=1, number=errno.ENOSPC, lasting="full"))
