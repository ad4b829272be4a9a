"""`capture-station export`: what it prints, and when it fails."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
import typer

from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.cli.archive_commands import export_portraits
from capture_station.commands.export import export
from capture_station.config import SubjectSettings
from capture_station.errors import ArchiveError, RosterError
from capture_station.export.exporter import Choice

ADA = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="1", name="Ada")})


@pytest.fixture
def roster(tmp_path: Path) -> SubjectSettings:
    path = tmp_path / "people.csv"
    path.write_text("id,name\n1,Ada\n2,Bo\n3,Cy\n")
    return SubjectSettings(roster=str(path))


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.save(*sample_pictures((64, 80)), datetime(2026, 5, 4, tzinfo=timezone.utc), ADA)
    return archive


def test_it_says_how_many_and_who_is_missing(
    filled: Archive, tmp_path: Path, roster: SubjectSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(filled.folder, f"{tmp_path}/out.zip", Choice(), roster)
    assert capsys.readouterr().out == "1 exported, 0 unchanged, 0 failed, 2 of 3 people missing\n"
    assert export(filled.folder, f"{tmp_path}/out.zip", Choice(), SubjectSettings())
    assert capsys.readouterr().out == "0 exported, 1 unchanged, 0 failed\n"


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_it_says_whom_it_leaves_out_and_how_many_other_files_there_are(
    filled: Archive, tmp_path: Path, roster: SubjectSettings, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    original, portrait = sample_pictures((64, 80))
    doubtful = replace(portrait, measures=replace(portrait.measures, verdict="review", reasons=("blurred",)))
    bo = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="2", name="Bo")})
    filled.save(original, doubtful, datetime(2026, 5, 5, tzinfo=timezone.utc), bo)
    export(filled.folder, f"{tmp_path}/{name}", Choice(), roster)
    assert capsys.readouterr().out == "2 exported, 0 unchanged, 0 failed, 1 of 3 people missing\n"
    export(filled.folder, f"{tmp_path}/{name}", Choice(verdicts=frozenset({"ok"})), roster)
    assert capsys.readouterr().out == (
        "0 exported, 1 unchanged, 0 failed, 1 of 3 people missing, 1 left out by --state, "
        "1 other file stays in portraits\n"
    )


def test_one_day_can_be_exported(filled: Archive, tmp_path: Path) -> None:
    assert export(filled.folder / "2026-05-04", f"{tmp_path}/out", Choice(), SubjectSettings())
    assert (tmp_path / "out" / "portraits" / "1.jpg").is_file()


def test_a_capture_that_is_damaged_is_named_and_makes_it_fail(
    filled: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (capture_id,) = filled.ids()
    (filled.folder_of(capture_id) / "record.json").write_text("{")
    assert not export(filled.folder, f"{tmp_path}/out", Choice(), SubjectSettings())
    assert capture_id in capsys.readouterr().err


def test_a_portrait_that_was_kept_uncropped_is_named_and_marked(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    badge = {"preset": "badge", "preset_px": (300, 375)}
    bo = SubjectRecord(id="2", name="Bo")
    for minute, (subject, size_wh) in enumerate([(ADA.subject, (1280, 720)), (bo, (240, 300))]):
        circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={**badge, "subject": subject})
        archive.save(*sample_pictures(size_wh), datetime(2026, 5, 4, 12, minute, tzinfo=timezone.utc), circumstances)
    for _ in ("new", "unchanged"):
        assert export(archive.folder, f"{tmp_path}/out", Choice(), SubjectSettings())
        assert capsys.readouterr().err == "1 portrait is not in the preset's shape: Ada (1)\n"
        rows = csv.DictReader(io.StringIO((tmp_path / "out" / "manifest.csv").read_text("utf-8-sig")))
        assert {row["id"]: row["shape"] for row in rows} == {"1": "other", "2": "preset"}


def test_a_manifest_of_an_older_version_is_continued(filled: Archive, tmp_path: Path) -> None:
    export(filled.folder, f"{tmp_path}/out", Choice(), SubjectSettings())
    manifest = tmp_path / "out" / "manifest.csv"
    lines = manifest.read_text("utf-8-sig").splitlines()
    manifest.write_text("\n".join(line.rpartition(",")[0] for line in lines) + "\n", "utf-8-sig")
    export(filled.folder, f"{tmp_path}/out", Choice(), SubjectSettings())
    assert manifest.read_text("utf-8-sig").splitlines() == lines


def test_a_folder_without_an_archive_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="there is no archive here"):
        export(tmp_path, f"{tmp_path}/out", Choice(), SubjectSettings())
    assert not (tmp_path / "out").exists()


def test_a_roster_with_a_mistake_says_how_to_export_all_the_same(
    filled: Archive, tmp_path: Path, roster: SubjectSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(roster.roster.get_secret_value()).write_text("id,name\n1,Ada\n1,Bo\n")
    config = tmp_path / "station.yaml"
    config.write_text(
        f"archive: {{folder: {filled.folder}}}\nsubjects: {{mode: required, roster: {tmp_path}/people.csv}}\n"
    )
    with pytest.raises(RosterError, match=r"line 3 .*; nothing was exported: .* --set 'subjects\.roster=\"\"' "):
        export_portraits(f"{tmp_path}/out", config=config)
    assert not (tmp_path / "out").exists()
    with pytest.raises(typer.Exit) as ended:
        export_portraits(f"{tmp_path}/out", config=config, overrides=['subjects.roster=""'])
    assert ended.value.exit_code == 0
    assert capsys.readouterr().out == "1 exported, 0 unchanged, 0 failed\n"


def test_a_roster_that_is_not_there_is_one_line(filled: Archive, tmp_path: Path) -> None:
    with pytest.raises(RosterError, match=r"people\.csv cannot be read"):
        export(filled.folder, f"{tmp_path}/out", Choice(), SubjectSettings(roster=f"{tmp_path}/people.csv"))
