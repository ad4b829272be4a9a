"""Captures of the archive as frontends see them: values instead of records and paths inside folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import remove_reports
from capture_station.archive.record import Damaged, Record
from capture_station.archive.summary import CaptureSummary, summarise
from capture_station.errors import DiskFull
from capture_station.release import ReleaseRule
from capture_station.station.status import Guide, Person, Saved

PersonOf: TypeAlias = Callable[[str, str, bool], Person]
"""The person of an id, a name and whether they agreed; roster and settings know what records do not."""


def listed(archive: Archive, limit: int, before: str | None, person_of: PersonOf, rule: ReleaseRule) -> list[Saved]:
    """Captures, newest first: at most ``limit``, only such with ids below ``before``.

    Raises:
        ArchiveError: The archive is away or cannot be read.
    """
    ids = archive.ids(before)
    saved = list[Saved]()
    # Captures that vanish meanwhile leave gaps to fill.
    while len(saved) < limit and (some := list(islice(ids, limit - len(saved)))):
        saved += (_of_summary(archive, summary, person_of, rule) for summary in archive.summaries(some))
    return saved


def whole(archive: Archive, capture_id: str, person_of: PersonOf, rule: ReleaseRule) -> Saved | None:
    """One capture with its record; None where there is none."""
    record = archive.find(capture_id)
    if record is None:
        return None
    saved = _of_summary(archive, summarise(record, uploaded=False), person_of, rule)
    if isinstance(record, Damaged):
        return saved
    # By way of JSON: ``model_dump`` keeps NaN, which JSON can carry only as a string.
    return replace(saved, record=json.loads(record.model_dump_json()), guide=guide_of(record))


def remove(archive: Archive, capture_id: str) -> bool:
    """Remove a capture and the reports in the archive that show it. False if there is no such capture.

    Raises:
        ArchiveError: Capture or report could not be removed, and the capture is still there.
    """
    if archive.find(capture_id) is not None:
        # First: a report can be made again, but one that is left over stays unnoticed.
        remove_reports(archive, [capture_id])
        if (archive.folder / names.REMOVED).exists():
            # Before it goes: else the upload takes it for purged by age. A full disk must not keep it.
            with suppress(DiskFull):
                archive.append_to_file(names.REMOVED, f"{capture_id}\n".encode())
    return archive.remove(capture_id)


def recorded_person(record: Record, person_of: PersonOf) -> Person | None:
    """Whose portrait it is; None where nobody is named."""
    subject = record.subject
    return None if subject is None else person_of(subject.id, subject.name, record.consent is not None)


def guide_of(record: Record) -> Guide | None:
    """Where the head is in a portrait, and what its preset allows; None without a face or a preset."""
    measures, allowed = record.measures, record.preset_ranges
    if allowed is None or measures.eye_line is None or measures.head_height is None or measures.centre is None:
        return None
    return Guide(measures.eye_line, measures.head_height, allowed.eye_line, allowed.head_height, measures.centre)


def _of_summary(archive: Archive, summary: CaptureSummary, person_of: PersonOf, rule: ReleaseRule) -> Saved:
    folder = archive.folder_of(summary.id)
    return Saved(
        id=summary.id,
        taken_at=summary.taken_at,
        verdict=summary.verdict,
        reasons=summary.reasons,
        kept=summary.kept,
        pictures={role: str(folder / name) for role, name in summary.pictures.items()},
        flaws=summary.flaws,
        by_demo=summary.by_demo,
        lacks="" if summary.verdict == "damaged" else rule.lacks(summary),
        subject=None if summary.subject is None else person_of(summary.subject, summary.subject_name, summary.agreed),
    )
