"""Rosters as spreadsheets and people make them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from capture_station.config import SubjectColumns
from capture_station.errors import RosterError
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_csv import describe_columns, parse_roster
from capture_station.subjects.roster_source import RosterSource
from capture_station.subjects.subject import Subject, clean_id

PEOPLE = [("20417", "Ada Lovelace"), ("20418", "Łukasz Müller"), ("FQ-7", "Zoë O'Neil-Ada"), ("ada", "Bo")]


@pytest.fixture
def roster() -> Roster:
    return Roster([Subject(subject_id, name) for subject_id, name in PEOPLE])


class TestReading:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    @pytest.mark.parametrize("line_end", ["\n", "\r\n"])
    def test_what_spreadsheets_write_is_read(self, delimiter: str, encoding: str, line_end: str) -> None:
        rows = [["ID", "Name", "Class"], ["7", "Zoë Müller", "3b"], ["8", '"Bo\n""B"""', ""]]
        text = line_end.join(delimiter.join(row) for row in rows)
        subjects, _ = parse_roster(text.encode(encoding))
        assert subjects == [
            Subject("7", "Zoë Müller", {"Name": "Zoë Müller", "Class": "3b"}),
            Subject("8", 'Bo "B"', {"Name": 'Bo\n"B"', "Class": ""}),
        ]

    @pytest.mark.parametrize("first", ["sep=|\n", "sep=|\r\n", '"sep=|"\n'])
    def test_a_line_that_names_the_delimiter_is_understood(self, first: str) -> None:
        assert parse_roster(f"{first}id|name\n1|Lovelace, Ada\n".encode())[0] == [
            Subject("1", "Lovelace, Ada", {"name": "Lovelace, Ada"})
        ]

    def test_an_old_encoding_is_told(self) -> None:
        assert parse_roster("id,name\n1,Zoë\n".encode("cp1252"))[1] == "windows-1252"
        assert parse_roster("id,name\n1,Zoë\n".encode())[1] == "utf-8"

    def test_first_and_last_name_are_put_together(self) -> None:
        subjects, _ = parse_roster(b"last_name,first_name,employee_id\nLovelace,Ada,5\n")
        assert [(subject.id, subject.name) for subject in subjects] == [("5", "Ada Lovelace")]

    def test_parts_of_the_name_can_be_named(self) -> None:
        (found,), _ = parse_roster(b"id;ruf;haus\n5;Ada;King Noel\n", SubjectColumns(given="Ruf", family="Haus"))
        assert (found.name, found.columns["given"], found.columns["family"]) == ("Ada King Noel", "Ada", "King Noel")
        with pytest.raises(RosterError, match=r"no column 'nach'; set subjects\.columns\.family to one of: id, ruf"):
            parse_roster(b"id;ruf\n5;Ada\n", SubjectColumns(family="nach"))

    def test_columns_can_be_named(self) -> None:
        data = b"Matrikel;Ruf;Nach\n5;Ada;Lovelace\n"
        subjects, _ = parse_roster(data, SubjectColumns(id="matrikel", name="ruf nach"))
        assert (subjects[0].id, subjects[0].name) == ("5", "Ada Lovelace")

    @pytest.mark.parametrize(
        ("heading", "row", "id", "name", "family"),
        [
            ("Nr.;Pers.-Nr.;Name;Vorname", "1;5;Lovelace;Ada", "5", "Ada Lovelace", "Lovelace"),
            ("id,first_name,last_name", "5,小明,王", "5", "王小明", "王"),
            ("id,first_name,last_name", "5,Xiaoming,王", "5", "Xiaoming 王", "王"),
            (
                "Matrikel-Nr.;Nachname;Vorname;Titel",
                "5;de la Cruz;Ana María;Dr.",
                "5",
                "Ana María de la Cruz",
                "de la Cruz",
            ),
            ("Employee ID;First Name;Last Name", "5;Ada;Lovelace", "5", "Ada Lovelace", "Lovelace"),
            ("Matricule;Nom;Prénom", "5;Curie;Marie", "5", "Marie Curie", "Curie"),
            ("Legajo;Nombre;Apellidos", "5;Juan;García López", "5", "Juan García López", "García López"),
            ("Sicil No;Ad;Soyad", "5;Ada;Yilmaz", "5", "Ada Yilmaz", "Yilmaz"),
            (
                "id;name;family;given",
                "5;Ada King, Countess of Lovelace;King;Ada",
                "5",
                "Ada King, Countess of Lovelace",
                "King",
            ),
        ],
    )
    def test_headings_of_many_offices_are_known(self, heading: str, row: str, id: str, name: str, family: str) -> None:
        (found,), _ = parse_roster(f"{heading}\n{row}\n".encode())
        assert (found.id, found.name, found.columns["family"]) == (id, name, family)

    @pytest.mark.parametrize(
        "heading",
        [
            "Schüler-Nr.",
            "Schüler-ID",
            "SchülerID",
            "Schuelernr",
            "Lfd. Nr.",
            "Interne ID-Nummer",
            "UPN",
            "Pupil No",
            "Student ID No.",
            "N° élève",
            "N. matricola",
            "Nº de alumno",
            "Código do aluno",
            "Leerling-nr",
            "Kod ucznia",
            "Öğrenci Kodu",
            "Registration Number",
        ],
    )
    def test_a_heading_that_says_id_or_number_is_the_id(self, heading: str) -> None:
        others = "Nachname;Vorname;Klasse;Telefonnummer;Mobile No.;Haus-Nr.;Code postal;Raum Nr;Fax-Nummer;Foto (si/no)"
        (found,), _ = parse_roster(f"{others};{heading}\nLovelace;Ada;5b;1;2;3;4;5;6;no;20417\n".encode())
        assert found.id == "20417"

    def test_a_column_that_counts_the_rows_gives_way_to_a_number_of_the_person(self) -> None:
        for counter in ("Nr.", "Lfd. Nr.", "N°"):
            (found,), _ = parse_roster(f"{counter};Name;Schüler-Nr.\n1;Ada;20417\n".encode())
            assert found.id == "20417"

    def test_a_number_of_something_else_is_no_id(self) -> None:
        with pytest.raises(RosterError, match="no column that is known as an id"):
            parse_roster(b"Name;Telefonnummer;House No;Class code\nAda;1;2;3\n")

    def test_two_columns_that_may_be_the_id_are_named(self) -> None:
        with pytest.raises(RosterError) as caught:
            parse_roster("Name;UPN;Klasse;Schüler-ID\nAda;1;5b;2\n".encode())
        assert str(caught.value) == (
            "the roster has several columns that may be the id; set subjects.columns.id to one of: UPN, Schüler-ID"
        )

    def test_what_the_columns_are_taken_for_is_said(self) -> None:
        assert (
            describe_columns(b"Nr.;Pers.-Nr.;Name;Vorname\n") == "ids from 'Pers.-Nr.', names from 'Vorname' and 'Name'"
        )

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "the roster is empty"),
            ("PK\x03\x04", "a spreadsheet's own file; save it there as CSV"),
            ("sep=|\nid|name\n1|Ada\n1|Bo\n", "line 4 of the roster has the id '1' of line 3"),
            ("name\nAda\n", "no column that is known as an id; set subjects.columns.id to one of: name"),
            ("id,id\n1,2\n", "the column 'id' 2 times"),
            ("id,name\n1,Ada\n\n,Bo\n", "line 4 of the roster: the id is empty"),
            ("id,name\n1,Ada\n2,Bo\n1,Cy\n", "line 4 of the roster has the id '1' of line 2"),
            ("id,name\n1,Ada\n2\n", "line 3 of the roster has 1 fields, its heading 2; is the file complete?"),
            ('id,name\n1,"Ada\n', "line 2 of the roster cannot be read"),
            ("id\n" + "x" * 65, "has 65 characters; at most 64 are allowed"),
            ("id\na\x07b\n", "cannot be printed"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_line(self, text: str, said: str) -> None:
        with pytest.raises(RosterError) as caught:
            parse_roster(text.encode())
        assert said in str(caught.value)
        assert caught.value.exit_code == 65

    def test_all_mistakes_are_said_at_once(self) -> None:
        with pytest.raises(RosterError) as caught:
            parse_roster(b"id,name\n1,Ada\n,Bo\n1,Cy\n2,Di,x\n")
        assert [part.partition(" of the")[0] for part in str(caught.value).split("; ") if "line" in part] == [
            "line 3",
            "line 4",
            "line 5",
        ]
        with pytest.raises(RosterError, match=r"; and 35 more mistakes$"):
            parse_roster(b"id\n1\n" + b"1\n" * 40)

    def test_empty_lines_and_spaces_do_not_matter(self) -> None:
        subjects, _ = parse_roster(b" id , name \n\n 1 , Ada  Lovelace \n ,  \n")
        assert [(subject.id, subject.name) for subject in subjects] == [("1", "Ada Lovelace")]

    def test_one_id_written_in_two_ways_of_unicode_is_one(self) -> None:
        assert clean_id("Zoe\u0308") == clean_id("Zo\u00eb")
        with pytest.raises(RosterError, match="line 3"):
            parse_roster("id\nZoe\u0308\nZo\u00eb\n".encode())


class TestFinding:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("20417", ["20417"]),
            ("love", ["20417"]),
            ("lukasz", ["20418"]),
            ("MULLER luk", ["20418"]),
            ("ada", ["ada", "20417", "FQ-7"]),
            ("2041", ["20417", "20418"]),
            ("neil", ["FQ-7"]),
            ("nobody", []),
            ("  ", []),
        ],
    )
    def test_people_are_found_by_what_is_remembered(self, roster: Roster, query: str, found: list[str]) -> None:
        assert [subject.id for subject in roster.search(query)] == found

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("oneill", ["1", "2"]),
            ("o'neill", ["1", "2"]),
            ("O\u2019Neill", ["1", "2"]),
            ("annalena", ["2"]),
            ("anna lena", ["2", "3"]),
            ("Anna-Lena", ["2", "3"]),
            ("lena", ["2", "3"]),
            ("fq4", ["FQ-4"]),
            ("FQ-4", ["FQ-4"]),
            ("-", []),
            ("5b", ["3"]),
            ("5-b", ["3"]),
        ],
    )
    def test_apostrophes_and_hyphens_do_not_matter(self, query: str, found: list[str]) -> None:
        people = [Subject("1", "Sean O'Neill"), Subject("2", "Anna-Lena O\u2019Neill"), Subject("FQ-4", "Bo")]
        roster = Roster([*people, Subject("3", "Anna Lena", {"class": "5-b"})], ["class"])
        assert [subject.id for subject in roster.search(query)] == found

    def test_no_more_than_the_limit_are_shown(self) -> None:
        many = Roster([Subject(str(number), f"Ada {number}") for number in range(100)])
        assert len(many.search("ada", 10)) == len(many.search("da", 10)) == 10

    def test_a_class_is_searched_as_well(self) -> None:
        pupils = [
            ("1", "Ann Cole", "5b"),
            ("2", "Łukasz Müller", "5b"),
            ("3", "Mia Müller", "15b"),
            ("4", "Bo 5", "7a"),
        ]
        school = Roster(
            [Subject(id, name, {"Class": f" {room} ", "Born": "5b"}) for id, name, room in pupils], ["Class"]
        )

        def found(query: str) -> list[tuple[str, str]]:
            return [(one.id, one.detail) for one in school.search(query)]

        assert found("5B") == [("1", "5b"), ("2", "5b"), ("3", "15b")]
        assert found("5b mül") == [("2", "5b"), ("3", "15b")]
        assert found("müller luk") == [("2", "")]
        assert found("5") == [("4", ""), ("1", "5b"), ("2", "5b"), ("3", "15b")], "a name comes before a class"
        assert found("7a") == [("4", "7a")]

    def test_what_a_class_adds_stands_behind_what_tells_namesakes_apart(self) -> None:
        pupils = [
            Subject("1", "Ann", {"class": "5b", "house": "Red"}, "Red"),
            Subject("2", "Ann", {"class": "5b"}, "5b"),
        ]
        assert [one.detail for one in Roster(pupils, ["class", "house"]).search("5b")] == ["Red, 5b", "5b"]

    def test_of_those_who_are_found_alike_who_is_not_done_comes_first(self) -> None:
        school = Roster([Subject(str(n), f"Ann {n}", {"class": "5b"}) for n in range(100)], ["class"])
        done = {str(n) for n in range(98)}
        assert [one.id for one in school.search("5b", 3, done.__contains__)] == ["98", "99", "0"]
        assert [one.id for one in school.search("ann", 3, done.__contains__)] == ["98", "99", "0"]
        assert [one.id for one in school.search("7", 3, done.__contains__)] == ["7", "70", "71"], "an id comes first"

    def test_a_scanner_with_caps_lock_finds_the_person(self, roster: Roster) -> None:
        assert roster.get("fq-7") == roster.get("FQ-7") != None  # noqa: E711
        assert roster.get("FQ-8") is None

    def test_zeros_that_a_spreadsheet_has_dropped_do_not_matter(self) -> None:
        listed = Roster([Subject("4711", "Ada"), Subject("00815", "Bo"), Subject("7", "Cy"), Subject("007", "Di")])
        for code, found in (("004711", "4711"), ("815", "00815"), ("7", "7"), ("007", "007")):
            subject = listed.get(code)
            assert subject is not None
            assert subject.id == found
        assert listed.get("07") is None

    def test_ids_that_differ_in_case_only_are_two_people(self) -> None:
        two = Roster([Subject("a1", "Ada"), Subject("A1", "Bo")])
        assert two.get("a1") == Subject("a1", "Ada")
        assert two.get("A1") == Subject("A1", "Bo")


class TestFollowingAFile:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "people.csv"
        path.write_text("id,name\n1,Ada\n")
        return path

    def test_a_change_is_taken_once_the_file_is_still(self, path: Path) -> None:
        source = RosterSource(str(path))
        path.write_text("id,name\n1,Ada\n2,Bo\n")
        assert not source.look(), "it may still be written to"
        assert source.look()
        assert len(source.roster) == 2
        assert not source.look()

    def test_a_file_that_is_half_written_changes_nothing(self, path: Path) -> None:
        source = RosterSource(str(path))
        path.write_text("id,name\n1,Ada\n2")
        source.look()
        assert not source.look()
        assert len(source.roster) == 1
        assert "is the file complete?" in source.error
        path.write_text("id,name\n1,Ada\n2,Bo\n")
        source.look()
        assert source.look()
        assert source.error == ""

    def test_a_file_that_is_gone_changes_nothing(self, path: Path) -> None:
        source = RosterSource(str(path))
        path.unlink()
        assert not source.look()
        assert len(source.roster) == 1
        assert "No such file" in source.error

    def test_a_file_that_is_back_as_it_was_is_no_error_any_more(self, path: Path) -> None:
        source = RosterSource(str(path))
        away = path.rename(path.with_name("away.csv"))
        source.look()
        assert source.error
        away.rename(path)
        source.look()
        assert not source.error

    def test_a_file_that_is_replaced_is_read(self, path: Path) -> None:
        source = RosterSource(str(path))
        other = path.with_name("new.csv")
        other.write_text("id,name\n9,Cy\n")
        os.replace(other, path)
        source.look()
        assert source.look()
        assert source.roster.get("9") is not None

    def test_a_url_is_read_through_fsspec(self, path: Path) -> None:
        source = RosterSource(f"file://{path}")
        path.write_text("id,name\n1,Ada\n2,Bo\n")
        assert source.look()
        assert len(source.roster) == 2

    def test_a_url_that_fails_does_not_show_its_password(self) -> None:
        with pytest.raises(RosterError) as caught:
            RosterSource("file:///none/user:secret@host.csv")
        assert "secret" not in str(caught.value)


def test_names_hold_nothing_that_a_window_cannot_show() -> None:
    (subject,), _ = parse_roster(b"id,name,class\n1,Ada\0 \x1b[31mLove\x07lace,3\0b\n")
    assert subject.name == "Ada [31mLove lace"
    assert subject.columns["class"] == "3 b"


def test_a_roster_in_latin_1_is_used_and_told_to_who_asks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("id,name\n1,Zoë\n".encode("latin-1"))
    source = RosterSource(str(path))
    assert source.roster.search("zoe")[0].name == "Zoë"
    assert "is not UTF-8; it was read as Windows-1252 (Latin-1)" in source.encoding_advice
    assert caplog.text == "", "no command repeats it"
