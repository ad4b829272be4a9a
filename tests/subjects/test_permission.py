"""Who must not be photographed, as school lists say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_station.config import SubjectColumns, SubjectSettings
from capture_station.errors import NotPermitted, RosterError
from capture_station.subjects.check_in import CheckIn
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_csv import parse_roster
from capture_station.subjects.roster_source import RosterSource
from capture_station.subjects.subject import Subject
from capture_station.subjects.typed_id import find_typed


def refused(heading: str, cell: str, columns: SubjectColumns = SubjectColumns()) -> str:  # noqa: B008
    (found,), _ = parse_roster(f"id;name;{heading}\n1;Ada;{cell}\n".encode(), columns)
    return found.refused


@pytest.mark.parametrize(
    "heading",
    [
        "Fotoerlaubnis",
        "Einwilligung Foto",
        "Foto erlaubt",
        "Foto erlaubt (ja/nein)",
        "Einwilligung",
        "Photo consent",
        "Photo permission",
        "Photo release (Y/N)",
        "Autorisation photo",
        "Droit à l'image",
        "Autorización",
        "Autorização de imagem",
        "Consenso foto",
        "Toestemming foto",
        "Zgoda na zdjęcie",
        "Fotoğraf izni",
    ],
)
def test_the_column_is_found_by_its_heading(heading: str) -> None:
    assert refused(heading, "nein") == f"{heading}: nein"


@pytest.mark.parametrize(
    "heading",
    [
        "Foto",
        "Keine Fotoerlaubnis",
        "No photo consent",
        "Einwilligung Klassenfahrt",
        "Medizin",
        "Recht",
        "Parking permit",
    ],
)
def test_other_columns_and_those_that_turn_yes_and_no_around_are_left_alone(heading: str) -> None:
    assert refused(heading, "no") == ""


@pytest.mark.parametrize(
    "cell", ["nein", "NO", "Non.", "n", "não", "HAYIR", "nie", "nee", "false", "FALSCH", "0", "否"]
)
def test_a_clear_no_refuses(cell: str) -> None:
    assert refused("Photo consent", cell) == f"Photo consent: {cell}"


@pytest.mark.parametrize("cell", ["", "ja", "yes", "oui", "x", "1", "?", "-", "n/a", "no answer yet"])
def test_everything_else_is_no_no(cell: str) -> None:
    assert refused("Photo consent", cell) == ""


def test_the_column_can_be_named_and_of_several_it_must_be() -> None:
    assert refused("May", "no", SubjectColumns(permission="may")) == "May: no"
    two = b"id;Photo consent card;Photo consent website\n1;yes;no\n"
    with pytest.raises(RosterError, match=r"set subjects\.columns\.permission to one of: Photo consent card, Photo"):
        parse_roster(two)
    assert parse_roster(two, SubjectColumns(permission="Photo consent card"))[0][0].refused == ""
    with pytest.raises(RosterError, match=r"no column 'x'; set subjects\.columns\.permission to one of"):
        parse_roster(two, SubjectColumns(permission="x"))


def test_the_column_and_how_many_say_no_is_told(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,name,Photo consent\n1,Ada,yes\n2,Bo,no\n3,Cy,\n")
    assert RosterSource(str(path)).description == (
        "3 people (utf-8), ids from 'id', names from 'name', "
        "permission from 'Photo consent': 1 must not be photographed"
    )


def test_who_must_not_be_photographed_cannot_be_checked_in_or_named() -> None:
    people = Roster([Subject("1", "Ada"), Subject("2", "Bo", refused="Photo consent: no")])
    check_in = CheckIn(SubjectSettings(mode="required", unknown="accept"), lambda: people)
    check_in.check_in("1")
    for ask in (check_in.check_in, check_in.for_capture, lambda text: check_in.check_in(text, confirmed=True)):
        with pytest.raises(NotPermitted) as caught:
            ask("02")
        assert str(caught.value) == "Bo, 2 must not be photographed: the list says 'Photo consent: no'"
    assert check_in.current is not None
    assert check_in.current.subject.id == "1"


def test_a_permission_that_is_withdrawn_counts_from_the_next_picture_on() -> None:
    people = Roster([Subject("2", "Bo")])
    check_in = CheckIn(SubjectSettings(mode="required"), lambda: people)
    before = check_in.check_in("2")
    people = Roster([Subject("2", "Bo", refused="Photo consent: no")])
    for ask in (
        check_in.for_capture,
        lambda: check_in.for_retake(before),
        lambda: check_in.check_in("2", replaces=True),
    ):
        with pytest.raises(NotPermitted, match="Bo, 2 must not be photographed"):
            ask()


def test_who_must_not_be_photographed_is_found_last() -> None:
    people = Roster([Subject("1", "Ann", refused="Photo consent: no"), Subject("2", "Anna"), Subject("3", "Annie")])
    assert [one.id for one in people.search("ann", is_done={"3"}.__contains__)] == ["2", "1", "3"]
    assert [one.id for one in people.permitted] == ["2", "3"]


def test_pictures_from_before_are_found_to_delete_them(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,name,Photo consent\n007,Ada,no\n")
    settings = SubjectSettings.model_validate({"mode": "required", "roster": str(path)})
    assert find_typed("7", settings, ["007"]).subject.id == "007"
