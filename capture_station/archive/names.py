"""Names of everything in the archive: ids, folders and files."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from pathlib import Path

UNFINISHED = ".unfinished"
RECORD = "record.json"
AGES = ".ages.json"
INDEX = ".index.sqlite"
DELETIONS = "deletions.csv"
SHARED = ".shared.json"
UPLOAD_NAMES = ".upload-names.json"
REMOVED = ".removed.txt"
"""Ids of captures that somebody has removed, one a line; it is there once the upload wants to know them."""
UPLOADED = "uploaded"
"""An empty file that marks a capture as uploaded."""

_ID = re.compile(r"(\d{4})(\d\d)(\d\d)-\d{6}-\d{6}-[0-9a-f]{8}", re.ASCII)
_PICTURE = re.compile(r"-(original|portrait|matte)\.(jpg|png)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def new_id(taken_at: datetime) -> str:
    """A new id that sorts by local time, to the microsecond, and ends in 32 random bits.

    A clock that is set back gives earlier times again. The random bits then keep the ids apart, and
    ``UnfinishedFolder.reserve`` guarantees that no id is used twice.
    """
    return f"{first_id(taken_at)}{secrets.token_hex(4)}"


def first_id(taken_at: datetime) -> str:
    """Text that sorts before the ids of this local time and after all earlier ones."""
    return f"{taken_at.year:04}{taken_at:%m%d-%H%M%S-%f}-"


def is_id(text: str) -> bool:
    """Whether the text has the form of an id. Such text is safe as a file name and cannot lead out of the archive."""
    return _ID.fullmatch(text) is not None


def unfinished_id(name: str) -> str | None:
    """The id of the capture in a folder of ``.unfinished``, which may have a number; None if its name has no id."""
    capture_id, _, number = name.partition(".")
    return capture_id if is_id(capture_id) and (number.isdecimal() or name == capture_id) else None


def taken_at(capture_id: str) -> datetime | None:
    """The local time in an id, without a time zone; None if its digits are not a date."""
    day, time, microseconds = capture_id[:8], capture_id[9:15], capture_id[16:22]
    try:
        return datetime.fromisoformat(
            f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}.{microseconds}"
        )
    except ValueError:
        return None


def is_day(text: str) -> bool:
    """Whether the text has the form of a day's folder."""
    return _DAY.fullmatch(text) is not None


def folder_of(archive: Path, capture_id: str) -> Path:
    """The folder of a capture. Its day is the first part of the id.

    Raises:
        ValueError: ``capture_id`` does not have the form of an id.
    """
    match = _ID.fullmatch(capture_id)
    if match is None:
        raise ValueError(f"not the id of a capture: {capture_id!r}")
    return archive / "-".join(match.groups()) / capture_id


def picture_name(capture_id: str, role: str, suffix: str) -> str:
    """A picture's file name. It contains the id, so portraits of many captures can be copied into one folder."""
    return f"{capture_id}-{role}.{suffix}"


def is_portrait(name: str) -> bool:
    """Whether a file's name is that of a portrait."""
    picture = _PICTURE.search(name)
    return picture is not None and picture[1] == "portrait"


def is_capture_file(capture_id: str, name: str) -> bool:
    """Whether this product gives this name to a file in the folder of this capture."""
    if name in (RECORD, UPLOADED):
        return True
    start, end = name[: len(capture_id)], name[len(capture_id) :]
    return start == capture_id and _PICTURE.fullmatch(end) is not None
