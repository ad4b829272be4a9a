"""Submitted photos become portraits under their people's names; whose photo did not come is told."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

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


def test_what_a_looser_gate_lets_pass_is_listed_with_its_file_for_a_review(tmp_path: Path, submitted: Path) -> None:
    (submitted / "c.webp").unlink()
    (submitted / "day 2" / "d.tif").unlink()
    advising = ("--preset", "us-2x2", "--set", "portrait.gate=advise", "--review-to", "look")
    for summary in ("0 ok, 2 review, 0 skipped", "0 ok, 0 review, 2 skipped"):
        code, out, err = clean(tmp_path, *advising)
        assert (code, summary in out) == (0, True), (out, err)
        assert sorted(contents(tmp_path / "look")) == ["20417.jpg", "20418.jpg"]
        assert [row[2:5:2] for row in table(tmp_path)[:2]] == [[f"look/{one}.jpg", "review"] for one in (20417, 20418)]
    assert "2 skipped portraits are not in the preset's shape" in err


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
    (submitted / "c.webp").rename(submitted / "cy.webp")
    _, _, err = clean(tmp_path, roster=f"{ROSTER}20420;Cy\n")
    assert "lovelace_ada.jpg is named after the same person; keep one photo of 20417" in err
    assert "20417.jpg" not in contents(tmp_path / "out")
    ada, _, *namesakes = table(tmp_path)
    assert ada[4:] == ["missing", "", "20417.jpg and lovelace_ada.jpg are named after this person; keep one photo"]
    assert [row[4:] for row in namesakes] == [["missing", "", "cy.webp may be 20419 or 20420"]] * 2


def test_a_second_photo_that_is_removed_again_leaves_the_portrait_of_the_first(tmp_path: Path, submitted: Path) -> None:
    clean(tmp_path)
    before = table(tmp_path)
    second = submitted / "20417.jpg"
    second.write_bytes((submitted / "lovelace_ada.jpg").read_bytes())
    assert "1 of 3 people have no portrait here" in clean(tmp_path)[1]
    second.unlink()
    assert "1 of 3 people have no portrait here" in clean(tmp_path)[1]
    assert table(tmp_path) == before


def test_a_file_name_that_is_not_utf_8_costs_no_table(tmp_path: Path, submitted: Path) -> None:
    (submitted / "20418.png").rename(os.fsdecode(os.fsencode(submitted) + b"/20418 Gro\xdf.png"))
    (submitted / "lovelace_ada.jpg").rename(os.fsdecode(os.fsencode(submitted) + b"/20417\xa0.jpg"))
    code, _, err = clean(tmp_path)
    assert (code, "Traceback" in err) == (1, False), err
    assert table(tmp_path)[0][2:4] == ["20417.jpg", r"20417\udca0.jpg"]


def test_a_namesake_who_comes_onto_the_list_does_not_get_the_portrait_that_is_there(
    tmp_path: Path, submitted: Path
) -> None:
    named = ("--set", 'export.name="{family}_{given}"')
    (submitted / "lovelace_ada.jpg").rename(submitted / "200.jpg")
    clean(tmp_path, *named, roster="id;name\n200;Anna Müller\n")
    of_200 = (tmp_path / "out" / "Müller_Anna.jpg").read_bytes()
    both = "id;name\n100;Anna Müller\n200;Anna Müller\n"
    (submitted / "20418.png").rename(submitted / "100.png")
    clean(tmp_path, *named, roster=both)
    assert [row[2] for row in table(tmp_path)] == ["Müller_Anna-2.jpg", "Müller_Anna.jpg"]
    assert (tmp_path / "out" / "Müller_Anna.jpg").read_bytes() == of_200
    assert (tmp_path / "out" / "Müller_Anna-2.jpg").read_bytes() != of_200
    # Who leaves the list keeps the portrait, too, even where somebody deletes the table.
    (submitted / "300.png").write_bytes((submitted / "100.png").read_bytes())
    for listed in (["300", "100", "200"], ["300"]):
        clean(tmp_path, *named, roster="id;name\n300;Anna Müller\n")
        assert [row[0] for row in table(tmp_path)] == listed
        assert table(tmp_path)[0][2] == "Müller_Anna-3.jpg"
        (tmp_path / "out" / "Müller_Anna-3.jpg").unlink()
        (tmp_path / "out" / "people.csv").unlink()


def test_a_portrait_from_when_the_id_was_somebody_elses_needs_a_review(tmp_path: Path, submitted: Path) -> None:
    clean(tmp_path)
    (submitted / "lovelace_ada.jpg").rename(submitted / "20417.jpg")
    reused = ROSTER.replace("20417;Ada Lovelace", "20417;Bo Ek")
    _, _, err = clean(tmp_path, roster=reused)
    assert "1 skipped portrait needs a review since an earlier run: 20417.jpg" in err.replace(f"{submitted}/", ""), err
    row = table(tmp_path)[0]
    assert row[:2] + row[4:5] == ["20417", "Bo Ek", "review"]
    assert "; made when 20417 was Ada Lovelace" in row[6]  # Behind why it needed one before.
    (tmp_path / "out" / "20417.jpg").unlink()
    clean(tmp_path, roster=reused)
    assert "made when" not in table(tmp_path)[0][6]


@pytest.mark.usefixtures("submitted")
def test_who_goes_down_the_list_keeps_the_number_in_the_name(tmp_path: Path) -> None:
    numbered = ("--set", 'export.name="{n} {name}"')
    clean(tmp_path, *numbered)
    assert "2 skipped" in clean(tmp_path, *numbered, roster=ROSTER.replace("name\n", "name\n1;Bo\n"))[1]
    assert [row[2] for row in table(tmp_path)] == ["", "1 Ada Lovelace.jpg", "2 Łukasz Groß.jpg", ""]


def test_who_must_not_be_photographed_any_more_is_told_the_file_with_a_number(tmp_path: Path, submitted: Path) -> None:
    named = ("--set", 'export.name="{name}"')
    (submitted / "20418.png").rename(submitted / "2.png")
    clean(tmp_path, *named, roster="id;name;Photo consent\n2;Ada;\n")
    (submitted / "lovelace_ada.jpg").rename(submitted / "1.jpg")
    for _ in range(2):
        refusing = "id;name;Photo consent\n1;Ada;\n2;Ada;no\n"
        assert f"delete {tmp_path / 'out' / 'Ada.jpg'}, which an earlier" in clean(tmp_path, *named, roster=refusing)[2]
    assert [row[2:5:2] for row in table(tmp_path)] == [["Ada-2.jpg", "review"], ["Ada.jpg", "not permitted"]]


def test_a_photo_that_has_left_the_inbox_leaves_its_portrait_in_the_table(tmp_path: Path, submitted: Path) -> None:
    clean(tmp_path, "--review-to", "look")
    before = table(tmp_path)
    (submitted / "20418.png").unlink()
    (submitted / "lovelace_ada.jpg").rename(submitted / "20419.jpg")
    assert "0 of 3 people have no portrait here" in clean(tmp_path, "--review-to", "look")[1]
    assert table(tmp_path)[:2] == before[:2]
    for row in before[:2]:
        (tmp_path / ("" if "/" in row[2] else "out") / row[2]).unlink()
    assert "2 of 3 people have no portrait here" in clean(tmp_path, "--review-to", "look")[1]


@pytest.mark.usefixtures("submitted")
def test_a_table_of_another_program_is_found_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "people.csv").write_text("id,name\n20417,Ada\n")
    code, _, err = clean(tmp_path)
    assert (code, "move it away" in err) == (73, True), err
    assert sorted(contents(tmp_path / "out")) == ["people.csv"]


@pytest.mark.usefixtures("submitted")
def test_portraits_of_a_run_that_was_cut_off_are_named(tmp_path: Path) -> None:
    clean(tmp_path)
    before = table(tmp_path)
    (tmp_path / "out" / "people.csv").unlink()
    _, _, err = clean(tmp_path)
    assert "2 skipped portraits may need a review, and no table tells what an earlier run found: " in err
    assert [row[:4] for row in table(tmp_path)] == [row[:4] for row in before]


@pytest.mark.usefixtures("submitted")
def test_a_folder_for_reviews_that_comes_later_settles_no_review(tmp_path: Path) -> None:
    advising = ("--preset", "us-2x2", "--set", "portrait.gate=advise")
    clean(tmp_path, *advising)
    before = table(tmp_path)
    assert [row[4] for row in before] == ["review", "review", "missing"]
    assert "2 skipped portraits need a review" in clean(tmp_path, *advising, "--review-to", "look")[2]
    assert table(tmp_path) == before
