"""The ``purge`` command: removes captures by their dates or of one person, because somebody asks for it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject, formerly, read_deletions, remove_reports
from capture_station.archive.index import CaptureIndex
from capture_station.archive.presence import is_archive
from capture_station.archive.retention import dated_before, is_dated_before
from capture_station.commands.progress_bar import progress_bar
from capture_station.config import ArchiveSettings, PrintingSettings, SubjectSettings
from capture_station.errors import ArchiveError, PrintError, SubjectError
from capture_station.printing.factory import open_printer
from capture_station.subjects.roster import Roster, alike
from capture_station.subjects.roster_source import open_roster
from capture_station.subjects.typed_id import find_typed, spellings
from capture_station.terminal_text import printable


def purge(settings: ArchiveSettings, days: float, remove: bool) -> Iterator[str]:
    """Yield the ids of captures dated more than ``days`` before now, each after its removal if ``remove`` is set.

    The oldest come first. Reports in the archive that show one of them are removed as well. What stays is written to
    stderr.

    Raises:
        ArchiveError: The archive cannot be used, or a capture or report could not be removed.
    """
    limit = datetime.now().astimezone() - timedelta(days=days)
    with closing(_opened(settings)) as archive:
        # The oldest first, so that an interruption leaves everybody's newest.
        ids = list(dated_before(archive, limit))[::-1]
        if not remove:
            yield from ids
            return
        # Reports first: after an interruption a missing report can be made again, but a leftover one stays unnoticed.
        remove_reports(archive, frozenset(ids))
        with progress_bar("removing", len(ids)) as advance:
            for capture_id in ids:
                advance()
                # The record decides, also where the id was enough for the list.
                found = archive.find(capture_id)
                if found is not None and is_dated_before(found, limit) and archive.remove(capture_id):
                    yield capture_id
        _print_what_stays(archive, ids)


def purge_subject(
    settings: ArchiveSettings,
    text: str,
    remove: bool,
    subjects: SubjectSettings | None = None,
    printing: PrintingSettings | None = None,
) -> Iterator[str]:
    """Yield the ids of all captures of a person, after they are deleted and that is recorded if ``remove`` is set.

    The person's id is found as at the station; what it was found to be is written to stderr. So is what waits at the
    printer after the deletion.

    Raises:
        SubjectError: Nobody with this id has a capture, is on the roster, or was deleted before.
        RosterError: The roster is needed to find the person, and cannot be used.
        ArchiveError: The archive cannot be used, or a capture or report could not be removed.
    """
    with closing(_opened(settings)) as archive:
        subject = _found(archive, text, subjects or SubjectSettings())
        if subject != text:
            print(f"{printable(text)} is taken as {printable(subject)}", file=sys.stderr)
        if others := formerly(archive, subject):
            print(
                f"captures that were {printable(subject)}'s before they were given away stay, without this id; "
                f"look whether they show this person: {', '.join(others)}",
                file=sys.stderr,
            )
        known = _spellings(archive, subject, subjects or SubjectSettings())
        if remove:
            removed = [one for spelling in known for one in delete_subject(archive, spelling, "command")]
            yield from removed
            _print_unfinished(archive, removed)
            if printing is not None and printing.printer:
                _print_waiting_sheets(printing)
        else:
            for spelling in known:
                yield from archive.query(partial(CaptureIndex.of_subject, subject=spelling))


def _found(archive: Archive, text: str, settings: SubjectSettings) -> str:
    """The id of a person who has captures, is on the roster, or was deleted before, which is written to stderr."""
    found = find_typed(text, settings, archive.query(CaptureIndex.subjects))
    if archive.query(lambda index: index.of_subject(found.subject.id)):
        return found.subject.id
    archive.query(
        CaptureIndex.verify
    )  # A record may have changed unnoticed, and nobody may be told that they are gone.
    found = find_typed(text, settings, archive.query(CaptureIndex.subjects))
    if found.on_roster or archive.query(lambda index: index.of_subject(found.subject.id)):
        return found.subject.id
    if formerly(archive, found.subject.id):
        return found.subject.id
    deletions = read_deletions(archive.folder)
    deleted = find_typed(text, settings, [one.subject for one in deletions]).subject.id
    if days := [one.deleted_at for one in deletions if one.subject == deleted]:
        print(f"all captures of {printable(deleted)} were deleted on {days[-1]:%Y-%m-%d}", file=sys.stderr)
        return deleted
    raise SubjectError(f"{archive.folder}: there are no captures of {text!r}; check the id")


def _spellings(archive: Archive, subject: str, settings: SubjectSettings) -> list[str]:
    """All ids under which the person may be known; those that may be somebody else's are told on stderr instead."""
    photographed = archive.query(CaptureIndex.subjects)
    others = [one for one in photographed if one != subject and alike(one) == alike(subject)]
    roster = open_roster(settings).roster if settings.roster else Roster()
    known = spellings(subject, roster, others)
    for one in sorted({*others} - {*known}):
        print(
            f"captures of {printable(one)} stay: if that is the same person, purge --subject {printable(one)}",
            file=sys.stderr,
        )
    return known


def _opened(settings: ArchiveSettings) -> Archive:
    # ``Archive.open`` would create the archive, on the wrong disk while the right one is not mounted.
    if not is_archive(settings.folder):
        raise ArchiveError(f"{settings.folder}: there is no archive here; check the disk and archive.folder")
    return Archive.open(settings)


def _print_waiting_sheets(printing: PrintingSettings) -> None:
    """Say what waits at the printer: no queue knows the sheets of the command ``print``, so nobody cancels them."""
    try:
        waiting = sorted(open_printer(printing).state().jobs)
    except PrintError as error:
        print(f"look yourself whether sheets with this person wait at the printer: {error}", file=sys.stderr)
        return
    if waiting:
        print(
            f"sheets wait at the printer: {', '.join(waiting)}; one of `capture-station print` that shows this person "
            f"is printed unless you cancel it, such as with `cancel {waiting[0]}`",
            file=sys.stderr,
        )


def _print_what_stays(archive: Archive, removed: Collection[str]) -> None:
    stays = []
    if newer := len(list(archive.ids())):
        stays.append(f"{newer} captures with a newer date or without one")
    _print_unfinished(archive, removed, stays)


def _print_unfinished(archive: Archive, removed: Collection[str], stays: Sequence[str] = ()) -> None:
    unfinished = archive.folder / names.UNFINISHED
    told = [*stays]
    entries = sorted(path.name for path in unfinished.iterdir()) if unfinished.is_dir() else []
    if left := [entry for entry in entries if names.unfinished_id(entry) in removed]:
        told.append(f"files that are not the station's, or could not be removed, in {unfinished}/{left[0]}")
        if len(left) > 1:
            told[-1] += f" and {len(left) - 1} more"
    if told:
        print(f"not removed: {'; '.join(told)}", file=sys.stderr)
