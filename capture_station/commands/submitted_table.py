"""The table of submitted photos: whose came, whose did not, and what became of them, also in earlier runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from types import MappingProxyType

from capture_station.errors import ArchiveError, RosterError
from capture_station.export.destination import Destination, open_destination
from capture_station.photos.cleaning import Outcome
from capture_station.photos.discovery import RESULT_SUFFIXES, Photo
from capture_station.photos.locations import readable_path
from capture_station.spreadsheet_text import from_cell
from capture_station.subjects.filename_match import same_name
from capture_station.subjects.people_table import people_csv
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_csv import decoded_table
from capture_station.subjects.subject import Subject

TABLE = "people.csv"
NOT_PERMITTED = "not permitted"
"""The result of who must not be photographed, with or without a photo."""
SAVE_EVERY = 200
"""Portraits between two tables: a power cut costs what was found in no more than these."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of one person."""

    file: str = ""
    """Of the portrait, also before that is made. Behind the folder's name if it lies in the one for reviews, and before
    it is made if the run has such a folder."""
    photo: str = ""
    result: str = "missing"
    shape: str = ""
    reason: str = ""
    name: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The whole row by headings."""

    @property
    def is_made(self) -> bool:
        """Whether there is a portrait. ``skipped``: an earlier run has made it, and nobody knows what that found."""
        return self.result in ("ok", "review", "skipped")

    @property
    def is_apart(self) -> bool:
        """Whether the portrait was put into a folder for reviews, or would have been if it had needed one."""
        return "/" in self.file


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs have left in the output folder and in the folder for reviews."""

    rows: Mapping[str, Row] = field(default_factory=dict)
    """By id, as the roster spells it; also of people who are not on the roster any more."""
    files: frozenset[str] = frozenset()
    """Names of the portraits in the output folder."""
    in_review: frozenset[str] = frozenset()
    """The same in the folder for reviews."""
    review_folder: str = ""
    """Its name in the table; empty without one."""

    @classmethod
    def read(cls, destination: Destination, roster: Roster, review_to: str | None) -> Earlier:
        """Read the table of the output folder, and list both folders.

        Raises:
            ArchiveError: A folder cannot be read, or the table is another program's.
        """
        rows = _rows(destination.read(TABLE), roster)
        if review_to is None:
            return cls(rows, _portraits(destination))
        with closing(open_destination(review_to)) as apart:
            name = PurePath(review_to).name.rpartition("@")[2]
            return cls(rows, _portraits(destination), _portraits(apart), name or "review")

    def left(self, row: Row) -> Row | None:
        """The row of somebody of whom this run has no photo; None if no portrait is left."""
        name = PurePath(row.file).name
        if name in self.files or name in self.in_review:
            return self.standing(row, name, name in self.in_review)
        # Without the folder for reviews, nothing tells that the portrait there is gone.
        return row if row.is_made and row.is_apart and not self.review_folder else None

    def standing(self, row: Row, name: str, lies_in_review: bool) -> Row:
        """The row of a portrait that an earlier run has made, by where it lies now.

        Args:
            row: The earlier one.
            name: Of the portrait's file.
            lies_in_review: Whether it lies in the folder for reviews.
        """
        before = row if row.is_made else replace(row, shape="", reason="")
        if lies_in_review:
            return replace(before, file=f"{self.review_folder}/{name}", result="review")
        if not row.is_made:
            # A run with a folder for reviews was cut off, and left here what needs none.
            return replace(before, file=name, result="ok" if row.is_apart else "skipped")
        if row.is_apart:
            # Somebody who has looked at it has moved it to the others.
            return replace(before, file=name, result="ok", reason="")
        return replace(before, file=name)


@dataclass(frozen=True, slots=True)
class Told:
    """What the written table says that the outcomes of this run do not."""

    missing: int
    """People without a portrait who may be photographed."""
    to_review: list[str] = field(default_factory=list)
    """Paths or URLs of photos that this run skipped and whose portraits need a review since an earlier run."""
    unknown: list[str] = field(default_factory=list)
    """The same of those of which nobody knows whether they need a review."""
    misshapen: list[str] = field(default_factory=list)
    """The same of those whose portraits are not in the preset's shape, as an earlier run has found."""
    smaller: list[str] = field(default_factory=list)
    """The same of those whose portraits have fewer pixels than the preset."""


def write_table(
    destination: Destination,
    roster: Roster,
    people: Mapping[str, Subject],
    photos: Iterable[Photo],
    outcomes: Iterable[Outcome],
    suffix: str,
    earlier: Earlier,
    doubts: Mapping[str, str] = MappingProxyType({}),
) -> Told:
    """Write who is on the roster, whose photo came, and what became of it.

    Those who must not be photographed are listed and not counted. A photo that an earlier run has cleaned keeps what
    the earlier table says about its portrait, and one that this run has not reached keeps its row. Who has a portrait
    from an earlier run keeps the row without a photo, too, also behind the others when no longer on the roster.

    Args:
        people: By their photos' paths or URLs.
        photos: Of these people.
        suffix: Of the portraits' files.
        earlier: What earlier runs have left.
        doubts: Why the photos that may show somebody are not theirs for certain, by id.

    Raises:
        DiskFull, ArchiveError: The table cannot be written.
    """
    photo_of = {people[photo.source].id: photo for photo in photos}
    outcome_of = {outcome.source: outcome for outcome in outcomes}
    told = Told(0)
    rows, missing = dict[str, Row](), 0
    for subject in roster:
        before = earlier.rows.get(subject.id, Row())
        photo = photo_of.get(subject.id)
        if photo is None:
            row = _named_now(earlier.left(before) or Row(reason=doubts.get(subject.id, "")), before, subject)
        else:
            outcome = outcome_of.get(photo.source)
            row = _row(photo, outcome, before, suffix, earlier)
            if outcome is None or outcome.verdict == "skipped":
                row = _named_now(row, before, subject)
            if outcome is not None and outcome.verdict == "skipped":
                told.to_review.extend([photo.source] if row.result == "review" else [])
                told.unknown.extend([photo.source] if row.result == "skipped" else [])
                told.misshapen.extend([photo.source] if row.shape == "other" and not outcome.shape else [])
                told.smaller.extend([photo.source] if row.shape == "smaller" else [])
        missing += not row.is_made and not subject.refused
        rows[subject.id] = replace(row, result=NOT_PERMITTED, shape="", reason="") if subject.refused else row
    gone = {one: row for one, row in earlier.rows.items() if one not in rows and earlier.left(row) is not None}
    rows |= gone
    headings = ("file", "photo", "result", "shape", "reason")
    further = {heading: {one: str(getattr(row, heading)) for one, row in rows.items()} for heading in headings}
    listed = [*roster, *(Subject(one, row.name, row.columns) for one, row in gone.items())]
    destination.write(TABLE, b"".join(people_csv(roster, listed, further)))
    return replace(told, missing=missing)


def saved_often(outcomes: Iterable[Outcome], save: Callable[[], object]) -> Iterator[Outcome]:
    """The same outcomes; calls ``save`` after every ``SAVE_EVERY`` new portraits."""
    unsaved = 0
    for outcome in outcomes:
        yield outcome
        unsaved += outcome.verdict in ("ok", "review")
        if unsaved >= SAVE_EVERY:
            save()
            unsaved = 0


def _row(photo: Photo, outcome: Outcome | None, before: Row, suffix: str, earlier: Earlier) -> Row:
    """The row of somebody whose photo this run has; no outcome: not reached yet."""
    file = PurePath(photo.target).name + suffix
    apart = f"{earlier.review_folder}/{file}"
    name = readable_path(photo.source).name
    if outcome is None:
        # After a power cut, the name tells whose the portrait is.
        is_same = PurePath(before.file).stem in ("", PurePath(file).stem)
        row = before if is_same else Row()
        if file not in earlier.files | earlier.in_review:
            # This run makes it, and the next one has to know in which way if this one is cut off.
            if row.result in ("ok", "skipped"):  # Nobody knows yet whether the new one needs a review.
                row = replace(row, result="missing", shape="", reason="")
            return replace(row, file=apart if photo.review_target is not None else file, photo=name)
        return replace(row, file=row.file or file, photo=name)
    if outcome.verdict == "skipped":
        row = earlier.standing(before, file, outcome.reviewed_before)
        return replace(row, photo=name, shape=outcome.shape or row.shape)
    row = Row("", name, outcome.verdict, outcome.shape, "; ".join(outcome.reasons))
    if not row.is_made:
        return row
    is_apart = row.result == "review" and photo.review_target is not None
    return replace(row, file=apart if is_apart else file)


def _named_now(row: Row, before: Row, subject: Subject) -> Row:
    """The row of an earlier run's portrait: an id may be another person's by now. The new table has the new name."""
    if not row.is_made or not before.name or same_name(before.name, subject.name):
        return row
    note = f"made when {subject.id} was {before.name}; delete it if that is somebody else, and run this again"
    return replace(row, result="review", reason="; ".join(filter(None, (row.reason, note))))


def _portraits(folder: Destination) -> frozenset[str]:
    names = (PurePath(name).name for name in folder.files(""))
    return frozenset(name for name in names if PurePath(name).suffix in RESULT_SUFFIXES.values())


def _rows(data: bytes | None, roster: Roster) -> dict[str, Row]:
    """The rows by id. A table of an older version has neither shapes nor reasons."""
    if data is None:
        return {}
    try:
        text, delimiter = decoded_table(data)
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        found = dict[str, Row]()
        for cells in rows:
            row = {title: from_cell(cell or "") for title, cell in cells.items() if title}
            listed = roster.get(row["id"])
            # Spreadsheets drop zeros at the beginning of an id.
            is_listed = listed is not None and same_name(listed.name, row["name"])
            found[listed.id if listed is not None and is_listed else row["id"]] = Row(
                row["file"], row["photo"], row["result"], row.get("shape", ""), row.get("reason", ""), row["name"], row
            )
    except (RosterError, csv.Error, KeyError) as error:
        why = f"no column {error}" if isinstance(error, KeyError) else error
        what = f"{TABLE} in the output folder is not one of capture-station ({why}); move it away"
        raise ArchiveError(what) from error
    return found
