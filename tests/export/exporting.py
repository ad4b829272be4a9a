"""Portraits of Ada and Bo, and what an export makes of them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.export.destination import open_destination
from capture_station.export.exporter import Choice, Export, Outcome
from capture_station.subjects.roster import Roster

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
ADA = SubjectRecord(id="20417", name="Ada Lovelace", columns={"class": "3b"})
BO = SubjectRecord(id="20418", name="Bo")
ORIGINAL, PORTRAIT = sample_pictures((640, 800))
DOUBTFUL = replace(PORTRAIT, measures=replace(PORTRAIT.measures, verdict="review", reasons=("blurred",)))


def take(
    archive: Archive, subject: SubjectRecord | None, minutes: int = 0, preset: str = "free", camera: str = "webcam"
) -> Record:
    device = SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": camera})
    circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject, "preset": preset, "camera": device})
    return archive.save(ORIGINAL, PORTRAIT, NOON + timedelta(minutes=minutes), circumstances)


def export(archive: Archive, to: Path | str, roster: Roster | None = None, **choice: object) -> list[Outcome]:
    destination = open_destination(str(to))
    run = Export(archive.folder, destination, Choice(**choice), roster)  # type: ignore[arg-type]
    outcomes = list(run.run())
    destination.close()
    return outcomes


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def manifest(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "manifest.csv").read_text("utf-8-sig"), newline="")))
