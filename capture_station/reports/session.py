"""Reads the records of a session: all captures of an archive or of one day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from capture_station.archive.capture_ids import capture_folders
from capture_station.archive.presence import is_folder
from capture_station.archive.record import Damaged, Record, read_record
from capture_station.errors import PhotoError
from capture_station.frames import Measures
from capture_station.release import ALL_KEPT, BY_DEMO, Lack, ReleaseRule


@dataclass(frozen=True, slots=True)
class MadeWith:
    """Camera, model, preset and version, in words."""

    camera: str
    model: str
    preset: str
    software: str

    @classmethod
    def of(cls, record: Record) -> MadeWith:
        segmenter = record.segmenter
        return cls(
            camera=f"{record.camera.name} {record.size_wh[0]}×{record.size_wh[1]}",  # noqa: RUF001
            model=" ".join(filter(None, (segmenter.kind, segmenter.model, segmenter.sha256[:8]))),
            preset=record.preset,
            software=f"capture-station {record.software}",
        )


@dataclass(frozen=True, slots=True)
class Capture:
    """What a report needs of one capture. Whole records of 50,000 captures would take 400 MB."""

    folder: Path
    taken_at: datetime
    kept: bool
    measures: Measures
    portrait_name: str
    made_with: MadeWith
    subject_id: str = ""
    """Whose portrait it is; empty where nobody said so."""
    subject_name: str = ""
    lacks: Lack = ""
    """What somebody has to add: a name, or the person's consent."""
    retaken: bool = False
    """Another portrait took its place, or somebody decided against it."""

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def portrait(self) -> Path:
        return self.folder / self.portrait_name

    @property
    def record(self) -> Record | Damaged:
        """The whole record, read again."""
        return read_record(self.folder)


Take = Literal["newest", "earlier", "not-kept"]
"""Of a person's kept portraits the newest counts, and the others are ``earlier``. What is ``not-kept`` was taken again,
or nobody decided about it."""


def newest_kept(captures: Sequence[Capture]) -> dict[str, Path]:
    """The folder of each person's newest kept capture, by the person's id; the captures are in order, oldest first."""
    return {one.subject_id: one.folder for one in captures if one.kept and one.subject_id}


def take_of(capture: Capture, newest: Mapping[str, Path]) -> Take:
    """Whether a capture counts, as ``newest_kept`` has it. Nobody's captures all count if they are kept."""
    if not capture.kept:
        return "not-kept"
    return "newest" if newest.get(capture.subject_id, capture.folder) == capture.folder else "earlier"


@dataclass(frozen=True, slots=True)
class Session:
    """All captures of an archive or of one day."""

    folder: Path
    captures: tuple[Capture, ...]
    """Oldest first."""
    damaged: tuple[Damaged, ...]
    demo: int = 0
    """How many captures of the demo camera are left out."""

    @property
    def days(self) -> tuple[date, ...]:
        """The first day and the last, which may be the same; empty if no record could be read."""
        return tuple(capture.taken_at.date() for capture in (*self.captures[:1], *self.captures[-1:]))


def read_session(folder: Path, rule: ReleaseRule = ALL_KEPT) -> Session:
    """Read the records in an archive's folder or in the folder of one day.

    Args:
        rule: Whether captures of the demo camera are only counted, and what portraits need.

    Raises:
        PhotoError: There is no such folder, or no capture in it.
        ArchiveError: It cannot be read.
    """
    if not is_folder(folder):
        raise PhotoError(f"{folder}: there is no such folder; name an archive or one of its days")
    captures, damaged, demo = [], [], 0
    made_with = dict[MadeWith, MadeWith]()
    for place in capture_folders(folder):
        record = read_record(place)
        if isinstance(record, Damaged):
            damaged += [record] if place.is_dir() else []  # It may have been removed just now.
        elif rule.left_out_as(record) == BY_DEMO:
            demo += 1
        elif not any(file.role == "portrait" for file in record.files):
            damaged.append(Damaged(record.id, f"{place}: the record names no portrait"))
        else:
            # Captures that were made alike share one value.
            made = MadeWith.of(record)
            made = made_with.setdefault(made, made)
            portrait = record.file("portrait").name
            subject = record.subject
            whose = ("", "") if subject is None else (subject.id, subject.name)
            whole = (record.taken_at, record.kept, record.measures, portrait, made, *whose, rule.lacks(record))
            captures.append(Capture(place, *whole, retaken=record.retaken))
    if demo and not captures and not damaged:
        raise PhotoError(f"{folder}: the demo camera took all captures here; --set camera.kind=demo shows them")
    if not captures and not damaged:
        raise PhotoError(f"{folder}: there is no capture here; name an archive or one of its days")
    return Session(folder.resolve(), tuple(captures), tuple(damaged), demo)
