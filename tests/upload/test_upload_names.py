"""Uploads under the names of exports: one portrait a person, and no name that stays longer than its person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.names import UPLOAD_NAMES
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES
from capture_station.config import StationSettings
from capture_station.config.settings import ExportSettings
from capture_station.upload.queue import UploadQueue
from tests.upload.test_queue import NOON, ORIGINAL, PORTRAIT, arrived, elsewhere, to, upload_all

__all__ = ["elsewhere"]


def named(archive: Archive, subject: str, name: str, minutes: int = 0) -> Record:
    whose = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id=subject, name=name)})
    return archive.save(ORIGINAL, PORTRAIT, NOON + timedelta(minutes=minutes), whose)


def by_name(elsewhere: Path, template: str) -> StationSettings:
    return to(elsewhere, names="export").model_copy(update={"export": ExportSettings(name=template)})


def test_a_watch_folder_gets_one_portrait_a_person_the_newest(archive: Archive, elsewhere: Path) -> None:
    older = named(archive, "20417", "Ada Lovelace")
    named(archive, "20417", "Ada Lovelace", 1)
    settings = by_name(elsewhere, "{subject}")
    upload_all(archive, settings)
    assert arrived(elsewhere) == {"20417.jpg"}
    archive.assign(older.id, SubjectRecord(id="20418"), "window")
    upload_all(archive, settings)
    assert arrived(elsewhere) == {"20417.jpg", "20418.jpg"}


def test_people_of_one_name_are_told_apart_also_those_of_another_booth(archive: Archive, elsewhere: Path) -> None:
    (elsewhere / "Lovelace_Ada.jpg").write_bytes(b"taken at another booth")
    for number, subject in enumerate(("20417", "20418")):
        named(archive, subject, "Ada Lovelace", number)
    upload_all(archive, by_name(elsewhere, "{family}_{given}"))
    assert arrived(elsewhere) == {"Lovelace_Ada.jpg", "Lovelace_Ada-2.jpg", "Lovelace_Ada-3.jpg"}
    assert (elsewhere / "Lovelace_Ada.jpg").read_bytes() == b"taken at another booth"


def test_no_name_of_a_deleted_person_stays_after_the_next_start(archive: Archive, elsewhere: Path) -> None:
    named(archive, "20417", "Ada Lovelace")
    settings = by_name(elsewhere, "{family}_{given}")
    upload_all(archive, settings)
    assert "Lovelace" in (archive.folder / UPLOAD_NAMES).read_text()
    delete_subject(archive, "20417", "web")
    UploadQueue(archive, settings, lambda: 0)
    assert "Lovelace" not in (archive.folder / UPLOAD_NAMES).read_text()
