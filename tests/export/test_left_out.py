"""What an export tells: how many portraits it leaves out, and whose it should not hand on unseen."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import typer

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.record import ConsentRecord
from capture_station.cli.archive_commands import export_portraits
from capture_station.commands.export import export as export_command
from capture_station.config import SubjectSettings
from capture_station.export.exporter import Choice
from capture_station.release import ReleaseRule
from tests.export.exporting import ADA, BO, NOON, export, files, manifest, take


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def said(archive: Archive, out: Path, capsys: pytest.CaptureFixture[str], **choice: object) -> tuple[str, str]:
    """What the command prints on stdout and on stderr."""
    export_command(archive.folder, str(out), Choice(**choice), SubjectSettings())  # type: ignore[arg-type]
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_portraits_that_nobody_kept_are_counted(
    archive: Archive, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for undecided in (take(archive, None), take(archive, BO, 1), take(archive, ADA, 2)):
        archive.set_kept(undecided.id, False)
    take(archive, ADA, 3)  # A retake: nobody misses the one before.
    take(archive, None, 4)
    assert said(archive, out, capsys) == ("2 exported, 0 unchanged, 0 failed, 2 left out as not kept\n", "")
    nobodys = said(archive, out, capsys, preset="square")[0]
    assert "not kept" not in nobodys  # They were not asked for.


def test_where_a_name_is_required_a_portrait_of_nobody_is_left_out_and_named(
    archive: Archive, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(archive, ADA)
    nobodys = take(archive, None, 1)
    export(archive, out)
    assert len(manifest(out)) == 2
    line, more = said(archive, out, capsys, rule=ReleaseRule(named_only=True))
    assert line == "0 exported, 1 unchanged, 0 failed, 1 left out as without a name\n"
    assert more == f"not exported, since nobody said whose they are: {nobodys.id}; say so on the page\n"
    assert files(out) == {"portraits/20417.jpg", "manifest.csv"}
    archive.assign(nobodys.id, BO, "web")
    assert said(archive, out, capsys, rule=ReleaseRule(named_only=True)) == ("1 exported, 1 unchanged, 0 failed\n", "")


def test_a_demo_that_stood_in_for_a_camera_is_left_out(
    archive: Archive, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = take(archive, None)
    take(archive, None, 1, camera="demo")
    line, more = said(archive, out, capsys, rule=ReleaseRule(demo_too=False))
    assert line == "1 exported, 0 unchanged, 0 failed, 1 left out as the demo camera's\n"
    assert "--set camera.kind=demo" in more
    assert [row["capture"] for row in manifest(out)] == [real.id]
    assert said(archive, out, capsys) == ("1 exported, 1 unchanged, 0 failed\n", "")


def test_portraits_without_consent_are_named(archive: Archive, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agreed = ConsentRecord(text_sha256="0" * 64, agreed_at=NOON)
    archive.assign(take(archive, None).id, ADA, "window", agreed)
    given = archive.assign(take(archive, None, 1).id, BO, "web", agreed)
    archive.assign(take(archive, ADA, 2).id, None, "web")
    assert "consent" not in "".join(said(archive, out, capsys, rule=ReleaseRule(asks_consent=True)))
    archive.assign(given.id, ADA, "web")  # She agreed, but this is not the portrait that she agreed to.
    line, more = said(archive, out, capsys, rule=ReleaseRule(asks_consent=True))
    assert line.endswith("1 without consent\n")
    assert "without consent: Ada Lovelace (20417)\n" in more
    assert "consent" not in "".join(said(archive, out, capsys))  # Nobody is asked to agree.


@pytest.mark.parametrize(
    ("removed", "why"),
    [(True, "there is deleted, or of another booth, and not in this archive"), (False, "is not wanted now")],
)
def test_an_older_portrait_that_counts_again_is_told(
    archive: Archive, out: Path, capsys: pytest.CaptureFixture[str], removed: bool, why: str
) -> None:
    take(archive, ADA)
    newest = take(archive, ADA, 1)
    export(archive, out)
    if removed:
        archive.remove(newest.id)
    else:
        archive.set_kept(newest.id, False)
    line, more = said(archive, out, capsys)
    assert line.startswith("1 exported")
    assert more == f"20417: the newer portrait {why}, so that of 2026-05-04 12:00 counts\n"
    assert said(archive, out, capsys)[1] == ""


def test_somebody_who_was_deleted_and_is_back_is_named(
    archive: Archive, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = archive.folder_of(take(archive, ADA).id)
    shutil.copytree(folder, tmp_path / "backup")
    delete_subject(archive, ADA.id, "web")
    shutil.copytree(tmp_path / "backup", folder)
    line, more = said(archive, out, capsys)
    assert line.startswith("1 exported")
    assert f"20417 was deleted on {date.today()} and has pictures from before that" in more
    assert "capture-station purge --subject 20417 --yes" in more


def test_the_configuration_decides_and_its_absence_is_told(
    archive: Archive, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(archive, ADA)
    take(archive, None, 1)
    take(archive, BO, 2, camera="demo")

    def told(*settings: str, config: Path | None = None) -> str:
        with pytest.raises(typer.Exit):
            export_portraits(str(out), folder=archive.folder, config=config, overrides=list(settings))
        return "".join(capsys.readouterr())

    without = told()
    assert "2 exported, 0 unchanged, 0 failed, 1 left out as the demo camera's" in without
    assert "no configuration was read: nobody knows who is missing; add --config station.yaml" in without
    config = tmp_path / "station.yaml"
    config.write_text("subjects: {mode: required}\ncamera: {kind: demo}\n")
    configured = told(config=config)
    assert "1 exported, 1 unchanged, 0 failed, 1 left out as without a name" in configured
    assert "no configuration" not in configured


def test_whoever_the_list_says_no_of_by_now_is_named(
    archive: Archive, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(archive, ADA)
    take(archive, BO, 1)
    people = tmp_path / "people.csv"
    people.write_text("id,name,Photo consent\n20417,Ada Lovelace,no\n20418,Bo,yes\n")
    export_command(archive.folder, str(out), Choice(), SubjectSettings(mode="required", roster=str(people)))
    line, more = capsys.readouterr()
    assert line == "2 exported, 0 unchanged, 0 failed, 0 of 1 people missing, 1 not permitted by now\n"
    assert more == (
        "exported, although the list no longer permits photographs of Ada Lovelace (20417) 'Photo consent: no'; "
        "capture-station purge --subject ID --yes deletes a person's portraits\n"
    )
