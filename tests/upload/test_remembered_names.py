"""What a station remembers of its uploads: little to write for each, and right again after a crash or an error."""

from __future__ import annotations

import errno
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path, PurePosixPath

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.archive.names import UPLOAD_NAMES
from capture_station.archive.record import Damaged, Record, SubjectRecord
from capture_station.errors import DiskFull
from capture_station.upload.target import Target
from capture_station.upload.target_names import TargetNames
from tests.upload.uploading import NOON, arrived, save

EARLIER = {
    str(number): (f"{number}", f"20260101-120000-{number:06}-0123abcd", {f"{number}.jpg": ["0123456789abcdef" * 4]})
    for number in range(1000)
}


class Booth:
    """A station that uploads to a folder as the queue does, and restarts whenever it is made anew."""

    def __init__(self, archive: Archive, elsewhere: Path, target: Target | None = None) -> None:
        self._archive, self._elsewhere = archive, elsewhere
        self._names = TargetNames(archive, "{subject}", target or Target(str(elsewhere)))

    def upload(self, record: Record) -> None:
        name = self._names.claim(record)
        assert name is not None
        self._names.remember(record, name, {f"{name}.jpg": record.file("portrait").sha256})
        (self._elsewhere / f"{name}.jpg").write_bytes(self._archive.path(record, "portrait").read_bytes())

    def withdraw(self) -> None:
        self._names.find_wrong()
        self._names.withdraw()


def person(archive: Archive, number: int) -> Record:
    return save(archive, NOON + timedelta(minutes=number), SubjectRecord(id=f"{20400 + number}"))


def test_an_upload_writes_little_however_many_there_were_before(archive: Archive, elsewhere: Path) -> None:
    archive.write_file(UPLOAD_NAMES, json.dumps(EARLIER).encode())
    disk = FaultyDisk()
    with closing(Archive.open(archive.settings, disk)) as counted:
        booth, records = Booth(counted, elsewhere), [person(archive, number) for number in range(4)]
        booth.upload(records[0])
        disk.calls.clear()
        for record in records[1:]:
            booth.upload(record)
    assert disk.calls.count("write") == 3


class CountingArchive(Archive):
    """Counts the records that are looked up one by one."""

    found = 0

    def find(self, capture_id: str) -> Record | Damaged | None:
        self.found += 1
        return super().find(capture_id)


def test_looking_for_wrong_names_reads_no_record_of_what_was_uploaded_before(archive: Archive, elsewhere: Path) -> None:
    with closing(CountingArchive.open(archive.settings)) as counting:
        assert isinstance(counting, CountingArchive)
        booth = Booth(counting, elsewhere)
        for number in range(3):
            booth.upload(record := person(counting, number))
            counting.mark_uploaded(record)
        counting.found = 0
        booth.withdraw()
        assert counting.found == 0


def test_retakes_do_not_make_the_file_grow_for_ever(archive: Archive, elsewhere: Path) -> None:
    booth, sizes = Booth(archive, elsewhere), []
    for minutes in range(40):
        booth.upload(save(archive, NOON + timedelta(minutes=minutes), SubjectRecord(id=f"{minutes % 4}")))
        sizes.append((archive.folder / UPLOAD_NAMES).stat().st_size)
    assert max(sizes) <= 2 * sizes[3]


def test_what_an_old_version_remembered_and_a_torn_line_are_read(archive: Archive, elsewhere: Path) -> None:
    record = person(archive, 1)
    Booth(archive, elsewhere).upload(record)
    file = archive.folder / UPLOAD_NAMES
    old = json.dumps(EARLIER | json.loads(file.read_bytes())).encode()
    for content in (old, old + b'\n{"20402": ["204'):
        archive.write_file(UPLOAD_NAMES, content)
        archive.set_kept(record.id, False)
        booth = Booth(archive, elsewhere)
        booth.withdraw()
        assert not arrived(elsewhere)
        archive.set_kept(record.id, True)
        booth.upload(record)
        assert {owner for line in file.read_text().splitlines() for owner in json.loads(line)} == {*EARLIER, "20401"}


class StubbornTarget(Target):
    """Removes every file but those of two people."""

    def remove(self, name: PurePosixPath) -> None:
        if name.stem in ("20400", "20402"):
            raise PermissionError(f"{name} cannot be removed")
        super().remove(name)


def test_a_file_that_cannot_be_taken_back_does_not_hold_up_others(archive: Archive, elsewhere: Path) -> None:
    booth = Booth(archive, elsewhere, StubbornTarget(str(elsewhere)))
    for number in range(4):
        booth.upload(record := person(archive, number))
        archive.set_kept(record.id, False)
    for _ in range(3):
        with pytest.raises(PermissionError):
            booth.withdraw()
    assert arrived(elsewhere) == {"20400.jpg", "20402.jpg"}
    Booth(archive, elsewhere).withdraw()
    assert not arrived(elsewhere)


def test_what_a_power_cut_left_of_an_upload_is_taken_back(archive: Archive, elsewhere: Path) -> None:
    booth, record = Booth(archive, elsewhere), person(archive, 1)
    booth.upload(record)
    (elsewhere / "20401.jpg").rename(elsewhere / ".20401.jpg.partial")
    archive.set_kept(record.id, False)
    booth.withdraw()
    assert not arrived(elsewhere)


class TearingDisk(Disk):
    """A disk that becomes full once, in the middle of a line."""

    full = False

    def write(self, descriptor: int, data: memoryview) -> int:
        if not self.full:
            return super().write(descriptor, data)
        self.full = False
        super().write(descriptor, data[:9])
        raise OSError(errno.ENOSPC, "No space left on device")


def test_after_a_full_disk_nothing_that_was_uploaded_is_forgotten(archive: Archive, elsewhere: Path) -> None:
    disk = TearingDisk()
    with closing(Archive.open(archive.settings, disk)) as filling:
        booth, records = Booth(filling, elsewhere), [person(archive, number) for number in range(4)]
        booth.upload(records[0])
        booth.upload(records[1])
        disk.full = True
        with pytest.raises(DiskFull):
            booth.upload(records[2])
        for record in records[2:]:
            booth.upload(record)
        for record in records:
            archive.set_kept(record.id, False)
        Booth(filling, elsewhere).withdraw()
    assert not arrived(elsewhere)


def test_portraits_of_nobody_are_forgotten_once_they_are_purged(archive: Archive, elsewhere: Path) -> None:
    purged, stays, last = (save(archive, NOON + timedelta(minutes=minutes)) for minutes in range(3))
    booth = Booth(archive, elsewhere)
    booth.upload(purged)
    booth.upload(stays)
    archive.remove(purged.id)
    for _ in range(2):
        booth.withdraw()
        booth.upload(last)
        booth = Booth(archive, elsewhere)
    remembered = (archive.folder / UPLOAD_NAMES).read_text()
    assert purged.id not in remembered
    assert stays.id in remembered
    assert last.id in remembered
    assert f"{purged.id}.jpg" in arrived(elsewhere)
