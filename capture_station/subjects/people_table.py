"""Tables of people for a spreadsheet: id, name, and what the roster may show beside it, separated as the roster is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from capture_station.spreadsheet_text import to_cell
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

PIECE = 1000
"""People: a list may have 100,000."""


def people_csv(
    roster: Roster, people: Iterable[Subject], further: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[bytes]:
    """The file in pieces: UTF-8 with the byte order mark that Excel needs.

    Excel separates columns only at the character that its country uses. The line ``sep=,`` would tell it another one,
    but then Excel ignores the byte order mark. So the roster's own character is used: the same office reads both files.

    Args:
        roster: Its columns that may be shown beside names become columns, under its own headings.
        people: Of the roster, in the table's order.
        further: More columns behind these: text by id, by heading.
    """
    further = further or {}
    text = io.StringIO("\ufeff", newline="")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text, delimiter=roster.delimiter)
    writer.writerow(map(to_cell, ("id", "name", *roster.beside, *further)))
    left = iter(people)
    while piece := list(islice(left, PIECE)):
        for one in piece:
            beside = (" ".join(one.columns.get(title, "").split()) for title in roster.beside)
            said = (texts.get(one.id, "") for texts in further.values())
            writer.writerow(map(to_cell, (one.id, one.name, *beside, *said)))
        yield _bytes(text)
        text.seek(0)
        text.truncate()
    yield _bytes(text)


def _bytes(text: io.StringIO) -> bytes:
    """A file name that is not UTF-8 has parts that UTF-8 cannot say; they become escapes such as ``\\udcfc``."""
    return text.getvalue().encode(errors="backslashreplace")
