"""`capture-station doctor`: what it says about the archive."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timezone
from pathlib import Path

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.commands.doctor import Finding, Outcome, check_machine
from capture_station.config import StationSettings

ADA = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="20417", name="Ada Lovelace")})


def about_deletions(settings: StationSettings) -> list[Finding]:
    return [finding for finding in check_machine(settings) if finding.subject == "deletions"]


def test_somebody_who_is_back_from_a_backup_is_named(archive: Archive, tmp_path: Path) -> None:
    demo = {"kind": "demo", "size_px": [640, 480]}
    settings = StationSettings.model_validate(
        {"archive": {"folder": archive.folder}, "camera": demo, "remote": {"socket": str(tmp_path / "control")}}
    )
    taken = archive.save(*sample_pictures((32, 24)), datetime(2026, 5, 4, tzinfo=timezone.utc), ADA)
    folder = archive.folder_of(taken.id)
    shutil.copytree(folder, tmp_path / "backup")
    delete_subject(archive, "20417", "web")
    (nobody,) = about_deletions(settings)
    assert nobody.outcome is Outcome.OK
    shutil.copytree(tmp_path / "backup", folder)
    (back,) = about_deletions(settings)
    assert back.outcome is Outcome.NOTE
    assert back.detail.startswith(f"20417 was deleted on {date.today()} and has pictures from before that")
