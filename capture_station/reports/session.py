"""Reads the records of a session: all captures of an archive or of one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from capture_station.archive.capture_ids import capture_folders
from capture_station.archive.record import Damaged, Record, read_record
from capture_station.errors import PhotoError


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture and its folder."""

    record: Record
    folder: Path

    @property
    def portrait(self) -> Path:
        return self.folder / self.record.file("portrait").name


@dataclass(frozen=True, slots=True)
class Session:
    """All captures of an archive or of one day."""

    folder: Path
    captures: tuple[Capture, ...]
    """Oldest first."""
    damaged: tuple[Damaged, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """The first day and the last, which may be the same; empty if no record could be read."""
        return tuple(capture.record.taken_at.date() for capture in (*self.captures[:1], *self.captures[-1:]))


def read_session(folder: Path) -> Session:
    """Read the records in an archive's folder or in the folder of one day.

    Raises:
        PhotoError: There is no such folder, or no capture in it.
    """
    if not folder.is_dir():
        raise PhotoError(f"{folder}: there is no such folder; name an archive or one of its days")
    captures, damaged = [], []
    for place in capture_folders(folder):
        record = read_record(place)
        if isinstance(record, Damaged):
            damaged.append(record)
        elif not any(file.role == "portrait" for file in record.files):
            damaged.append(Damaged(record.id, f"{place}: the record names no portrait"))
        else:
            captures.append(Capture(record, place))
    if not captures and not damaged:
        raise PhotoError(f"{folder}: there is no capture here; name an archive or one of its days")
    return Session(folder.resolve(), tuple(captures), tuple(damaged))
