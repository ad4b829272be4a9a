"""What an export leaves out though it was asked for: it says how many, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.commands.export import export as export_command
from capture_station.config import SubjectSettings
from capture_station.export.exporter import Choice
from tests.export.exporting import ADA, BO, export, files, manifest, take


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
    line, more = said(archive, out, capsys, named_only=True)
    assert line == "0 exported, 1 unchanged, 0 failed, 1 left out as without a name\n"
    assert more == f"nobody said whose portraits these are: {nobodys.id}\n"
    assert files(out) == {"portraits/20417.jpg", "manifest.csv"}
    archive.assign(nobodys.id, BO, "web")
    assert said(archive, out, capsys, named_only=True) == ("1 exported, 1 unchanged, 0 failed\n", "")


def test_a_demo_that_stood_in_for_a_camera_is_left_out(
    archive: Archive, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = take(archive, None)
    take(archive, None, 1, camera="demo")
    line, more = said(archive, out, capsys, demo_too=False)
    assert line == "1 exported, 0 unchanged, 0 failed, 1 left out as the demo camera's\n"
    assert "camera.kind: demo" in more
    assert [row["capture"] for row in manifest(out)] == [real.id]
    assert said(archive, out, capsys, demo_too=True) == ("1 exported, 1 unchanged, 0 failed\n", "")
