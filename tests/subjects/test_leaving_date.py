"""Who has left by the list is not photographed, as lists of staff and schools say it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from capture_station.config import SubjectColumns, SubjectSettings
from capture_station.errors import NotPermitted
from capture_station.subjects.check_in import CheckIn
from capture_station.subjects.roster_csv import parse_roster
from capture_station.subjects.roster_source import RosterSource, open_roster

TODAY = date(2026, 11, 29)


def refused(heading: str, cell: str, columns: SubjectColumns = SubjectColumns()) -> str:  # noqa: B008
    (found,), _ = parse_roster(f"id;name;{heading}\n1;Ada;{cell}\n".encode(), columns, TODAY)
    return found.refused


@pytest.mark.parametrize(
    "heading",
    [
        "Austritt",
        "Austrittsdatum",
        "Datum des Austritts",
        "Ausgeschieden am",
        "Letzter Arbeitstag",
        "Leaving date",
        "LeavingDate",
        "Date of leaving",
        "Termination Date",
        "Last day of work",
        "Date de départ",
        "Date de sortie",
        "Fecha de baja",
        "Data di cessazione",
        "Datum uit dienst",
        "Vertrekdatum",
        "Data odejścia",
        "Data de saída",
        "Ayr\u0131l\u0131\u015f Tarihi",
        "\u0130\u015ften \u00c7\u0131k\u0131\u015f Tarihi",
    ],
)
def test_the_column_is_found_by_its_heading(heading: str) -> None:
    assert refused(heading, "22.02.2022") == f"{heading}: 22.02.2022"


@pytest.mark.parametrize(
    "heading", ["Eintritt", "Date of birth", "Vertragsende", "Austritt Verein", "Leave", "Datum", "Left eye"]
)
def test_other_dates_are_left_alone(heading: str) -> None:
    assert refused(heading, "22.02.2022") == ""


@pytest.mark.parametrize(
    "cell",
    ["28.11.2026", "1.2.22", "2026-11-28", "2026-11-28T00:00:00", "2/13/2026", "13/2/2026", "1-2-2026"],
)
def test_a_day_in_the_past_refuses(cell: str) -> None:
    assert refused("Austritt", cell) == f"Austritt: {cell}"


@pytest.mark.parametrize(
    "cell", ["", "29.11.2026", "9999-12-31", "1900-01-01", "01.01.1970", "00.00.0000", "-", "unbefristet", "12/1/2026"]
)
def test_the_last_day_a_later_one_and_everything_else_do_not(cell: str) -> None:
    assert refused("Austritt", cell) == ""


def test_the_column_can_be_named() -> None:
    assert refused("Vertragsende", "2022-02-22", SubjectColumns(leaving="vertragsende")) == "Vertragsende: 2022-02-22"


def test_who_has_left_is_not_checked_in_and_missing_nowhere_and_the_reason_is_told(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Nr;Name;Fotoerlaubnis;Austritt\n1;Ada;ja;\n2;Bo;ja;22.02.2022\n3;Cy;nein;22.02.2022\n")
    settings = SubjectSettings.model_validate({"mode": "required", "roster": str(path)})
    source = open_roster(settings)
    assert source.description.endswith(
        "permission from 'Fotoerlaubnis', leaving dates from 'Austritt': 2 must not be photographed"
    )
    with pytest.raises(NotPermitted, match=r"the list says 'Austritt: 22\.02\.2022'"):
        CheckIn(settings, lambda: source.roster).check_in("2")
    assert [one.id for one in source.roster.permitted] == ["1"]
    assert [one.refused for one in source.roster] == ["", "Austritt: 22.02.2022", "Fotoerlaubnis: nein"]


def test_the_day_after_the_last_one_comes_while_the_station_runs(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Nr;Name;Austritt\n1;Ada;29.11.2026\n")
    day = TODAY
    source = RosterSource(str(path), today=lambda: day)
    assert len(source.roster.permitted) == 1
    assert not source.look()
    day = date(2026, 11, 30)
    assert source.look()
    assert len(source.roster.permitted) == 0
    assert not source.look()


@pytest.mark.parametrize("newest", ["", "Nr;Name;Austritt\n1;Ada;29.11.2026\n2"])
def test_who_has_left_is_refused_also_while_the_newest_list_is_away_or_faulty(tmp_path: Path, newest: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Nr;Name;Austritt\n1;Ada;29.11.2026\n2;Bo;\n")
    day = TODAY
    source = RosterSource(str(path), today=lambda: day)
    day = date(2026, 11, 30)
    path.unlink()
    if newest:
        path.write_text(newest)
    for _ in range(3):
        source.look()
        assert [one.id for one in source.roster.permitted] == ["2"]
    assert source.error
