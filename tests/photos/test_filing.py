"""Existing photos become captures of their people: found, exported and deleted as those that the station took."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from PIL import Image as Pillow
from typer.testing import CliRunner

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.index import CaptureIndex
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.verification import problems
from capture_station.cli import app
from capture_station.export.template import as_listed
from capture_station.photos.cleaning import CleaningOptions, Outcome
from capture_station.photos.discovery import Photo
from capture_station.photos.filing import file_photo, photos_of_people
from capture_station.release import ALL_KEPT, ReleaseRule
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject
from tests.export.exporting import ADA, BO, export, files, take
from tests.photos.drawing import doubtful, drawn
from tests.photos.test_command import call

MAY_DAY = datetime(2019, 5, 1, 9, 30, tzinfo=timezone.utc)
DATE_TIME_ORIGINAL, OFFSET_TIME_ORIGINAL = 0x9003, 0x9011


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Without EXIF, as after it was sent through a messenger, with the time in the file system only."""
    path = tmp_path / "20417.png"
    Pillow.fromarray(drawn()).save(path)
    os.utime(path, (MAY_DAY.timestamp(), MAY_DAY.timestamp()))
    return path


@pytest.fixture
def options(options: CleaningOptions, archive: Archive) -> CleaningOptions:
    return replace(options, archive=archive.settings)


def filed(photo: Path, archive: Archive, options: CleaningOptions) -> Outcome:
    return file_photo(photos_of_people([(Photo(str(photo), "20417"), ADA)], archive)[0], options)


def records(archive: Archive) -> list[Record]:
    found = list(archive.records())
    assert all(isinstance(record, Record) for record in found)
    return [record for record in found if isinstance(record, Record)]


def test_a_photo_becomes_a_whole_capture_of_its_person(photo: Path, archive: Archive, options: CleaningOptions) -> None:
    assert filed(photo, archive, options).verdict == "ok"
    (record,) = records(archive)
    assert (record.subject, record.kept, record.taken_at) == (ADA, True, MAY_DAY)
    assert record.source is not None
    assert (record.source.name, record.camera.kind) == ("20417.png", "photo")
    assert {file.role for file in record.files} == {"original", "portrait", "matte"}
    assert not any(problems([archive.folder_of(record.id)]))
    export(archive, archive.folder.parent / "to")
    assert "portraits/20417.jpg" in files(archive.folder.parent / "to")


def test_the_time_of_the_exposure_counts_more_than_that_of_the_file(
    photo: Path, archive: Archive, options: CleaningOptions
) -> None:
    exif = Pillow.Exif()
    exif[0x8769] = {DATE_TIME_ORIGINAL: "2018:12:24 18:00:05", OFFSET_TIME_ORIGINAL: "+01:00"}
    Pillow.fromarray(drawn()).save(photo, exif=exif)
    filed(photo, archive, options)
    assert [record.taken_at for record in records(archive)] == [datetime(2018, 12, 24, 17, 0, 5, tzinfo=timezone.utc)]


def test_a_photo_whose_name_is_not_utf_8_is_filed(photo: Path, archive: Archive, options: CleaningOptions) -> None:
    named = photo.rename(os.fsdecode(os.fsencode(photo.parent) + b"/20417 J\xfcrgen.png"))
    assert [filed(named, archive, options).verdict for _ in range(2)] == ["ok", "skipped"]
    (record,) = records(archive)
    assert record.source is not None
    assert record.source.name == r"20417 J\udcfcrgen.png"


def test_the_same_photo_is_filed_once_also_after_it_was_given_to_somebody_else(
    photo: Path, archive: Archive, options: CleaningOptions
) -> None:
    filed(photo, archive, options)
    assert filed(photo, archive, options).verdict == "skipped"
    archive.assign(records(archive)[0].id, BO, "web")
    assert filed(photo, archive, options).verdict == "skipped"
    assert [record.subject for record in records(archive)] == [BO]


def test_a_photo_whose_worker_died_behind_the_saving_is_not_filed_again(
    photo: Path, archive: Archive, options: CleaningOptions
) -> None:
    known_before = photos_of_people([(Photo(str(photo), "20417"), ADA)], archive)[0]
    assert [file_photo(known_before, options).verdict for _ in range(2)] == ["ok", "ok"]
    assert len(records(archive)) == 1


def test_a_portrait_of_the_station_stays_the_newest(photo: Path, archive: Archive, options: CleaningOptions) -> None:
    taken = take(archive, ADA)
    assert filed(photo, archive, options).verdict == "ok"
    later = photo.with_name("later.png")
    later.write_bytes(photo.read_bytes() + b"\0")
    outcome = filed(later, archive, options)
    assert (outcome.verdict, outcome.reasons) == (
        "skipped",
        ("the station has taken a portrait of 20417, and this photo is not older",),
    )
    assert archive.query(CaptureIndex.newest_kept_captures)["20417"][0] == taken.id
    assert len(records(archive)) == 2


def test_a_photo_with_a_date_to_come_is_dated_today(photo: Path, archive: Archive, options: CleaningOptions) -> None:
    in_a_year_s = (datetime.now() + timedelta(days=365)).timestamp()
    os.utime(photo, (in_a_year_s, in_a_year_s))
    filed(photo, archive, options)
    assert records(archive)[0].taken_at <= datetime.now(timezone.utc)


def test_a_doubtful_portrait_is_filed_for_somebody_to_look_at(
    photo: Path, archive: Archive, options: CleaningOptions
) -> None:
    Pillow.fromarray(doubtful()).save(photo)
    assert filed(photo, archive, options).verdict == "review"
    (record,) = records(archive)
    assert (record.kept, record.measures.verdict, record.subject) == (False, "review", ADA)
    assert any("damaged" in reason for reason in record.measures.reasons)
    assert "photo-doubtful" in [flaw.code for flaw in record.measures.flaws]
    archive.set_kept(record.id, True)
    assert "20417" in archive.query(CaptureIndex.newest_kept)


@pytest.mark.parametrize(("gate", "kept"), [("advise", [False]), ("off", [True]), ("strict", [])])
def test_a_photo_of_nobody_is_filed_only_where_the_gate_lets_it_pass(
    photo: Path, archive: Archive, options: CleaningOptions, gate: str, kept: list[bool]
) -> None:
    Pillow.new("RGB", (96, 64), "white").save(photo)
    options = replace(options, portrait=options.portrait.model_copy(update={"gate": gate}))
    assert filed(photo, archive, options).verdict == ("review" if kept else "refused")
    assert [record.kept for record in records(archive)] == kept


def test_who_was_deleted_does_not_come_back_by_an_old_photo(
    photo: Path, archive: Archive, options: CleaningOptions
) -> None:
    filed(photo, archive, options)
    assert len(delete_subject(archive, "20417", "command")) == 1
    outcome = filed(photo, archive, options)
    assert outcome.verdict == "skipped"
    assert outcome.reasons[0].startswith("all pictures of 20417 were deleted on ")
    os.utime(photo)
    assert filed(photo, archive, options).verdict == "ok"


def test_who_was_deleted_under_another_spelling_of_the_id_does_not_come_back(
    photo: Path, archive: Archive, options: CleaningOptions
) -> None:
    delete_subject(archive, "0020417", "command")
    of_ada = [(Photo(str(photo), "20417"), ADA)]
    (known,) = photos_of_people(of_ada, archive, own_id=Roster([Subject("20417", "Ada Lovelace")]).own_id)
    assert file_photo(known, options).reasons[0].startswith("all pictures of 20417 were deleted on ")


def test_who_was_photographed_under_another_spelling_of_the_id_is_the_same(
    photo: Path, archive: Archive, options: CleaningOptions
) -> None:
    roster = Roster([Subject("020417", "Ada Lovelace")])
    ada = SubjectRecord(id="020417", name="Ada Lovelace")

    def filed_now() -> Outcome:
        listed = partial(as_listed, roster=roster)
        of_ada = photos_of_people([(Photo(str(photo), "020417"), ada)], archive, ALL_KEPT, roster.own_id, listed)
        return file_photo(of_ada[0], options)

    filed(photo, archive, options)
    assert filed_now().verdict == "skipped"
    take(archive, ADA)
    photo.write_bytes(photo.read_bytes() + b"\0")
    assert filed_now().reasons == ("the station has taken a portrait of 020417, and this photo is not older",)
    roster = Roster([Subject("020417", "Bo")])
    assert filed_now().verdict == "ok", "an id that was given to somebody else"


def test_what_the_demo_camera_took_in_place_of_a_missing_one_is_no_portrait(
    photo: Path, archive: Archive, options: CleaningOptions
) -> None:
    take(archive, ADA, camera="demo")
    os.utime(photo)
    of_ada = [(Photo(str(photo), "20417"), ADA)]
    (known,) = photos_of_people(of_ada, archive, ReleaseRule(demo_too=False))
    assert file_photo(known, options).verdict == "ok"


def test_the_command_says_who_is_missing_in_the_archive(photo: Path, tmp_path: Path) -> None:
    photo.with_name("DSC_1.png").write_bytes(photo.read_bytes())
    Pillow.fromarray(doubtful()).save(tmp_path / "Bo.png")
    (tmp_path / "people.csv").write_text("id;name;Photo consent\n20417;Ada;\n20418;Bo;\n20419;Cy;no\n")
    settings = ("--set", "archive.folder=station", "--set", "subjects.roster=people.csv")
    for summary in ("1 ok, 1 review, 0 skipped, 0 failed, 1 unmatched", "0 ok, 0 review, 2 skipped"):
        code, out, err = call(tmp_path, "20417.png", "DSC_1.png", "Bo.png", "--archive", *settings)
        assert (code, summary in out) == (1, True), (out, err)
        assert f"1 of 2 people have no kept portrait in {tmp_path / 'station'}; 1 of them has one to look at" in out
    assert len(list((tmp_path / "station").glob("2019-05-01/*/record.json"))) == 1


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ((), "--archive"),
        (("--output", "out", "--archive"), "--archive"),
        (("--archive",), "--roster"),
        (("--archive", "--roster", "p.csv", "--alpha-only"), "--alpha-only"),
    ],
)
def test_portraits_have_one_place(words: tuple[str, ...], advice: str) -> None:
    result = CliRunner().invoke(app, ["clean", "album", *words], env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert advice in result.output
