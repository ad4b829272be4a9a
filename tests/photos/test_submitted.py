"""Submitted photos become portraits under their people's names; whose photo did not come is told."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

from capture_station.commands.submitted import Submission, Table, write_table
from capture_station.export.destination import open_destination
from capture_station.photos.cleaning import Outcome
from capture_station.photos.discovery import Photo
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject
from tests.photos.test_command import call, contents

ROSTER = "id;name\n20417;Ada Lovelace\n20418;Łukasz Groß\n20419;Cy\n"


@pytest.fixture
def submitted(album: Path) -> Path:
    (album / "a.jpg").rename(album / "lovelace_ada.jpg")
    (album / "b.png").rename(album / "20418.png")
    return album


def table(folder: Path) -> list[list[str]]:
    text = (folder / "out" / "people.csv").read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]


def clean(folder: Path, *words: str, roster: str = ROSTER) -> tuple[int, str, str]:
    (folder / "people roster.csv").write_text(roster)
    return call(folder, "album", "-o", "out", "--roster", "people roster.csv", "--by", "filename", *words)


@pytest.mark.usefixtures("submitted")
def test_photos_are_named_after_their_people_and_the_rest_is_told(tmp_path: Path) -> None:
    code, out, err = clean(tmp_path)
    assert code == 1
    assert ", 2 unmatched\n1 of 3 people have no portrait here; people.csv lists them\n" in out
    assert [line.partition(": nobody")[1] for line in err.splitlines() if line.startswith("unmatched")] == [
        ": nobody"
    ] * 2
    assert sorted(contents(tmp_path / "out")) == ["20417.jpg", "20418.jpg", "people.csv"]
    first, second, third = table(tmp_path)
    assert first[:4] == ["20417", "Ada Lovelace", "20417.jpg", "lovelace_ada.jpg"]
    assert second[:4] == ["20418", "Łukasz Groß", "20418.jpg", "20418.png"]
    assert third == ["20419", "Cy", "", "", "missing", "", ""]
    before = table(tmp_path)
    assert "2 skipped" in clean(tmp_path)[1]
    assert table(tmp_path) == before


@pytest.mark.usefixtures("submitted")
def test_who_must_not_be_photographed_gets_no_portrait_and_is_not_missing(tmp_path: Path) -> None:
    assert "1 of 3 people" in clean(tmp_path)[1]
    refusing = "id;name;Photo consent\n20417;Ada Lovelace;no\n20418;Łukasz Groß;yes\n20419;Cy;no\n"
    code, out, err = clean(tmp_path, roster=refusing)
    assert (code, "1 refused, 1 skipped" in out, "0 of 1 people have no portrait here" in out) == (1, True, True), out
    assert "Ada Lovelace, 20417 must not be photographed: the list says 'Photo consent: no'" in err
    assert f"delete {tmp_path / 'out' / '20417.jpg'}, which an earlier run has made" in err
    (tmp_path / "out" / "20417.jpg").unlink()
    assert "which an earlier run" not in clean(tmp_path, roster=refusing)[2]
    assert "20417.jpg" not in contents(tmp_path / "out")
    assert [row[4] for row in table(tmp_path)] == ["not permitted", "ok", "not permitted"]


def submission_of(roster: Roster, review_target: str | None = None) -> Submission:
    return Submission([Photo("a.jpg", "out/20417", review_target)], {"a.jpg": roster.get("20417") or Subject("")}, [])


def test_the_table_has_the_rosters_columns_and_is_read_again(tmp_path: Path) -> None:
    roster = Roster([Subject("20417", "Ada", {"Klasse": "5b"}), Subject("-9", "Bo", {"Klasse": "5a"})], ["Klasse"], ";")
    submission = submission_of(roster)
    folder = open_destination(str(tmp_path))
    made = Outcome("a.jpg", "review", ("no face", "dark"), shape="other")
    first = write_table(folder, roster, submission, [made], ".jpg")
    again = write_table(folder, roster, submission, [Outcome("a.jpg", "skipped")], ".jpg")
    assert first == Table(1, [], [], [])
    assert again == Table(1, ["a.jpg"], ["a.jpg"], [])
    assert (tmp_path / "people.csv").read_text("utf-8-sig").splitlines() == [
        "id;name;Klasse;file;photo;result;shape;reason",
        '20417;Ada;5b;20417.jpg;a.jpg;review;other;"no face; dark"',
        "'-9;Bo;5a;;;missing;;",
    ]


def test_a_portrait_that_somebody_has_moved_from_the_review_to_the_others_is_ok(tmp_path: Path) -> None:
    roster = Roster([Subject("20417", "Ada")])
    submission, folder = submission_of(roster, "look/20417"), open_destination(str(tmp_path))
    write_table(folder, roster, submission, [Outcome("a.jpg", "review", ("dark",), shape="smaller")], ".jpg")
    still = write_table(folder, roster, submission, [Outcome("a.jpg", "skipped", reviewed_before=True)], ".jpg")
    moved = write_table(folder, roster, submission, [Outcome("a.jpg", "skipped")], ".jpg")
    assert (still.to_review, moved.to_review) == (["a.jpg"], [])
    assert moved.smaller == ["a.jpg"]
    assert "20417,Ada,20417.jpg,a.jpg,ok,smaller,\n" in (tmp_path / "people.csv").read_text("utf-8-sig")


def test_a_run_that_is_interrupted_keeps_what_the_table_said_of_photos_that_it_did_not_reach(tmp_path: Path) -> None:
    roster = Roster([Subject("20417", "Ada")])
    submission, folder = submission_of(roster), open_destination(str(tmp_path))
    for earlier in (
        Outcome("a.jpg", "review", ("dark",), shape="smaller"),
        Outcome("a.jpg", "refused", ("no face",)),
    ):
        write_table(folder, roster, submission, [earlier], ".jpg")
        before = (tmp_path / "people.csv").read_text("utf-8-sig")
        interrupted = write_table(folder, roster, submission, [], ".jpg")
        assert interrupted == Table(int(earlier.verdict == "refused"), [], [], [])
        assert (tmp_path / "people.csv").read_text("utf-8-sig") == before


@pytest.mark.parametrize("place", [None, "look/20417"])
@pytest.mark.parametrize("refused", ["", "Photo consent: no"])
def test_a_portrait_of_which_the_earlier_table_says_nothing_is_not_missing(
    tmp_path: Path, place: str | None, refused: str
) -> None:
    """The earlier run was interrupted right behind the saving, or Ada had taken her permission back."""
    roster, folder = Roster([Subject("20417", "Ada")]), open_destination(str(tmp_path))
    submission = submission_of(roster, place)
    write_table(folder, Roster([Subject("20417", "Ada", refused=refused)]), Submission([], {}, []), [], ".jpg")
    assert write_table(folder, roster, submission, [], ".jpg").missing == 1
    for _ in range(2):
        assert write_table(folder, roster, submission, [Outcome("a.jpg", "skipped")], ".jpg").missing == 0
        told = "skipped" if place is None else "ok"
        assert f"20417,Ada,20417.jpg,a.jpg,{told},," in (tmp_path / "people.csv").read_text("utf-8-sig")


def test_what_a_looser_gate_lets_pass_is_listed_with_its_file_for_a_review(tmp_path: Path, submitted: Path) -> None:
    (submitted / "c.webp").unlink()
    (submitted / "day 2" / "d.tif").unlink()
    advising = ("--preset", "us-2x2", "--set", "portrait.gate=advise", "--review-to", "look")
    for summary in ("0 ok, 2 review, 0 skipped", "0 ok, 0 review, 2 skipped"):
        code, out, err = clean(tmp_path, *advising)
        assert (code, summary in out) == (0, True), (out, err)
        assert sorted(contents(tmp_path / "look")) == ["20417.jpg", "20418.jpg"]
        assert [(row[2], row[4]) for row in table(tmp_path)[:2]] == [("20417.jpg", "review"), ("20418.jpg", "review")]
    assert "2 portraits" in err


def test_folders_may_say_who_is_who(tmp_path: Path, album: Path) -> None:
    for name, person in (("a.jpg", "20417 Ada Lovelace"), ("b.png", "Groß, Łukasz")):
        (album / person).mkdir()
        (album / name).rename(album / person / "DSC_0001.jpg")
    (tmp_path / "people.csv").write_text(ROSTER)
    _, _, err = call(tmp_path, "album", "-o", "out", "--roster", "people.csv", "--by", "folder")
    assert {"20417.jpg", "20418.jpg"} <= set(contents(tmp_path / "out"))
    assert "rename the folder to the ID" in err
    code, _, err = call(tmp_path, "album", "-o", "out", "--roster", "people.csv", "--by", "exif")
    assert code == 2
    assert "'exif' is not one of 'filename', 'folder'" in err


@pytest.mark.usefixtures("submitted")
def test_the_template_of_exports_names_them(tmp_path: Path) -> None:
    code, _, err = clean(tmp_path, "--set", 'export.name="{family}_{given}"')
    assert "Lovelace_Ada.jpg" in contents(tmp_path / "out"), (code, err)


def test_two_photos_of_one_person_are_a_doubt(tmp_path: Path, submitted: Path) -> None:
    (submitted / "20417.jpg").write_bytes((submitted / "lovelace_ada.jpg").read_bytes())
    _, _, err = clean(tmp_path)
    assert "lovelace_ada.jpg is named after the same person; keep one photo of 20417" in err
    assert "20417.jpg" not in contents(tmp_path / "out")


def test_a_second_photo_that_is_removed_again_leaves_the_portrait_of_the_first(tmp_path: Path, submitted: Path) -> None:
    clean(tmp_path)
    second = submitted / "20417.jpg"
    second.write_bytes((submitted / "lovelace_ada.jpg").read_bytes())
    clean(tmp_path)
    second.unlink()
    assert "1 of 3 people have no portrait here" in clean(tmp_path)[1]
    assert table(tmp_path)[0] == ["20417", "Ada Lovelace", "20417.jpg", "lovelace_ada.jpg", "skipped", "", ""]


def test_a_file_name_that_is_not_utf_8_costs_no_table(tmp_path: Path, submitted: Path) -> None:
    (submitted / "20418.png").rename(os.fsdecode(os.fsencode(submitted) + b"/20418 Gro\xdf.png"))
    (submitted / "lovelace_ada.jpg").rename(os.fsdecode(os.fsencode(submitted) + b"/20417\xa0.jpg"))
    code, _, err = clean(tmp_path)
    assert (code, "Traceback" in err) == (1, False), err
    assert table(tmp_path)[0][2:4] == ["20417.jpg", r"20417\udca0.jpg"]
