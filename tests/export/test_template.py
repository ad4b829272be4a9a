"""What is told before files get names that nobody expects."""

from __future__ import annotations

import pytest

from capture_station.export.template import template_advice
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


def test_a_column_that_the_roster_does_not_have_is_told_with_those_it_has() -> None:
    (advice,) = template_advice("{klass}_{subject}", TWO)
    assert (
        advice
        == "export.name: the roster has no column 'klass' for {klass}, so the ID is taken; its columns are: class"
    )
