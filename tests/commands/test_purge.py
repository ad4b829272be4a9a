"""Purged captures are removed, also from reports, and everything that stays is printed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import read_deletions
from capture_station.archive.names import RECORD
from capture_station.archive.record import ConsentRecord, Record, SubjectRecord, read_record
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.cli.archive_commands import purge_captures
from capture_station.commands.purge import purge, purge_subject
from capture_station.config import ArchiveSettings, SubjectSettings
from capture_station.errors import ArchiveError, SubjectError
from capture_station.reports.session import read_session
from capture_station.reports.writing import write_report
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject
from tests.export.exporting import export, files, manifest

ORIGINAL, PORTRAIT = sample_pictures((32, 24))
Save = Callable[[float], str]


@pytest.fixture
def save(archive: Archive) -> Save:
    def one(days_ago: float) -> str:
        taken_at = datetime.now().astimezone() - timedelta(days=days_ago)
        return archive.save(ORIGINAL, PORTRAIT, taken_at, SAMPLE_CIRCUMSTANCES).id

    return one


def test_captures_are_purged_by_date(archive: Archive, save: Save, capsys: pytest.CaptureFixture[str]) -> None:
    old, young = save(31), save(29)
    assert list(purge(archive.settings, 30, remove=False)) == [old]
    assert set(archive.ids()) == {old, young}
    assert list(purge(archive.settings, 30, remove=True)) == [old]
    assert list(archive.ids()) == [young]
    assert capsys.readouterr().err == "not removed: 1 captures with a newer date or without one\n"


def test_a_damaged_capture_is_dated_by_its_id(archive: Archive, save: Save) -> None:
    old, young = save(31), save(29)
    for capture_id in (old, young):
        (archive.folder_of(capture_id) / RECORD).write_text("{")
    assert list(purge(archive.settings, 30, remove=True)) == [old]
    assert list(archive.ids()) == [young]
    assert list(purge(archive.settings, 0, remove=True)) == [young]


def test_purging_everything_leaves_nothing_and_prints_nothing(
    archive: Archive, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = {save(days_ago) for days_ago in (0.01, 1, 2)}
    day = archive.folder_of(max(ids)).parent
    for folder in (archive.folder, day):
        write_report(read_session(folder), folder, "en")
    assert set(purge(archive.settings, 0, remove=True)) == ids
    assert {path.name for path in archive.folder.iterdir()} == {".unfinished"}
    assert not capsys.readouterr().err


def test_what_was_not_removed_is_printed(archive: Archive, save: Save, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ahead = save(2), save(-2)
    (archive.folder_of(old) / "thesis.txt").write_text("mine")
    list(purge(archive.settings, 0, remove=True))
    told = capsys.readouterr().err
    assert "1 captures with a newer date" in told
    assert f"{archive.folder}/.unfinished/{old}" in told
    assert told.count("\n") == 1


def test_what_is_left_of_a_second_deletion_is_named(
    archive: Archive, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    old = save(2)
    first = archive.folder / ".unfinished" / old
    first.mkdir()
    (first / "thesis.txt").write_text("left of the first deletion")
    (archive.folder_of(old) / "notes.txt").write_text("mine")
    list(purge(archive.settings, 1, remove=True))
    assert f"in {first} and 1 more" in capsys.readouterr().err
    (first / "thesis.txt").unlink()
    first.rmdir()
    assert [path.name for path in first.parent.iterdir()] == [f"{old}.1"]


def test_only_reports_that_show_a_purged_capture_are_removed(archive: Archive, save: Save) -> None:
    old, young = save(2), save(0.5)
    report, _ = write_report(read_session(archive.folder_of(young).parent), archive.folder, "en")
    (archive.folder / "report-3.html").write_text(f'<figure id="p-{old}">mine')
    list(purge(archive.settings, 1, remove=True))
    assert report.exists()
    list(purge(archive.settings, 0, remove=True))
    assert sorted(path.name for path in archive.folder.iterdir()) == [".unfinished", "report-3.html"]


@pytest.mark.parametrize("stops_at", ["report.html", "report.png"])
def test_no_face_stays_in_a_report_that_was_interrupted(archive: Archive, save: Save, stops_at: str) -> None:
    save(1)
    (archive.folder / f".{stops_at}.partial").mkdir()  # It stands where the file is written.
    with pytest.raises(ArchiveError, match="cannot be written"):
        write_report(read_session(archive.folder), archive.folder, "en")
    list(purge(archive.settings, 0, remove=True))
    assert [path.name for path in archive.folder.rglob("*report*")] == [f".{stops_at}.partial"]


def test_leftovers_of_a_report_are_removed_unless_a_page_says_that_they_show_others(
    archive: Archive, save: Save
) -> None:
    old, young = save(2), save(0.5)
    page, sheet = write_report(read_session(archive.folder_of(young).parent), archive.folder, "en")
    for name in ("report-2.png", ".report-3.png.partial", ".report.png.partial", ".report-4.html.partial"):
        (archive.folder / name).write_bytes((page if "html" in name else sheet).read_bytes())
    list(purge(archive.settings, 1, remove=True))
    left = {path.name for path in archive.folder.glob("*report*")}
    assert left == {"report.html", "report.png", ".report.png.partial", ".report-4.html.partial"}
    list(purge(archive.settings, 0, remove=True))
    assert not list(archive.folder.glob("*report*"))
    assert not archive.folder_of(old).exists()


def test_an_unmounted_archive_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"no archive here.*archive\.folder"):
        list(purge(ArchiveSettings(folder=tmp_path / "stick" / "archive"), 0, remove=True))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("offset_h", [-12, 0, 14])
def test_the_utc_offset_counts_near_the_limit(archive: Archive, offset_h: int) -> None:
    zone = timezone(timedelta(hours=offset_h))
    now = datetime.now(zone)
    ids = [
        archive.save(ORIGINAL, PORTRAIT, now - timedelta(days=30, minutes=minutes), SAMPLE_CIRCUMSTANCES).id
        for minutes in (-60 * 23, -5, 5, 60 * 23, 60 * 49)
    ]
    assert list(purge(archive.settings, 30, remove=False)) == ids[:1:-1]
    assert list(purge(archive.settings, 30, remove=True)) == ids[:1:-1]
    assert list(archive.ids()) == ids[:2]


def test_the_record_decides_what_is_removed(archive: Archive, save: Save) -> None:
    old = save(90)
    path = archive.folder_of(old) / RECORD
    record = read_record(path.parent)
    assert isinstance(record, Record)
    path.write_text(record.model_copy(update={"taken_at": datetime.now().astimezone()}).model_dump_json())
    assert list(purge(archive.settings, 30, remove=True)) == []
    assert list(archive.ids()) == [old]


def test_all_captures_of_a_person_are_purged_and_reports_with_them(archive: Archive, save: Save) -> None:
    mine, other = save(1), save(1)
    archive.assign(mine, SubjectRecord(id="20417", name="Ada Lovelace"), "window")
    day = archive.folder_of(mine).parent
    write_report(read_session(day), day, "en")
    assert list(purge_subject(archive.settings, "20417", remove=False)) == [mine]
    assert list(purge_subject(archive.settings, "20417", remove=True)) == [mine]
    assert list(archive.ids()) == [other]
    assert not list(day.glob("report*"))
    assert read_deletions(archive.folder)[0].by == "command"


def test_the_command_says_whether_a_person_is_deleted(
    archive: Archive, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.assign(save(1), SubjectRecord(id="20417", name="Ada Lovelace"), "window")

    def outcome(yes: bool) -> str:
        overrides = [f"archive.folder={archive.folder}"]
        purge_captures(days=None, subject="20417", config=None, overrides=overrides, yes=yes)
        return capsys.readouterr().err

    assert outcome(yes=False) == "1 capture found, nothing was removed; add --yes to remove\n"
    assert outcome(yes=True) == "1 capture removed\n"
    told, outcome_again = outcome(yes=False).splitlines()
    assert told == f"all captures of 20417 were deleted on {datetime.now():%Y-%m-%d}"
    assert outcome_again == "0 captures found, nothing was removed"


def test_a_portrait_that_was_given_away_is_named_and_forgets_whose_it_was(
    archive: Archive, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    agreed = ConsentRecord(text_sha256="0" * 64, agreed_at=datetime.now().astimezone())
    given, own = save(1), save(2)
    for whose in ("20417", "20418"):
        archive.assign(given, SubjectRecord(id=whose), "window", agreed)
    archive.assign(own, SubjectRecord(id="20417"), "window", agreed)
    assert list(purge_subject(archive.settings, "20417", remove=False)) == [own]
    assert "20417" in (archive.folder_of(given) / RECORD).read_text()
    assert given in capsys.readouterr().err
    assert list(purge_subject(archive.settings, "20417", remove=True)) == [own]
    assert f"look whether they show this person: {given}\n" in capsys.readouterr().err
    record = read_record(archive.folder_of(given))
    assert isinstance(record, Record)
    assert record.subject is not None
    assert (record.subject.id, record.consent) == ("20418", agreed)
    assert [(one.from_id, one.to_id, one.from_consent) for one in record.assignments] == [
        (None, None, None),
        (None, "20418", None),
    ]
    assert "20417" not in (archive.folder_of(given) / RECORD).read_text()


def test_a_report_that_shows_a_portrait_under_the_name_before_is_removed(archive: Archive, save: Save) -> None:
    given, other = save(1), save(3)
    archive.assign(given, SubjectRecord(id="20417", name="Ada Lovelace"), "window")
    for day in (archive.folder_of(given).parent, archive.folder_of(other).parent):
        write_report(read_session(day), day, "en")
    archive.assign(given, SubjectRecord(id="20418", name="Bo"), "window")
    list(purge_subject(archive.settings, "20417", remove=True))
    assert [path.parent.name for path in archive.folder.rglob("report.html")] == [archive.folder_of(other).parent.name]


def test_a_person_who_has_only_been_on_portraits_of_others_is_forgotten(archive: Archive, save: Save) -> None:
    given = save(1)
    for whose in (SubjectRecord(id="20417"), None):
        archive.assign(given, whose, "web")
    assert list(purge_subject(archive.settings, "20417", remove=True)) == []
    assert "20417" not in (archive.folder_of(given) / RECORD).read_text()


def test_a_person_is_found_by_an_id_as_the_scanner_takes_it(archive: Archive, save: Save, tmp_path: Path) -> None:
    mine = save(1)
    archive.assign(mine, SubjectRecord(id="004110", name="Ada Lovelace"), "window")
    assert list(purge_subject(archive.settings, "4110", remove=False)) == [mine]
    roster = tmp_path / "people.csv"
    roster.write_text("id,name\n004110,Ada\n4110,Bo\n")
    # With a roster that has both, each is only found by their own id.
    assert list(purge_subject(archive.settings, "4110", False, SubjectSettings(roster=str(roster)))) == []
    assert list(purge_subject(archive.settings, "4110", remove=True)) == [mine]
    assert read_deletions(archive.folder)[0].subject == "004110"


@pytest.mark.parametrize("remove", [False, True])
def test_an_id_that_nobody_has_is_an_error_and_no_deletion(archive: Archive, save: Save, remove: bool) -> None:
    archive.assign(save(1), SubjectRecord(id="20417", name="Ada Lovelace"), "window")
    with pytest.raises(SubjectError, match="no captures of '20471'"):
        list(purge_subject(archive.settings, "20471", remove))
    assert not read_deletions(archive.folder)


def test_all_spellings_of_an_id_are_purged_only_where_the_roster_says_that_they_are_one_person(
    archive: Archive, save: Save, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed, scanned = save(2), save(1)
    archive.assign(typed, SubjectRecord(id="8888"), "window")
    archive.assign(scanned, SubjectRecord(id="00008888"), "window")
    assert list(purge_subject(archive.settings, "8888", remove=False)) == [typed]
    assert "captures of 00008888 stay: if that is the same person, purge --subject 00008888" in capsys.readouterr().err
    roster = tmp_path / "people.csv"
    roster.write_text("id,name\n00008888,Bo\n")
    subjects = SubjectSettings.model_validate({"mode": "required", "roster": str(roster)})
    assert set(purge_subject(archive.settings, "8888", remove=True, subjects=subjects)) == {typed, scanned}
    assert list(archive.ids()) == []


def test_an_export_takes_back_who_was_deleted_under_another_spelling_than_the_rosters(
    archive: Archive, save: Save, tmp_path: Path
) -> None:
    archive.assign(save(1), SubjectRecord(id="8888"), "window")
    path, out = tmp_path / "people.csv", tmp_path / "out"
    path.write_text("id,name\n00008888,Bo\n")
    roster = Roster([Subject("00008888", "Bo")])
    export(archive, out, roster)
    assert "portraits/00008888.jpg" in files(out)
    assert len(list(purge_subject(archive.settings, "8888", True, SubjectSettings(roster=str(path))))) == 1
    export(archive, out, roster)
    assert "portraits/00008888.jpg" not in files(out)
    assert manifest(out) == []


@pytest.mark.parametrize("works", [True, False])
def test_sheets_that_wait_at_the_printer_are_named_after_a_deletion(
    archive: Archive,
    save: Save,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    works: bool,
) -> None:
    waiting = tmp_path / "waiting"
    waiting.write_text("Booth-12 ada 1024 Mon May  4 12:00:00 2026\n")
    program = tmp_path / "lpstat"  # As CUPS answers.
    program.write_text(
        f"""#!/bin/sh
{"" if works else "exit 1"}
case "$*" in *-p*) exec echo "printer Booth is idle.";; *) exec cat "{waiting}";; esac
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    archive.assign(save(1), SubjectRecord(id="20417", name="Ada Lovelace"), "window")

    def told(yes: bool) -> str:
        overrides = [f"archive.folder={archive.folder}", "printing.printer=Booth"]
        purge_captures(days=None, subject="20417", config=None, overrides=overrides, yes=yes)
        return capsys.readouterr().err

    assert "printer" not in told(yes=False)
    if works:
        assert "sheets wait at the printer: Booth-12;" in (said := told(yes=True))
        assert "`cancel Booth-12`" in said
        waiting.write_text("")
        assert "printer" not in told(yes=True)
    else:
        assert "look yourself whether sheets with this person wait at the printer: printer Booth" in told(yes=True)
