"""What is told before files get names that nobody expects."""

from __future__ import annotations

import pytest

from capture_station.export.template import filled_or_id, template_advice
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

TWO = Roster([Subject("1", "Ada Lovelace", {"class": "3b"}), Subject("2", "Juan García López", {"class": "3b"})])


@pytest.mark.parametrize("template", ["{subject}", "{name}-{date}", "{class}_{subject}-{n}"])
def test_what_the_roster_has_needs_no_advice(template: str) -> None:
    assert template_advice(template, TWO) == []


def test_a_guess_is_told_with_the_setting_that_spares_it_and_without_a_name() -> None:
    (advice,) = template_advice("{family}_{given}", TWO)
    assert "1 names of three or more words, such as that of 2; set subjects.columns.given" in advice
    assert "García" not in advice
    known = Roster([Subject("2", "Juan García López", {"given": "Juan", "family": "García López"})])
    assert template_advice("{family}_{given}", known) == []


def test_names_of_one_word_are_told_where_the_template_wants_two() -> None:
    roster = Roster([Subject("1", "Ada Lovelace"), Subject("7", "王小明"), Subject("8")])
    told = "export.name: 1 names have no given or no family name, such as that of 7; that place is left out"
    assert template_advice("{family}_{given}_{subject}", roster) == [told]
    assert template_advice("{family}_{subject}", roster) == []


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{family}_{given}_{subject}", "Bo_20418"),
        ("{given}_{family}", "Bo"),
        ("{given}, {class} {family}", "Bo"),
        ("badge-{class}-{given}-{subject}", "badge-20418"),
        ("{subject} ({class})", "20418 ()"),
        ("{class}", "20418"),
    ],
)
def test_an_empty_place_leaves_no_sign_behind(template: str, name: str) -> None:
    assert filled_or_id(template, {"subject": "20418", "family": "Bo", "given": "", "class": " "}) == (name, "")


def test_a_column_that_the_roster_does_not_have_is_told_with_those_it_has() -> None:
    (advice,) = template_advice("{klass}_{subject}", TWO)
    assert (
        advice
        == "export.name: the roster has no column 'klass' for {klass}, so the ID is taken; its columns are: class"
    )
