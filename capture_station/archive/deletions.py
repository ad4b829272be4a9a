"""Deletes all pictures of a person, and keeps a record that says so without the person's name."""

from __future__ import annotations

import csv
import fcntl
import io
import logging
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.index import CaptureIndex
from capture_station.archive.record import Record
from capture_station.archive.report_files import remove_report
from capture_station.errors import ArchiveError, DiskFull
from capture_station.regular_files import read_regular_file
from capture_station.spreadsheet_text import from_cell, to_cell

_ONE_DAY = timedelta(days=1)
_HEADING = ("deleted_at", "by", "subject", "captures", "dated_ahead")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deletion:
    """All pictures of one person were deleted."""

    deleted_at: datetime
    """Aware local time."""
    by: str
    """Where it was asked for: ``window``, ``web`` or ``command``."""
    subject: str
    """The person's id. It proves what was done; the name is not kept."""
    captures: int
    """How many there were. After an interruption, the rest is counted once more."""
    dated_ahead: tuple[str, ...] = ()
    """Ids of those that were taken while the clock was ahead by a day or more; none in rows of older versions."""


def delete_subject(archive: Archive, subject: str, by: str) -> list[str]:
    """Delete all captures of a person for good, also from reports in the archive, and record that.

    A capture that was given to somebody else stays, but no longer says that it was this person's; reports that show it
    may do so, and go. It is recorded before a picture goes, also where there is nothing to delete, unless the disk is
    too full for that. After an interruption the same call deletes the rest.

    Args:
        subject: The person's id, which may be untrusted text.
        by: Where it was asked for: ``window``, ``web`` or ``command``.

    Returns:
        The ids of the captures.

    Raises:
        DiskFull, ArchiveError: The archive cannot be read or written.
    """
    archive.query(CaptureIndex.verify)  # None may be left over because its record changed unnoticed.
    given = formerly(archive, subject)
    ids = archive.query(lambda index: index.of_subject(subject))
    deleted_at = datetime.now().astimezone()
    dated_ahead = tuple(one for one in ids if one >= names.first_id(deleted_at + _ONE_DAY))
    deletion = Deletion(deleted_at, by, subject, len(ids), dated_ahead)
    # Reports first: after an interruption a missing report can be made again, but a leftover one stays unnoticed.
    remove_reports(archive, [*ids, *given])
    removed = list[str]()
    try:
        # Before a picture is gone: only what is recorded here is taken back from exports and uploads.
        _record(archive, deletion)
    except DiskFull:
        # The person's own pictures make the space for it.
        removed += [capture_id for capture_id in ids if archive.remove(capture_id)]
        _record(archive, deletion)
    for capture_id in given:
        try:
            archive.forget(capture_id, subject)
        except ArchiveError:
            if archive.find(capture_id) is not None:  # Else another screen has just removed it.
                raise
    # Pictures last: whoever has some is on the page, where the deletion can be asked for again.
    removed += [capture_id for capture_id in ids if archive.remove(capture_id)]
    # Again: one may have been finished meanwhile. From now on, a report notices itself that they are gone.
    remove_reports(archive, [*ids, *given])
    log.info("%d captures of one person were deleted", len(removed))
    return removed


def _record(archive: Archive, deletion: Deletion) -> None:
    with _alone(archive.folder):
        archive.write_file(names.DELETIONS, _text([*read_deletions(archive.folder), deletion]))


def formerly(archive: Archive, subject: str) -> list[str]:
    """Ids of the captures, newest first, that are not this person's but once were. Looks at all records.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    return [capture_id for capture_id in archive.ids() if _was_of(archive, capture_id, subject)]


def _was_of(archive: Archive, capture_id: str, subject: str) -> bool:
    try:
        # Hardly any capture has changed its person, and only those records are parsed.
        if b'"from_id"' not in read_regular_file(archive.folder_of(capture_id) / names.RECORD):
            return False
    except OSError:  # It is gone, or damaged and says nothing.
        return False
    found = archive.find(capture_id)
    if not isinstance(found, Record) or (found.subject is not None and found.subject.id == subject):
        return False
    return any(subject in (one.from_id, one.to_id) for one in found.assignments)


def remove_reports(archive: Archive, ids: Collection[str]) -> None:
    """Remove the report of the whole archive and those of the days of these captures, where they show one of them.

    Raises:
        ArchiveError: A report cannot be read or removed.
    """
    for folder in (archive.folder, *{archive.folder_of(capture_id).parent for capture_id in ids}):
        try:
            remove_report(folder, ids)
        except OSError as error:
            raise ArchiveError(f"{folder}: the report could not be removed: {error.strerror}") from error


def read_deletions(archive: Path) -> list[Deletion]:
    """All deletions in an archive's folder, oldest first; none if there was none.

    Raises:
        ArchiveError: The record is damaged or cannot be read.
    """
    path = archive / names.DELETIONS
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        return [
            Deletion(
                deleted_at=datetime.fromisoformat(row["deleted_at"]),
                by=row["by"],
                subject=from_cell(row["subject"]),
                captures=int(row["captures"]),
                dated_ahead=tuple((row.get("dated_ahead") or "").split()),
            )
            for row in rows
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{path}: this is not a record of deletions: {error}; move it away") from error


def was_deleted(deletions: Collection[Deletion], subject: str, capture_id: str) -> bool:
    """Whether a capture that is gone was deleted with its person, and not purged because it was old.

    The person may have been photographed again after a deletion. A clock that was ahead before it does not matter, nor
    one that was set back by a day since.
    """
    return any(
        one.subject == subject
        and (capture_id < names.first_id(one.deleted_at + _ONE_DAY) or capture_id in one.dated_ahead)
        for one in deletions
    )


def deleted_since(deletions: Sequence[Deletion], subject: str, capture_id: str) -> datetime | None:
    """When the person was deleted after this capture was taken, which is there again all the same; None: never."""
    dates = (one.deleted_at for one in reversed(deletions) if one.subject == subject)
    return next((date for date in dates if names.first_id(date) > capture_id), None)


def returned(archive: Archive) -> dict[str, datetime]:
    """People who were deleted and have captures from before that, such as from a backup, and when they were deleted.

    Raises:
        ArchiveError: As ``read_deletions``, or the archive cannot be read.
    """
    deletions, found = read_deletions(archive.folder), dict[str, datetime]()
    for subject in dict.fromkeys(one.subject for one in deletions):
        ids = archive.query(partial(CaptureIndex.of_subject, subject=subject))
        if ids and (date := deleted_since(deletions, subject, ids[-1])) is not None:
            found[subject] = date
    return found


def returned_line(subject: str, deleted_at: datetime) -> str:
    """What to tell about somebody who is back."""
    return (
        f"{subject} was deleted on {deleted_at:%Y-%m-%d} and has pictures from before that, such as from a backup; "
        f"delete them again: capture-station purge --subject {subject} --yes"
    )


def deletions_csv(archive: Path) -> bytes:
    """The record of deletions as a file: CSV in UTF-8 with a byte order mark, which spreadsheets need.

    Raises:
        ArchiveError: As ``read_deletions``.
    """
    return _text(read_deletions(archive))


def _text(deletions: Collection[Deletion]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADING)
    writer.writerows(
        (
            one.deleted_at.isoformat(timespec="seconds"),
            one.by,
            to_cell(one.subject),
            one.captures,
            " ".join(one.dated_ahead),
        )
        for one in deletions
    )
    return text.getvalue().encode("utf-8-sig")


@contextmanager
def _alone(archive: Path) -> Iterator[None]:
    """Keep other processes from adding a deletion at the same time: the command may run beside a station."""
    try:
        descriptor = os.open(archive, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ArchiveError(f"{archive}: cannot be opened: {error.strerror}; check the disk") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
