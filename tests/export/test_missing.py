"""Who is missing after an export: nobody who has a kept portrait, and nobody who must not be photographed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES
from capture_station.export.destination import open_destination
from capture_station.export.exporter import Choice, Export
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject
from tests.export.exporting import ADA, BO, DOUBTFUL, NOON, ORIGINAL, PORTRAIT, export, manifest, take


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_who_is_missing_is_listed(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    export(archive, out, Roster([Subject("20417", "Ada Lovelace"), Subject("5", "Zoë")]))
    assert (out / "missing.csv").read_text("utf-8-sig").splitlines() == ["id,name", "5,Zoë"]


def test_who_has_a_portrait_that_was_not_asked_for_is_not_missing(archive: Archive, out: Path) -> None:
    people = [SubjectRecord(id=str(number)) for number in range(1, 6)]
    for number, subject in enumerate(people[:4]):
        portrait = DOUBTFUL if number == 0 else PORTRAIT
        preset = "square" if number == 1 else "free"
        circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject, "preset": preset})
        archive.save(ORIGINAL, portrait, NOON - timedelta(days=number // 2), circumstances)
    roster = Roster([Subject(one.id) for one in people])
    choice = Choice(verdicts=frozenset({"ok"}), preset="free", since=NOON.date())
    run = Export(archive.folder, open_destination(str(out)), choice, roster)
    list(run.run())
    assert (run.missing, run.left_out) == (1, {"--state": 1, "--preset": 1, "--since": 2})
    assert (out / "missing.csv").read_text("utf-8-sig").splitlines() == ["id,name", "5,"]


def test_who_was_photographed_on_another_day_is_not_missing(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    bo = take(archive, BO, minutes=60 * 24)
    roster = Roster([Subject(ADA.id), Subject(BO.id), Subject("5")])
    run = Export(archive.folder_of(bo.id).parent, open_destination(str(out)), Choice(), roster)
    list(run.run())
    assert [row["id"] for row in manifest(out)] == [BO.id]
    assert (run.missing, run.left_out) == (1, {"--from": 1})


def test_who_must_not_be_photographed_is_not_missing(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    export(archive, out, Roster([Subject("5", "Zoë"), Subject("6", "Cy", refused="Photo consent: no")]))
    assert (out / "missing.csv").read_text("utf-8-sig").splitlines() == ["id,name", "5,Zoë"]


def test_missing_namesakes_are_told_apart(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    people = [Subject("7", "Anna", {"faculty": "Physics"}), Subject("8", "Anna", {"faculty": "Law"})]
    export(archive, out, Roster(people, ["faculty"]))
    missing = (out / "missing.csv").read_text("utf-8-sig").splitlines()
    assert missing == ["id,name,faculty", "7,Anna,Physics", "8,Anna,Law"]
