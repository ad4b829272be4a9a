"""Submitted photos find their people by file names, and a doubt stays a doubt."""

from __future__ import annotations

import pytest

from capture_station.subjects.filename_match import FilenameMatch
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

ROSTER = Roster(
    [
        Subject("20417", "Ada Lovelace"),
        Subject("20418", "Łukasz Müller-Groß"),
        Subject("AB/7", "Bo"),
        Subject("31", "Kim Lee"),
        Subject("32", "Lee Kim"),
        Subject("7", "Seven"),
        Subject("00004634", "Sven Krüger"),
        Subject("00004635", "Günter Bauer"),
    ]
)


@pytest.mark.parametrize(
    ("stem", "ids"),
    [
        ("20417", ["20417"]),
        ("lovelace_ada", ["20417"]),
        ("Ada Lovelace (2)", ["20417"]),
        ("20417-Ada-Lovelace", ["20417"]),
        ("ada 20417", ["20417"]),
        ("IMG_20418", []),
        ("DSC_7", []),
        ("muller-gross, lukasz", ["20418"]),
        ("ab_7 bo", ["AB/7"]),
        ("kim lee", ["31", "32"]),
        ("Krueger_Sven", ["00004634"]),
        ("Kruger Sven", ["00004634"]),
        ("4634 Kru\u0308ger", ["00004634"]),
        ("GünterBauer", ["00004635"]),
        ("MuellerGross_Łukasz", ["20418"]),
        ("00004634_neu", []),
        ("20417 20418", []),
        ("Ada", []),
        ("IMG_2041", []),
        ("20417x", []),
        ("", []),
    ],
)
def test_a_file_name_names_a_person(stem: str, ids: list[str]) -> None:
    assert [subject.id for subject in FilenameMatch(ROSTER).find(stem)] == ids


@pytest.mark.parametrize(
    ("stem", "ids"),
    [
        ("12-5", ["12-5"]),
        ("012_05 Cy", ["12-5"]),
        ("Cy 12 5", ["12-5"]),
        ("5-12", []),
        ("12 Cy 5", []),
        ("3", []),
        ("3 3", ["3-3"]),
        ("11", []),
    ],
)
def test_the_parts_of_an_id_stand_together_and_in_their_order(stem: str, ids: list[str]) -> None:
    roster = Roster([Subject("12-5", "Cy"), Subject("3-3", "Di"), Subject("11-11", "Ed")])
    assert [subject.id for subject in FilenameMatch(roster).find(stem)] == ids


@pytest.mark.parametrize("stem", ["12 Ada Krueger", "7 Ada Krueger"])
def test_a_number_that_is_one_namesakes_id_and_the_others_class_is_a_doubt(stem: str) -> None:
    roster = Roster([Subject("7", "Ada Krueger", detail="12"), Subject("12", "Ada Krueger", detail="7")])
    assert len(FilenameMatch(roster).find(stem)) == 2


@pytest.mark.parametrize(("stem", "ids"), [("Schmidt Anna 5B", ["2"]), ("Anna Schmidt", ["1", "2"]), ("Anna 5b", [])])
def test_what_tells_namesakes_apart_may_stand_beside_the_name(stem: str, ids: list[str]) -> None:
    roster = Roster([Subject("1", "Anna Schmidt", detail="5a"), Subject("2", "Anna Schmidt", detail="5b")])
    assert [subject.id for subject in FilenameMatch(roster).find(stem)] == ids


@pytest.mark.parametrize(
    ("stem", "reason"),
    [
        ("00004634_neu", "beside the ID 00004634, this name has 'neu', which is not in that person's name"),
        ("4634neu", "beside the ID 00004634, this name has 'neu', which is not in that person's name"),
        ("20417 Özdemir", "beside the ID 20417, this name has 'Özdemir', which is not in that person's name"),
        ("Bauer Günter alt (2)", "beside the name of 00004635, this name has 'alt'"),
        ("20417 20418", "this name has several IDs: 20417 and 20418"),
        ("kim lee 2019", "this name has the names of several people: 31 and 32"),
        ("Özdemir", "nobody on the roster has this name or ID"),
        ("Ada", "nobody on the roster has this name or ID"),
        ("", "nobody on the roster has this name or ID"),
    ],
)
def test_the_doubt_about_a_file_name_is_true(stem: str, reason: str) -> None:
    match = FilenameMatch(ROSTER)
    assert match.find(stem) == ()
    assert match.doubt(stem) == reason
