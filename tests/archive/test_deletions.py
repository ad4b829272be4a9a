"""All pictures of a person are deleted, and a record without the name says so."""

from __future__ import annotations

import contextlib
import errno
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import (
    Deletion,
    delete_subject,
    deletions_csv,
    read_deletions,
    returned,
    was_deleted,
)
from capture_station.archive.disk import Disk
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.archive.names import DELETIONS, RECORD, new_id
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.errors import ArchiveError
from capture_station.reports.session import read_session
from capture_station.reports.writing import write_report

ORIGINAL, PORTRAIT = sample_pictures((32, 24))
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)


def take(archive: Archive, subject: str, taken_at: datetime = NOON) -> str:
    named = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id=subject, name="Ada Lovelace")})
    return archive.save(ORIGINAL, PORTRAIT, taken_at, named).id


def test_one_person_is_deleted_and_the_others_stay(archive: Archive) -> None:
    first, second, other = take(archive, "20417"), take(archive, "20417"), take(archive, "20418")
    archive.set_kept(first, kept=False)
    assert set(delete_subject(archive, "20417", "web")) == {first, second}
    assert list(archive.ids()) == [other]
    (deletion,) = read_deletions(archive.folder)
    assert (deletion.by, deletion.subject, deletion.captures) == ("web", "20417", 2)
    assert deletion.deleted_at.utcoffset() is not None


def test_an_interrupted_deletion_is_recorded_and_can_be_completed(archive: Archive, tmp_path: Path) -> None:
    given = [take(archive, "20417") for _ in range(3)][1]
    archive.assign(given, SubjectRecord(id="20418"), "window")
    whole, trial = archive.folder, archive.settings.model_copy(update={"folder": tmp_path / "trial"})
    fail_at, disk = 0, FaultyDisk()
    while fail_at <= len(disk.calls):
        fail_at += 1
        shutil.copytree(whole, trial.folder)
        disk = FaultyDisk(fail_at, errno.EIO, "dead")
        failing = Archive(trial, disk)
        with contextlib.suppress(ArchiveError):
            delete_subject(failing, "20417", "web")
        left = set(failing.ids())
        failing.close()
        if len(left) < 3:
            assert [one.captures for one in read_deletions(trial.folder)] == [2]
        again = Archive.open(trial)
        if left != {given}:
            # Whoever has pictures has a bin on the page, so nothing but pictures may be left.
            assert again.query(lambda index: index.of_subject("20417"))
            delete_subject(again, "20417", "web")
        assert list(again.ids()) == [given]
        assert "20417" not in (again.folder_of(given) / RECORD).read_text()
        again.close()
        shutil.rmtree(trial.folder)
    assert fail_at > 20


def test_who_is_back_from_a_backup_is_deleted_again_although_a_foreign_file_is_left(
    archive: Archive, tmp_path: Path
) -> None:
    back = archive.folder_of(take(archive, "20417"))
    (back / ".DS_Store").touch()
    shutil.copytree(back, tmp_path / "backup")
    for _ in range(3):
        assert delete_subject(archive, "20417", "web") == [back.name]
        assert list(archive.ids()) == []
        shutil.copytree(tmp_path / "backup", back)
    disk = FaultyDisk()
    with contextlib.closing(Archive(archive.settings, disk)) as whole:
        whole.remove(back.name)
    shutil.copytree(tmp_path / "backup", back)
    cut_at = disk.calls.index("remove_file") + 2  # The next free name is found one call later.
    with contextlib.closing(Archive(archive.settings, FaultyDisk(cut_at, errno.EIO, "dead"))) as interrupted:
        assert interrupted.remove(back.name)
    Archive.open(archive.settings).close()
    left = [path.name for path in archive.folder.rglob("*") if back.name in path.parts and path.is_file()]
    assert set(left) == {".DS_Store"}


class BusyArchive(Archive):
    """Another screen removes each capture just before it would be changed here."""

    def forget(self, capture_id: str, subject: str) -> None:
        self.remove(capture_id)
        super().forget(capture_id, subject)


def test_a_capture_that_another_screen_removes_meanwhile_keeps_nobody_from_being_deleted(archive: Archive) -> None:
    given, own = take(archive, "20417"), take(archive, "20417")
    archive.assign(given, SubjectRecord(id="20418"), "window")
    busy = BusyArchive.open(archive.settings)
    assert delete_subject(busy, "20417", "web") == [own]
    assert list(busy.ids()) == []
    busy.close()


class ReportingArchive(Archive):
    """Somebody makes a report just before the first picture is removed."""

    def remove(self, capture_id: str) -> bool:
        if not (self.folder / "report.html").exists():
            write_report(read_session(self.folder), self.folder, "en")
        return super().remove(capture_id)


def test_no_report_that_was_finished_during_a_deletion_still_shows_the_person(archive: Archive) -> None:
    own, _ = take(archive, "20417"), take(archive, "20418")
    reporting = ReportingArchive.open(archive.settings)
    assert delete_subject(reporting, "20417", "web") == [own]
    assert not list(archive.folder.glob("report*"))
    reporting.close()


class BrimfulDisk(Disk):
    """A disk on which a file can be written only once another one is removed."""

    full = False

    def write(self, descriptor: int, data: memoryview) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(descriptor, data)

    def remove_file(self, path: Path) -> None:
        super().remove_file(path)
        self.full = self.full and "-portrait." not in path.name


def test_on_a_full_disk_a_persons_own_pictures_make_the_space_for_the_record(archive: Archive) -> None:
    disk = BrimfulDisk()
    full = Archive.open(archive.settings, disk)
    given, own = take(full, "20417"), take(full, "20417")
    full.assign(given, SubjectRecord(id="20418"), "window")
    disk.full = True
    assert delete_subject(full, "20417", "web") == [own]
    assert [one.captures for one in read_deletions(full.folder)] == [1]
    assert "20417" not in (full.folder_of(given) / RECORD).read_text()
    full.close()


def test_the_record_has_no_name_and_is_private(archive: Archive) -> None:
    take(archive, "20417")
    delete_subject(archive, "20417", "command")
    delete_subject(archive, 'x"; =1+1, \u00e9', "web")
    delete_subject(archive, "=1+1", "web")
    path = archive.folder / DELETIONS
    assert "Ada" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.subject for one in read_deletions(archive.folder)] == ["20417", 'x"; =1+1, \u00e9', "=1+1"]
    assert path.read_text("utf-8-sig").splitlines()[-1].split(",")[2] == "'=1+1"
    assert deletions_csv(archive.folder) == path.read_bytes()


def test_what_is_no_record_is_not_overwritten(archive: Archive) -> None:
    taken = take(archive, "20417")
    (archive.folder / DELETIONS).write_text("deleted_at,by\nyesterday,me\n")
    with pytest.raises(ArchiveError, match="not a record of deletions"):
        delete_subject(archive, "20417", "web")
    assert list(archive.ids()) == [taken]
    assert (archive.folder / DELETIONS).read_text() == "deleted_at,by\nyesterday,me\n"


def test_who_is_back_from_a_backup_is_known(archive: Archive, tmp_path: Path) -> None:
    back, gone = archive.folder_of(take(archive, "20417")), take(archive, "20418")
    shutil.copytree(back, tmp_path / "backup")
    for subject in ("20417", "20418"):
        delete_subject(archive, subject, "web")
    assert returned(archive) == {}
    shutil.copytree(tmp_path / "backup", back)
    named = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="20418")})
    later = datetime.now().astimezone() + timedelta(hours=1)  # Photographed again, which is nobody's fault.
    assert archive.save(ORIGINAL, PORTRAIT, later, named).id != gone
    assert returned(archive) == {"20417": read_deletions(archive.folder)[0].deleted_at}


def test_a_deletion_is_about_the_pictures_before_it() -> None:
    deletion = Deletion(NOON, "web", "20417", 1)
    before, after = (new_id(NOON + timedelta(days=days)) for days in (-30, 30))
    assert was_deleted([deletion], "20417", before)
    assert not was_deleted([deletion], "20417", after)
    assert not was_deleted([deletion], "20418", before)


def test_a_portrait_that_was_taken_while_the_clock_was_ahead_was_deleted_with_its_person(archive: Archive) -> None:
    ahead = take(archive, "20417", datetime.now().astimezone() + timedelta(days=400))
    delete_subject(archive, "20417", "web")
    deletions = read_deletions(archive.folder)
    assert was_deleted(deletions, "20417", ahead)
    # The clock is right now: what is taken in the days to come and purged one day has nothing to do with it.
    assert not was_deleted(deletions, "20417", new_id(datetime.now().astimezone() + timedelta(days=300)))
    assert not was_deleted(deletions, "20417", new_id(datetime.now().astimezone() + timedelta(days=401)))
    assert not was_deleted(deletions, "20418", ahead)


def test_a_record_of_an_older_version_is_read_and_continued(archive: Archive) -> None:
    path = archive.folder / DELETIONS
    path.write_text("deleted_at,by,subject,captures\n2026-05-04T12:00:00+00:00,web,20417,1\n")
    assert read_deletions(archive.folder) == [Deletion(NOON, "web", "20417", 1)]
    first = take(archive, "20418", NOON + timedelta(days=364_000))
    second = take(archive, "20418", NOON + timedelta(days=365_000))
    delete_subject(archive, "20418", "command")
    assert [one.dated_ahead for one in read_deletions(archive.folder)] == [(), (second, first)]  # Newest first.
