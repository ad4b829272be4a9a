"""The table of submitted photos keeps what earlier runs have found."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import pytest

from capture_station.commands.submitted import file_stems
from capture_station.commands.submitted_table import SAVE_EVERY, Earlier, Told, saved_often, write_table
from capture_station.errors import ArchiveError
from capture_station.export.destination import open_destination
from capture_station.photos.cleaning import Outcome
from capture_station.photos.discovery import Photo
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

ADA = Roster([Subject("20417", "Ada")])


def written(folder: Path, *outcomes: Outcome, roster: Roster = ADA, review_to: str | None = None) -> Told:
    """What the table of a run with Ada's photo tells."""
    destination = open_destination(str(folder))
    photo = Photo("a.jpg", "out/20417", None if review_to is None else f"{review_to}/20417")
    earlier = Earlier.read(destination, roster, review_to)
    people = {"a.jpg": roster.get("20417") or Subject("")}
    return write_table(destination, roster, people, [photo], outcomes, ".jpg", earlier)


SKIPPED = Outcome("a.jpg", "skipped")


def told(folder: Path) -> str:
    return (folder / "people.csv").read_text("utf-8-sig")


def test_the_table_has_the_rosters_columns_and_is_read_again(tmp_path: Path) -> None:
    roster = Roster([Subject("20417", "Ada", {"Klasse": "5b"}), Subject("-9", "Bo", {"Klasse": "5a"})], ["Klasse"], ";")
    made = Outcome("a.jpg", "review", ("no face", "dark"), shape="other")
    assert written(tmp_path, made, roster=roster) == Told(1)
    assert written(tmp_path, SKIPPED, roster=roster) == Told(1, to_review=["a.jpg"], misshapen=["a.jpg"])
    assert told(tmp_path).splitlines() == [
        "id;name;Klasse;file;photo;result;shape;reason",
        '20417;Ada;5b;20417.jpg;a.jpg;review;other;"no face; dark"',
        "'-9;Bo;5a;;;missing;;",
    ]


def test_a_portrait_that_somebody_has_moved_from_the_review_to_the_others_is_ok(tmp_path: Path) -> None:
    look = str(tmp_path / "look")
    written(tmp_path, Outcome("a.jpg", "review", ("dark",), shape="smaller"), review_to=look)
    still = written(tmp_path, Outcome("a.jpg", "skipped", reviewed_before=True), review_to=look)
    assert "20417,Ada,look/20417.jpg,a.jpg,review,smaller,dark\n" in told(tmp_path)
    moved = written(tmp_path, SKIPPED, review_to=look)
    assert (still.to_review, moved.to_review) == (["a.jpg"], [])
    assert moved.smaller == ["a.jpg"]
    assert "20417,Ada,20417.jpg,a.jpg,ok,smaller,\n" in told(tmp_path)


def test_a_run_without_the_folder_for_reviews_sees_that_a_portrait_was_moved_out_of_it(tmp_path: Path) -> None:
    look = str(tmp_path / "look")
    written(tmp_path, Outcome("a.jpg", "review", ("dark",)), review_to=look)
    for review_to in (None, look):
        assert written(tmp_path, SKIPPED, review_to=review_to).to_review == []
        assert "20417,Ada,20417.jpg,a.jpg,ok,,\n" in told(tmp_path)


def test_what_never_lay_in_a_folder_for_reviews_still_needs_one(tmp_path: Path) -> None:
    written(tmp_path, Outcome("a.jpg", "review", ("dark",)))
    for _ in range(2):
        assert written(tmp_path, SKIPPED, review_to=str(tmp_path / "look")).to_review == ["a.jpg"]
        assert "20417,Ada,20417.jpg,a.jpg,review,,dark\n" in told(tmp_path)


@pytest.mark.parametrize(
    ("earlier", "file"),
    [
        (Outcome("a.jpg", "review", ("dark",), shape="smaller"), "20417.jpg"),
        (Outcome("a.jpg", "refused", ("no face",)), ""),
    ],
)
def test_a_run_that_is_interrupted_keeps_what_the_table_said_of_photos_that_it_did_not_reach(
    tmp_path: Path, earlier: Outcome, file: str
) -> None:
    written(tmp_path, earlier)
    before = told(tmp_path)
    assert f"Ada,{file},a.jpg" in before
    assert written(tmp_path) == Told(int(earlier.verdict == "refused"))
    # The name is told in any case: the portrait may be there before its row is.
    assert told(tmp_path) == before.replace(f"Ada,{file},", "Ada,20417.jpg,")


@pytest.mark.parametrize("look", [None, "look"])
@pytest.mark.parametrize("refused", ["", "Photo consent: no"])
def test_a_portrait_of_which_the_earlier_table_says_nothing_is_not_missing(
    tmp_path: Path, look: str | None, refused: str
) -> None:
    """The earlier run was interrupted right behind the saving, or Ada had taken her permission back."""
    review_to = None if look is None else str(tmp_path / look)
    before = Roster([Subject("20417", "Ada", refused=refused)])
    write_table(open_destination(str(tmp_path)), before, {}, [], [], ".jpg", Earlier())
    assert written(tmp_path, review_to=review_to).missing == 1
    for _ in range(2):
        table = written(tmp_path, SKIPPED, review_to=review_to)
        assert (table.missing, table.unknown) == (0, ["a.jpg"] if look is None else [])
        result = "skipped" if look is None else "ok"
        assert f"20417,Ada,20417.jpg,a.jpg,{result},," in told(tmp_path)


def test_a_folder_for_reviews_that_comes_later_settles_nothing_of_a_run_that_was_cut_off(tmp_path: Path) -> None:
    look = str(tmp_path / "look")
    written(tmp_path)
    (tmp_path / "20417.jpg").touch()
    for outcomes in ((), (SKIPPED,), (SKIPPED,)):
        table = written(tmp_path, *outcomes, review_to=look)
        assert table.unknown == ["a.jpg" for _ in outcomes]
    assert "20417,Ada,20417.jpg,a.jpg,skipped,," in told(tmp_path)


def test_a_portrait_that_is_made_again_is_not_ok_because_the_one_before_was(tmp_path: Path) -> None:
    for outcome in (Outcome("a.jpg", "ok"), SKIPPED):
        written(tmp_path, outcome)
        written(tmp_path)  # Somebody has removed it, and the run that makes it again is cut off.
        (tmp_path / "20417.jpg").touch()
        assert written(tmp_path, SKIPPED).unknown == ["a.jpg"]
        assert "20417,Ada,20417.jpg,a.jpg,skipped,," in told(tmp_path)
        (tmp_path / "20417.jpg").unlink()


def test_a_portrait_that_a_power_cut_left_without_a_row_is_still_hers(tmp_path: Path) -> None:
    destination = open_destination(str(tmp_path))
    write_table(destination, ADA, {"a.jpg": next(iter(ADA))}, [Photo("a.jpg", "out/Ada")], [], ".jpg", Earlier())
    (tmp_path / "Ada.jpg").touch()
    namesakes = Roster([Subject("1", "Ada"), *ADA])
    earlier = Earlier.read(destination, namesakes, None)
    assert file_stems(namesakes, "{name}", earlier) == {"1": "Ada-2", "20417": "Ada"}
    assert write_table(destination, namesakes, {}, [], [], ".jpg", earlier).missing == 1
    assert "20417,Ada,Ada.jpg,a.jpg,skipped,," in told(tmp_path)


def test_a_spreadsheet_that_dropped_zeros_costs_nobody_a_row(tmp_path: Path) -> None:
    roster, destination = Roster([Subject("0020417", "Ada")]), open_destination(str(tmp_path))
    written(tmp_path, Outcome("a.jpg", "review", ("dark",)))
    (tmp_path / "20417.jpg").touch()
    earlier = Earlier.read(destination, roster, None)
    assert write_table(destination, roster, {}, [], [], ".jpg", earlier) == Told(0)
    assert "0020417,Ada,20417.jpg,a.jpg,review,,dark\n" in told(tmp_path)


@pytest.mark.parametrize(
    ("encoding", "delimiter", "quoting"),
    [
        ("cp1252", ";", csv.QUOTE_MINIMAL),
        ("utf-8", ";", csv.QUOTE_ALL),
        ("utf-8-sig", ",", csv.QUOTE_ALL),
        ("utf-16", "\t", csv.QUOTE_MINIMAL),
    ],
)
def test_a_table_that_a_spreadsheet_has_saved_is_read(
    tmp_path: Path, encoding: str, delimiter: str, quoting: Literal[0, 1]
) -> None:
    roster = Roster([Subject("20417", "Ada Krüger", {"Klasse": "5b"})], ["Klasse"], ";")
    written(tmp_path, Outcome("a.jpg", "review", ("no face",)), roster=roster)
    rows = [line.split(";") for line in told(tmp_path).replace(";review;", ";ok;").splitlines()]
    with (tmp_path / "people.csv").open("w", encoding=encoding, newline="") as saved:
        csv.writer(saved, delimiter=delimiter, quoting=quoting).writerows(rows)
    assert written(tmp_path, SKIPPED, roster=roster) == Told(0)
    assert told(tmp_path).splitlines()[1] == "20417;Ada Krüger;5b;20417.jpg;a.jpg;ok;;no face"


def test_a_table_that_is_another_programs_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("Nummer;Name\n20417;Ada\n")
    with pytest.raises(ArchiveError, match=r"not one of capture-station \(no column 'id'\)"):
        written(tmp_path, SKIPPED)


@pytest.mark.parametrize("dark", [(), ("dark",)])
def test_a_name_that_changes_is_told_once_behind_what_was_found_and_can_be_settled(
    tmp_path: Path, dark: tuple[str, ...]
) -> None:
    def named(name: str) -> str:
        written(tmp_path, SKIPPED, roster=Roster([Subject("20417", name)]))
        return told(tmp_path).splitlines()[1]

    first = Outcome("a.jpg", "review" if dark else "ok", dark)
    written(tmp_path, first, roster=Roster([Subject("20417", "Ada Krüger")]))
    before = told(tmp_path).splitlines()[1]
    same_person = "Krueger, Ada"
    assert named(same_person) == before.replace("Ada Krüger", f'"{same_person}"')
    changed = named("Bo Ek")
    assert ",review,," in changed
    assert f"{''.join(f'{one}; ' for one in dark)}made when 20417 was Krueger, Ada" in changed
    assert named("Bo Ek") == changed
    # Somebody has looked at it.
    settled = told(tmp_path).replace(",review,", ",ok,")
    (tmp_path / "people.csv").write_text(settled, "utf-8-sig")
    assert named("Bo Ek") == settled.splitlines()[1]


def test_the_table_is_written_again_and_again_while_portraits_are_made() -> None:
    found, saved_behind = list[Outcome](), list[int]()
    made = [Outcome(f"{number}.jpg", "ok" if number % 2 else "review") for number in range(2 * SAVE_EVERY)]
    for outcome in saved_often([*made[:-1], SKIPPED, made[-1], SKIPPED], lambda: saved_behind.append(len(found))):
        found.append(outcome)
    assert saved_behind == [SAVE_EVERY, 2 * SAVE_EVERY + 1]
    assert found[-1] == SKIPPED
