"""A table of people, CSV as spreadsheets write it, becomes subjects: all of them, or an error that names the row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Literal

from capture_station.config import SubjectColumns
from capture_station.errors import RosterError
from capture_station.subjects.leaving_date import has_left
from capture_station.subjects.namesakes import told_apart
from capture_station.subjects.permission import says_no
from capture_station.subjects.roster_columns import BY_HEADING, Places, find_columns
from capture_station.subjects.subject import Subject, clean_id, legible

DELIMITERS = (",", ";", "\t")
OLD_ENCODING = "windows-1252"
"""What spreadsheets wrote before UTF-8. Every file can be read as it, so it is a guess."""
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the files of Excel and LibreOffice begin, new and old."""
MOST_MISTAKES = 5
"""That one message names: whoever corrects a list wants to do it once."""
_EAST_ASIAN = re.compile("[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
"""Han, kana and Hangul."""
_LARGEST_BYTES = 64 * 1024**2


def parse_roster(
    data: bytes, columns: SubjectColumns = BY_HEADING, today: date | None = None
) -> tuple[list[Subject], str]:
    """Read a roster of up to 64 MiB.

    The delimiter is the one of comma, semicolon and tab that the heading has most of. The text is UTF-8 or UTF-16 with
    a byte order mark, UTF-8 without one, or else Windows-1252, of which Latin-1's printable part is a subset.

    Args:
        data: The file's bytes.
        columns: The headings to use.
        today: Who has a leaving date before it has left; None: the day of the clock.

    Returns:
        The subjects in the file's order, and the encoding that was found.

    Raises:
        RosterError: It is too large, has no heading for the id, or a row has another number of fields than the heading,
            an empty id, or an id that an earlier row has. The message names the rows.
    """
    if len(data) > _LARGEST_BYTES:
        raise RosterError(f"the roster has {len(data) / 2**20:.0f} MiB; at most {_LARGEST_BYTES // 2**20} are read")
    if data.startswith(_SPREADSHEETS):
        raise RosterError("the roster is a spreadsheet's own file; save it there as CSV")
    text, encoding = _decoded(data)
    rows = _rows(text)
    heading = [field.strip() for field in next(rows, (0, []))[1]]
    if not heading:
        raise RosterError("the roster is empty; its first line must name the columns")
    places = find_columns(heading, columns)
    others = [(place, title) for place, title in enumerate(heading) if place != places.id_at and title]
    # What templates call it, whatever the list calls it.
    parts = (("given", places.given_at), ("family", places.family_at))
    others += [(place, title) for title, place in parts if place is not None and title not in heading]
    today = today or date.today()
    seen: dict[str, int] = {}
    subjects, mistakes = [], []
    for line, row in rows:
        if not any(field.strip() for field in row):
            continue
        if len(row) != len(heading):
            mistakes.append(
                f"line {line} of the roster has {len(row)} fields, its heading {len(heading)}; is the file complete?"
            )
            continue
        try:
            subject_id = clean_id(row[places.id_at])
        except ValueError as error:
            mistakes.append(f"line {line} of the roster: {error}")
            continue
        if (earlier := seen.setdefault(subject_id, line)) != line:
            mistakes.append(f"line {line} of the roster has the id {subject_id!r} of line {earlier}")
            continue
        name = _full_name(row, places)
        cells = {title: legible(row[place]).strip() for place, title in others}
        subjects.append(Subject(subject_id, name, cells, refused=_refused(heading, row, places, today)))
    if mistakes:
        more = [f"and {len(mistakes) - MOST_MISTAKES} more mistakes"] if len(mistakes) > MOST_MISTAKES else []
        raise RosterError("; ".join([*mistakes[:MOST_MISTAKES], *more]))
    return told_apart(subjects, [heading[place] for place in places.namesakes_at]), encoding


def describe_columns(data: bytes, columns: SubjectColumns = BY_HEADING) -> str:
    """Which columns of a roster that can be read say the id, the name, namesakes and who is not photographed."""
    heading, places = _heading(data, columns)
    named = " and ".join(f"{heading[place]!r}" for place in places.name_at) or "no column"
    apart = " or ".join(f"{heading[place]!r}" for place in places.namesakes_at)
    permission = "" if places.permission_at is None else heading[places.permission_at]
    leaving = "" if places.leaving_at is None else heading[places.leaving_at]
    return (
        f"ids from {heading[places.id_at]!r}, names from {named}"
        + (f", namesakes apart by {apart}" if apart else "")
        + (f", permission from {permission!r}" if permission else "")
        + (f", leaving dates from {leaving!r}" if leaving else "")
    )


def columns_beside_names(data: bytes, columns: SubjectColumns = BY_HEADING) -> list[str]:
    """Headings of the columns of a roster that can be read that may be shown beside the names, best first."""
    heading, places = _heading(data, columns)
    return [heading[place] for place in places.namesakes_at]


def table_delimiter(data: bytes) -> Literal[",", ";"]:
    """What separates columns for whoever has written this roster: spreadsheets of many countries want semicolons."""
    return ";" if decoded_table(data)[1] == ";" else ","


def decoded_table(data: bytes) -> tuple[str, str]:
    """The text of a table as any spreadsheet may have saved it, and what separates its columns.

    Raises:
        RosterError: Its byte order mark is wrong.
    """
    return _split(_decoded(data)[0])


def _heading(data: bytes, columns: SubjectColumns) -> tuple[list[str], Places]:
    heading = [field.strip() for field in next(_rows(_decoded(data)[0]))[1]]
    return heading, find_columns(heading, columns)


def _refused(heading: list[str], row: list[str], places: Places, today: date) -> str:
    if places.permission_at is not None and says_no(row[places.permission_at]):
        place = places.permission_at
    elif places.leaving_at is not None and has_left(row[places.leaving_at], today):
        place = places.leaving_at
    else:
        return ""
    return f"{heading[place]}: {legible(row[place]).strip()}"


def _full_name(row: list[str], places: Places) -> str:
    if places.given_at is not None and places.family_at is not None and len(places.name_at) == 2:
        family, given = (legible(row[place]).strip() for place in (places.family_at, places.given_at))
        # Names in these letters begin with the family name and have no space.
        if _EAST_ASIAN.fullmatch(family + given):
            return family + given
    return " ".join(" ".join(legible(row[place]) for place in places.name_at).split())


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise RosterError(f"the file says that it is {encoding}, and is not: {error.reason}") from error
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), OLD_ENCODING


def _said_delimiter(text: str) -> str:
    """What the first line says, which Excel writes and reads; empty without such a line."""
    said = re.fullmatch(r'"?sep=(.)"?', text.partition("\n")[0].strip("\r "))
    return said[1] if said else ""


def _split(text: str) -> tuple[str, str]:
    """The text behind the line that says the delimiter, and the delimiter."""
    first, _, rest = text.partition("\n")
    said = _said_delimiter(text)
    return (rest, said) if said else (text, max(DELIMITERS, key=first.count))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each row. The standard library's reader knows quotes and line ends within them."""
    rest, delimiter = _split(text)
    reader = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + (1 if rest == text else 2)
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise RosterError(f"line {line} of the roster cannot be read: {error}; is the file complete?") from error
        yield line, row
