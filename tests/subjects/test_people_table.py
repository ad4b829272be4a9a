"""Tables of people for a spreadsheet: columns under the roster's headings, separated as the roster is."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_station.config import SubjectSettings
from capture_station.subjects.people_table import people_csv
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_csv import parse_roster
from capture_station.subjects.roster_source import open_roster
from capture_station.subjects.subject import Subject


def written(text: str, folder: Path) -> bytes:
    """What the table of everybody on this roster holds."""
    path = folder / "people.csv"
    path.write_text(text, "utf-8-sig")
    roster = open_roster(SubjectSettings(roster=str(path))).roster
    return b"".join(people_csv(roster, roster))


def test_what_may_be_shown_beside_names_is_in_the_table_under_the_rosters_headings(tmp_path: Path) -> None:
    table = written("id;Name;Klasse;Geburtsdatum;Abteilung\n7;Zoë;5b;2014-01-02;West\n", tmp_path)
    assert table.decode("utf-8-sig").splitlines() == ["id;name;Klasse;Abteilung", "7;Zoë;5b;West"]
    assert table.startswith(b"\xef\xbb\xbf"), "Excel takes the file for another encoding"


@pytest.mark.parametrize(
    ("roster", "line"),
    [
        ("id,name\n7,A\n", "7,A"),
        ("id;name\n7;A\n", "7;A"),
        ("sep=;\nid;name\n7;A\n", "7;A"),
        ("id\tname\n7\tA\n", "7,A"),  # Excel opens no CSV file with tabs in columns.
        ('id;name\n7;"A; B"\n', '7;"A; B"'),
    ],
)
def test_the_table_is_separated_as_the_roster(tmp_path: Path, roster: str, line: str) -> None:
    table = written(roster, tmp_path)
    assert table.decode("utf-8-sig").splitlines()[1:] == [line]
    assert [one.id for one in parse_roster(table)[0]] == ["7"], "a table is a roster again"


def test_no_cell_is_a_formula() -> None:
    roster = Roster([Subject("-7", "@Bo", {"=class": " +5\tb"})], ["=class"])
    table = b"".join(people_csv(roster, roster, {"file": {"-7": "=x.jpg"}}))
    assert table.decode("utf-8-sig").splitlines() == ["id,name,'=class,file", "'-7,'@Bo,'+5 b,'=x.jpg"]
