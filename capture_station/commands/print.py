"""The ``print`` command: sheets of portraits from the archive, to a printer or into a PDF file."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from capture_station.archive import names
from capture_station.archive.capture_ids import capture_ids
from capture_station.archive.disk import Disk, write_atomically
from capture_station.archive.presence import is_archive, is_folder
from capture_station.archive.record import Damaged, Record, read_record
from capture_station.commands.portraits_to_look_at import without_consent_line, without_portrait_line
from capture_station.config import StationSettings, SubjectSettings
from capture_station.errors import ArchiveError, ConfigError, NotPermitted, PrintError, RosterError, UnfitForPrint
from capture_station.export.template import as_listed, named, owner_of
from capture_station.printing.factory import open_printer
from capture_station.printing.sheet import WHY, LeftOut, NothingFits, SheetChoice, make_sheet
from capture_station.release import ReleaseRule
from capture_station.subjects.name_parts import divided_name
from capture_station.subjects.namesakes import namesake_details
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_source import open_roster
from capture_station.subjects.subject import Subject, folded
from capture_station.subjects.typed_id import find_typed
from capture_station.terminal_text import printable
from capture_station.typefaces import SQUARES


def print_sheets(
    settings: StationSettings,
    captures: Sequence[str],
    subjects: Sequence[str],
    day: date | None,
    choice: SheetChoice,
    copies: int,
    pdf: Path | None,
    where: str = "",
) -> tuple[str, bool]:
    """Print portraits of the archive, or write their sheets as a PDF.

    Args:
        captures: Ids. With neither ids nor people nor a day, the newest kept capture is printed, if it may be.
        subjects: Ids of people; the newest kept portrait of each is printed.
        day: Print everybody's newest kept portrait of this day, in the roster's order. Others follow by family name,
            and then those without a name.
        pdf: A file to write instead of printing; an existing one is replaced.
        where: ``COLUMN=VALUE``: these people of the roster, as if they were named in ``subjects``.

    Returns:
        What was done, in one line, and whether everybody who was asked for is on the sheets; reasons are on stderr.

    Raises:
        UnfitForPrint: No portrait has the shape in which it would be printed.
        ArchiveError: There is no archive, or the file cannot be written.
        NotReleased: A capture must not be printed.
        PrintError: There is nothing to print, or the printer does not take it.
        ConfigError: No printer is named.
        SubjectError, RosterError: A person cannot be found by what was typed.
    """
    root = settings.archive.folder
    if not is_archive(root):
        raise ArchiveError(f"{root}: there is no archive here; name another archive.folder")
    printer = None if pdf is not None else open_printer(settings.printing)
    roster = _roster(settings.subjects)
    rule = ReleaseRule.of(settings)
    absent = list[str]()
    if where:
        if roster is None:
            raise ConfigError("--where needs the roster: set subjects.roster")
        subjects = [*subjects, *(one.id for one in roster.where(where))]
        if not subjects:
            raise PrintError(f"nobody on the roster has {where}")
    if captures:
        folders = _by_id(root, captures)
    elif subjects or day is not None:
        folders, absent = _of_people(root, subjects, day, settings.subjects, roster, rule)
    else:
        folders = [_newest_kept(root)]
    for one in absent:
        print(printable(one), file=sys.stderr)
    if absent:  # Somebody who is printed once among others still is.
        choice = replace(choice, each=choice.each or 1)
    try:
        find_name = partial(as_listed, roster=roster)
        find_detail = partial(_detail, roster=roster, details=namesake_details(roster or ()))
        sheet = make_sheet(folders, choice, settings.portrait.find_preset, find_name, rule, find_detail)
    except NothingFits as error:
        *told, last = _lines(error.left_out)
        print(*told, sep="\n", end="\n" if told else "", file=sys.stderr)
        raise UnfitForPrint(last) from None
    for line in _lines(sheet.left_out):
        print(line, file=sys.stderr)
    if sheet.not_agreed:
        print(without_consent_line(sheet.not_agreed), file=sys.stderr)
    if sheet.fills_pages and sheet.portraits > 1 and choice.size == "preset":
        print(
            "each portrait fills a page, as its preset has no millimetres; "
            f"--size {sheet.example_size} puts several on one",
            file=sys.stderr,
        )
    if sheet.incomplete_captions:
        print(
            f"{_counted(sheet.incomplete_captions, 'caption')} with {SQUARES}",
            file=sys.stderr,
        )
    complete = not sheet.left_out and not absent
    done = f"{_counted(sheet.portraits, 'portrait')} on {_counted(sheet.pages, 'page')}"
    done += f", {len(sheet.not_agreed)} without consent" if sheet.not_agreed else ""
    if printer is None:
        assert pdf is not None
        try:
            write_atomically(Disk(), pdf, sheet.pdf)
        except OSError as error:
            raise ArchiveError(f"{pdf}: cannot be written: {error.strerror}") from error
        return f"{done}: {pdf}", complete
    job = printer.submit(sheet.pdf, "capture-station", copies, sheet.media)
    return f"{done}: the printer took it as {job}", complete


def _roster(settings: SubjectSettings) -> Roster | None:
    """The roster that names who came onto it after the picture; what is wrong with it is told and hinders nothing."""
    try:
        return open_roster(settings).roster if settings.roster else None
    except RosterError as error:
        print(error, file=sys.stderr)
        return None


def _detail(subject_id: str, roster: Roster | None, details: Mapping[str, str]) -> str | None:
    """What tells a person apart from namesakes, as the newest roster says; None where it has no namesake."""
    return None if roster is None else details.get(roster.own_id(subject_id))


def _by_id(root: Path, captures: Sequence[str]) -> list[Path]:
    for capture in captures:
        if not names.is_id(capture) or not is_folder(names.folder_of(root, capture)):
            raise PrintError(f"{root}: there is no capture {capture!r}")
    return [names.folder_of(root, capture) for capture in captures]


def _newest_kept(root: Path) -> Path:
    """Also one that must not be printed: an older one in its place would be somebody else's."""
    for capture in capture_ids(root):
        record = read_record(folder := names.folder_of(root, capture))
        if isinstance(record, Record) and record.kept:
            return folder
    raise PrintError(f"{root}: there is no kept portrait")


def _of_people(
    root: Path,
    subjects: Sequence[str],
    day: date | None,
    settings: SubjectSettings,
    roster: Roster | None,
    rule: ReleaseRule,
) -> tuple[list[Path], list[str]]:
    """Folders of the captures, and one line for each person who has none among others who have one.

    Args:
        subjects: Empty: everybody of the day. What the rule leaves out of that is counted on stderr.
    """
    wanted, found, left_out = set(subjects), dict[str, Record](), list[tuple[Record, str]]()
    for capture in capture_ids(root, "" if day is None else f"{day:%Y-%m-%d}"):
        read = read_record(names.folder_of(root, capture))
        if isinstance(read, Damaged):
            continue
        record = as_listed(read, roster)
        if reason := rule.left_out_as(record):
            left_out.append((record, reason))
            continue
        found.setdefault(owner_of(record), record)
        # Newest first: nobody needs the rest of a large archive.
        if wanted and found.keys() >= wanted:
            break
    # Whoever is printed needs no other take.
    left_out = [(record, reason) for record, reason in left_out if owner_of(record) not in found]
    when = "" if day is None else f" of {day}"
    if subjects:
        # An id is read as at the station, unless it is somebody's as it is.
        people = dict.fromkeys(one if one in found else find_typed(one, settings, found).subject.id for one in subjects)
        absent = [_why_absent(one, left_out, roster, when) for one in people if one not in found]
        if len(absent) == len(people):
            raise PrintError(f"{root}: {'; '.join(absent)}")
        return [names.folder_of(root, found[one].id) for one in people if one in found], absent
    counted = Counter(reason for _, reason in left_out)
    told = ", ".join(f"{count} left out as {reason}" for reason, count in sorted(counted.items()))
    if not found:
        raise PrintError(f"{root}: there is no portrait to print{when}{told and f': {told}'}")
    if told:
        print(told, file=sys.stderr)
    if roster is not None and day is not None:
        printed = {listed.id for one in found if (listed := roster.get(one)) is not None}
        if missing := [_full_name(one) for one in roster.permitted if one.id not in printed]:
            print(without_portrait_line(missing, day), file=sys.stderr)
    return [names.folder_of(root, record.id) for record in _in_order(list(found.values()), roster)], []


def _why_absent(person: str, left_out: Sequence[tuple[Record, str]], roster: Roster | None, when: str) -> str:
    """Why nothing is printed of the person with this id.

    Args:
        left_out: Captures that must not be printed, newest first, and why.
    """
    for record, reason in left_out:
        if owner_of(record) == person:
            return f"the portrait of {named(record)}{when} is not printed: {WHY[reason]}"
    listed = None if roster is None else roster.get(person)
    if listed is None:
        known = f"there is no kept portrait of {person!r}{when}"
        return known if roster is None else f"nobody on the roster has the ID {person!r}"
    who = _full_name(listed)
    return str(NotPermitted(who, listed.refused)) if listed.refused else f"there is no kept portrait of {who}{when}"


def _full_name(subject: Subject) -> str:
    return f"{subject.name} ({subject.id})" if subject.name else subject.id


def _in_order(records: Sequence[Record], roster: Roster | None) -> list[Record]:
    """The roster's people as they are listed, then others by family name or id, then those of nobody as taken."""
    places = {subject.id: place for place, subject in enumerate(roster or ())}

    def key(record: Record) -> tuple[int, str, str, str]:
        subject = record.subject
        if subject is None:
            return len(places) + 2, "", "", record.id
        listed = None if roster is None else roster.get(subject.id)
        if listed is not None:
            return places[listed.id], "", "", ""
        parts = divided_name(subject.name, subject.columns)
        return len(places) + (not subject.name), folded(parts.family), folded(parts.given), subject.id

    return sorted(records, key=key)


def _lines(left_out: Sequence[LeftOut]) -> list[str]:
    return [printable(f"{one.who} is not printed: {one.why}") for one in left_out]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
