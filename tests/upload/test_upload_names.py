"""Uploads under the names of exports: one portrait a person, and no name that stays longer than its person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.capture_ages import ClockReading
from capture_station.archive.deletions import delete_subject
from capture_station.archive.names import UPLOAD_NAMES, UPLOADED, new_id
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.retention import Retention
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES
from capture_station.config import ArchiveSettings, StationSettings
from capture_station.config.settings import ExportSettings
from capture_station.frames import Portrait
from capture_station.station import saved_captures
from capture_station.subjects.shared_state import SharedState
from capture_station.upload import queue
from capture_station.upload.target import Target
from tests.upload.uploading import (
    NOON,
    ORIGINAL,
    PATIENCE_S,
    PORTRAIT,
    OneAtATime,
    arrived,
    eventually,
    running,
    save,
    to,
    upload_all,
)


def named(archive: Archive, subject: str, name: str, minutes: int = 0) -> Record:
    return save(archive, NOON + timedelta(minutes=minutes), SubjectRecord(id=subject, name=name))


def by_name(elsewhere: Path, template: str, **upload: object) -> StationSettings:
    return to(elsewhere, names="export", **upload).model_copy(update={"export": ExportSettings(name=template)})


def test_a_watch_folder_gets_one_portrait_a_person_the_newest(archive: Archive, elsewhere: Path) -> None:
    older = named(archive, "20417", "Ada Lovelace")
    named(archive, "20417", "Ada Lovelace", 1)
    settings = by_name(elsewhere, "{subject}")
    upload_all(archive, settings)
    assert arrived(elsewhere) == {"20417.jpg"}
    archive.assign(older.id, SubjectRecord(id="20418"), "window")
    upload_all(archive, settings)
    assert arrived(elsewhere) == {"20417.jpg", "20418.jpg"}


def upload_until(archive: Archive, settings: StationSettings, holds: Callable[[], bool]) -> None:
    with running(archive, settings, lambda: 0):
        eventually(holds)


def test_a_portrait_under_the_wrong_name_is_taken_back(archive: Archive, elsewhere: Path) -> None:
    wrong = named(archive, "20417", "Ada Lovelace")
    settings = by_name(elsewhere, "{family}_{given}", files=["portrait", "record"])
    upload_all(archive, settings)
    assert arrived(elsewhere) == {"Lovelace_Ada.jpg", "Lovelace_Ada.json"}
    archive.assign(wrong.id, SubjectRecord(id="20418", name="Bo Ek"), "web")
    upload_until(archive, settings, lambda: arrived(elsewhere) == {"Ek_Bo.jpg", "Ek_Bo.json"})
    archive.set_kept(wrong.id, False)
    upload_until(archive, settings, lambda: not arrived(elsewhere))


def test_a_portrait_that_gets_another_name_right_after_or_during_its_upload_is_uploaded_again(
    archive: Archive, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = named(archive, "20417", "Ada Lovelace")
    slow = OneAtATime()
    monkeypatch.setattr(queue, "Target", lambda url: Target(url, slow))
    with running(archive, by_name(elsewhere, "{subject}"), lambda: 0):
        assert slow.waiting.acquire(timeout=PATIENCE_S)
        archive.assign(wrong.id, SubjectRecord(id="20418"), "web")
        slow.passes.release(2)
        eventually(lambda: arrived(elsewhere) == {"20418.jpg"} and marked(archive, wrong))
        archive.assign(wrong.id, SubjectRecord(id="20419"), "web")
        slow.passes.release()
        eventually(lambda: arrived(elsewhere) == {"20419.jpg"} and marked(archive, wrong))


def marked(archive: Archive, record: Record) -> bool:
    return (archive.folder_of(record.id) / UPLOADED).exists()


@pytest.mark.parametrize("template", ["{family}_{given}", "{subject}_{family}"])
def test_an_id_that_is_another_persons_now_takes_nobody_elses_name(
    archive: Archive, elsewhere: Path, template: str
) -> None:
    ada = named(archive, "12", "Ada Lovelace")
    settings = by_name(elsewhere, template)
    upload_all(archive, settings)
    bo = named(archive, "12", "Bo Ek", 1)
    upload_all(archive, settings)
    upload_until(archive, settings, lambda: arrived(elsewhere) == {template_of(template, "12", "Bo", "Ek")})
    archive.remove(ada.id)
    archive.assign(bo.id, SubjectRecord(id="12", name="Ada Lovelace"), "web")
    upload_all(archive, settings)
    upload_until(archive, settings, lambda: arrived(elsewhere) == {template_of(template, "12", "Ada", "Lovelace")})
    assert "Ek" not in (archive.folder / UPLOAD_NAMES).read_text()


def template_of(template: str, subject: str, given: str, family: str) -> str:
    return template.format(subject=subject, given=given, family=family) + ".jpg"


def test_other_files_replace_those_that_other_settings_sent(archive: Archive, elsewhere: Path) -> None:
    named(archive, "20417", "Ada Lovelace")
    upload_all(archive, by_name(elsewhere, "{subject}", files=["portrait", "record"]))
    assert arrived(elsewhere) == {"20417.jpg", "20417.json"}
    with closing(Archive.open(ArchiveSettings(folder=archive.folder, portrait_formats=("png",)))) as other:
        named(other, "20417", "Ada Lovelace", 1)
        settings = by_name(elsewhere, "{subject}")
        upload_all(other, settings)
        upload_until(other, settings, lambda: arrived(elsewhere) == {"20417.png"})
        delete_subject(other, "20417", "web")
        upload_until(other, settings, lambda: not arrived(elsewhere))


def test_an_id_of_somebody_else_of_the_same_family_name_keeps_its_file(archive: Archive, elsewhere: Path) -> None:
    named(archive, "12", "Ada Ek")
    settings = by_name(elsewhere, "{family}")
    upload_all(archive, settings)
    named(archive, "12", "Bo Ek", 1)
    upload_all(archive, settings)
    assert arrived(elsewhere) == {"Ek.jpg"}


@pytest.mark.parametrize("removed", [False, True])
def test_the_older_portrait_of_a_person_comes_back(archive: Archive, elsewhere: Path, removed: bool) -> None:
    right = named(archive, "20417", "Ada Lovelace")
    settings = by_name(elsewhere, "{subject}")
    upload_all(archive, settings)
    other = Portrait(255 - PORTRAIT.image_rgb, PORTRAIT.alpha, PORTRAIT.measures)
    whose = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="20417")})
    wrong = archive.save(ORIGINAL, other, NOON + timedelta(minutes=1), whose)
    upload_all(archive, settings)
    pictures = [archive.path(one, "portrait").read_bytes() for one in (right, wrong)]
    assert (elsewhere / "20417.jpg").read_bytes() == pictures[1] != pictures[0]
    if removed:
        saved_captures.remove(archive, wrong.id)
    else:
        archive.assign(wrong.id, SubjectRecord(id="20418"), "web")
        upload_until(archive, settings, lambda: arrived(elsewhere) == {"20417.jpg", "20418.jpg"})
    upload_until(
        archive,
        settings,
        lambda: arrived(elsewhere) >= {"20417.jpg"} and (elsewhere / "20417.jpg").read_bytes() == pictures[0],
    )
    assert removed or (elsewhere / "20418.jpg").read_bytes() == pictures[1]


def test_a_retaken_portrait_that_is_kept_again_is_uploaded_again_and_not_purged_before(
    archive: Archive, elsewhere: Path
) -> None:
    wanted = named(archive, "20417", "Ada Lovelace")
    settings = by_name(elsewhere, "{subject}")
    upload_all(archive, settings)
    archive.set_kept(wanted.id, False)
    upload_until(archive, settings, lambda: not arrived(elsewhere))
    archive.set_kept(wanted.id, True)
    clocks = iter(ClockReading("boot", days * 86400, 0.0, synchronised=False) for days in (0, 3))
    with closing(Archive.open(ArchiveSettings(folder=archive.folder, keep_days=1))) as forgetful:
        retention = Retention(forgetful, lambda: next(clocks), after_upload=True)
        for _ in range(2):
            retention.apply(threading.Event())
    assert isinstance(archive.find(wanted.id), Record)
    upload_until(archive, settings, lambda: arrived(elsewhere) == {"20417.jpg"} and marked(archive, wanted))


def test_keeping_what_is_kept_does_not_upload_it_again(archive: Archive, elsewhere: Path) -> None:
    kept = named(archive, "20417", "Ada Lovelace")
    upload_all(archive, by_name(elsewhere, "{subject}"))
    archive.set_kept(kept.id, True)
    assert marked(archive, kept)


def test_a_correction_during_an_outage_is_made_good_after_a_restart(archive: Archive, elsewhere: Path) -> None:
    wrong = named(archive, "20417", "Ada Lovelace")
    settings = by_name(elsewhere, "{subject}")
    upload_all(archive, settings)
    away = elsewhere.rename(elsewhere.with_name("away"))
    archive.assign(wrong.id, SubjectRecord(id="20418"), "web")
    remembered = (archive.folder / UPLOAD_NAMES).read_bytes()
    upload_until(archive, settings, lambda: (archive.folder / UPLOAD_NAMES).read_bytes() != remembered)
    assert arrived(away) == {"20417.jpg"}
    away.rename(elsewhere)
    upload_until(archive, settings, lambda: arrived(elsewhere) == {"20418.jpg"})


def test_what_another_program_has_put_in_its_place_is_left_alone(
    archive: Archive, elsewhere: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = named(archive, "20417", "Ada Lovelace")
    settings = by_name(elsewhere, "{family}_{given}")
    upload_all(archive, settings)
    (elsewhere / "Lovelace_Ada.jpg").write_bytes(b"retouched")
    archive.assign(wrong.id, SubjectRecord(id="20418", name="Bo Ek"), "web")
    upload_until(archive, settings, lambda: "Ek_Bo.jpg" in arrived(elsewhere) and "not taken back" in caplog.text)
    assert (elsewhere / "Lovelace_Ada.jpg").read_bytes() == b"retouched"
    assert "Lovelace" not in caplog.text


def test_a_portrait_that_is_purged_because_it_is_old_stays_in_the_target(archive: Archive, elsewhere: Path) -> None:
    old, new = named(archive, "20417", "Ada Lovelace"), named(archive, "20418", "Bo Ek")
    settings = by_name(elsewhere, "{subject}")
    upload_all(archive, settings)
    archive.remove(old.id)
    archive.set_kept(new.id, False)
    upload_until(archive, settings, lambda: "20418.jpg" not in arrived(elsewhere))
    assert arrived(elsewhere) == {"20417.jpg"}


def test_a_newer_portrait_that_is_purged_before_an_older_one_stays_in_the_target(
    archive: Archive, elsewhere: Path
) -> None:
    settings, now = by_name(elsewhere, "{subject}"), [ClockReading("boot", 0.0, 0.0, synchronised=False)]
    with closing(Archive.open(ArchiveSettings(folder=archive.folder, keep_days=1))) as forgetful:
        retention = Retention(forgetful, lambda: now[0], after_upload=True)
        other = Portrait(255 - PORTRAIT.image_rgb, PORTRAIT.alpha, PORTRAIT.measures)
        whose = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="20417")})
        archive.save(ORIGINAL, other, NOON + timedelta(minutes=1), whose)
        upload_all(archive, settings)
        newer = (elsewhere / "20417.jpg").read_bytes()
        retention.apply(threading.Event())
        now[0] = ClockReading("boot", 86400.0, 0.0, synchronised=False)
        older = named(archive, "20417", "Ada Lovelace")  # Filed from photos, late.
        upload_all(archive, settings)
        retention.apply(threading.Event())
    assert list(archive.ids()) == [older.id]
    another = named(archive, "20420", "Cy Ek")
    upload_all(archive, settings)
    archive.set_kept(another.id, False)
    upload_until(archive, settings, lambda: "20420.jpg" not in arrived(elsewhere))
    assert (elsewhere / "20417.jpg").read_bytes() == newer


def test_people_of_one_name_are_told_apart_also_those_of_another_booth(archive: Archive, elsewhere: Path) -> None:
    (elsewhere / "Lovelace_Ada.jpg").write_bytes(b"taken at another booth")
    for number, subject in enumerate(("20417", "20418")):
        named(archive, subject, "Ada Lovelace", number)
    upload_all(archive, by_name(elsewhere, "{family}_{given}"))
    assert arrived(elsewhere) == {"Lovelace_Ada.jpg", "Lovelace_Ada-2.jpg", "Lovelace_Ada-3.jpg"}
    assert (elsewhere / "Lovelace_Ada.jpg").read_bytes() == b"taken at another booth"


def test_nothing_of_a_deleted_person_stays(archive: Archive, elsewhere: Path) -> None:
    named(archive, "20417", "Ada Lovelace")
    settings = by_name(elsewhere, "{family}_{given}")
    upload_all(archive, settings)
    assert "Lovelace" in (archive.folder / UPLOAD_NAMES).read_text()
    delete_subject(archive, "20417", "web")
    upload_until(archive, settings, lambda: "Lovelace" not in (archive.folder / UPLOAD_NAMES).read_text())
    assert not arrived(elsewhere)


@pytest.mark.parametrize(
    ("minutes", "state", "station"), [(30, "ok", "2"), (-30, "ok", "2"), (30, "missing", "2"), (30, "ok", "1")]
)
def test_a_portrait_that_arrives_late_replaces_no_newer_one_of_another_booth(
    archive: Archive, elsewhere: Path, minutes: int, state: Literal["ok", "missing"], station: str
) -> None:
    late = named(archive, "20417", "Ada Lovelace")
    (elsewhere / "20417.jpg").write_bytes(b"taken at another booth")
    (elsewhere / "subjects").mkdir()
    taken_at = NOON + timedelta(minutes=minutes)
    told = SharedState("20417", state, new_id(taken_at), taken_at + timedelta(minutes=1), station)
    (elsewhere / "subjects" / told.file_name).write_bytes(told.as_bytes())
    settings = by_name(elsewhere, "{subject}")
    settings = settings.model_copy(update={"subjects": settings.subjects.model_copy(update={"exchange": True})})
    upload_all(archive, settings, station="1")
    stays = (minutes, state, station) == (30, "ok", "2")
    own = archive.path(late, "portrait").read_bytes()
    assert (elsewhere / "20417.jpg").read_bytes() == (b"taken at another booth" if stays else own)
