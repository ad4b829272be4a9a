"""The part of a record that lists, uploads and retention need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from capture_station.archive.record import Damaged, Record
from capture_station.frames import Flaw


@dataclass(frozen=True, slots=True)
class CaptureSummary:
    """One capture, as a list shows it."""

    id: str
    taken_at: datetime | None
    """Aware local time; None if the record is damaged."""
    verdict: str
    """``ok``, ``review`` or ``damaged``."""
    reasons: tuple[str, ...]
    kept: bool = True
    """False after a retake, and for a doubtful portrait that nobody decided to keep."""
    retaken: bool = False
    """Another portrait took its place, or somebody decided against it."""
    by_demo: bool = False
    """Whether the demo camera took it."""
    uploaded: bool = False
    """Whether it is marked as uploaded."""
    subject: str | None = None
    """Id of the person in the picture; None if nobody named one."""
    subject_name: str = ""
    agreed: bool = False
    """Whether the record has the person's consent."""
    flaws: tuple[Flaw, ...] = ()
    """The reasons as codes."""
    pictures: Mapping[str, str] = field(default_factory=dict)
    """File names by role: original, portrait, matte."""


def summarise(record: Record | Damaged, uploaded: bool) -> CaptureSummary:
    """The summary of a capture.

    Args:
        record: The capture's record.
        uploaded: Whether the capture is marked as uploaded.
    """
    if isinstance(record, Damaged):
        return CaptureSummary(record.id, None, "damaged", (record.reason,), uploaded=uploaded)
    return CaptureSummary(
        id=record.id,
        taken_at=record.taken_at,
        verdict=record.measures.verdict,
        reasons=record.measures.reasons,
        kept=record.kept,
        retaken=record.retaken,
        by_demo=record.by_demo,
        uploaded=uploaded,
        subject=record.subject.id if record.subject is not None else None,
        subject_name=record.subject.name if record.subject is not None else "",
        agreed=record.agreed,
        flaws=record.measures.flaws,
        pictures={role: record.file(role).name for role in dict.fromkeys(file.role for file in record.files)},
    )
