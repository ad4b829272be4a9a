"""Two people of one name are told apart by what the list says about them."""

from __future__ import annotations

import pytest

from capture_station.config import SubjectColumns
from capture_station.errors import RosterError
from capture_station.subjects.namesakes import namesake_advice
from capture_station.subjects.roster_csv import describe_columns, parse_roster

TWO_ANNAS = (
    "id;name;born;room;department\n1;Anna Smith;1990-01-01;5;Physics\n2;anna SMITH;1990-02-02;6;Law\n3;Bo;;7;Law\n"
)


def details(text: str, namesakes: str = "") -> list[str]:
    return [one.detail for one in parse_roster(text.encode(), SubjectColumns(namesakes=namesakes))[0]]


def test_namesakes_have_their_department_and_others_nothing() -> None:
    assert details(TWO_ANNAS) == ["Physics", "Law", ""]


@pytest.mark.parametrize("heading", ["Class", "Abteilung", "Département", "Gruppo", "Bölüm", "Dział"])
def test_usual_headings_of_groups_are_known(heading: str) -> None:
    assert details(f"id,name,{heading}\n1,Ada,3a\n2,Ada,3b\n") == ["3a", "3b"]


def test_a_birth_date_is_shown_only_where_the_operator_names_it() -> None:
    without_group = TWO_ANNAS.replace("department", "remark")
    assert details(without_group) == ["", "", ""]
    assert details(without_group, "born") == ["1990-01-01", "1990-02-02", ""]


def test_of_several_columns_the_first_that_tells_them_apart_is_shown() -> None:
    same_department = TWO_ANNAS.replace("Physics", "Law")
    assert details(same_department, "department room") == ["5", "6", ""]
    assert details(TWO_ANNAS, "department room") == ["Physics", "Law", ""]


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(RosterError, match="no column 'house'"):
        details(TWO_ANNAS, "house")


def test_the_operator_is_told_who_cannot_be_told_apart_and_by_what_others_are() -> None:
    same_department, _ = parse_roster(TWO_ANNAS.replace("Physics", "Law").encode())
    assert namesake_advice(same_department) == (
        "2 people share their names with others, and only their IDs tell them apart; "
        "set subjects.columns.namesakes to a column that may be shown beside the names"
    )
    assert namesake_advice(parse_roster(TWO_ANNAS.encode())[0]) == ""
    assert describe_columns(TWO_ANNAS.encode()) == "ids from 'id', names from 'name', namesakes apart by 'department'"
