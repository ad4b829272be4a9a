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
        ("20417 20418", []),
        ("Ada", []),
        ("IMG_2041", []),
        ("20417x", []),
        ("", []),
    ],
)
def test_a_file_name_names_a_person(stem: str, ids: list[str]) -> None:
    assert [subject.id for subject in FilenameMatch(ROSTER).find(stem)] == ids
