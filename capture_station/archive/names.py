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
UPLOADED = "uploaded"
"""An empty file that marks a capture as uploaded."""

_ID = re.compile(r"(\d{4})(\d\d)(\d\d)-\d{6}-\d{6}-[0-9a-f]{8}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def new_id(taken_at: datetime) -> str:
    """A new id that sorts by local time, to the microsecond, and ends in 32 random bits.

    A clock that is set back gives earlier times again. The random bits then keep the ids apart, and
    ``UnfinishedFolder.reserve`` guarantees that no id is used twice.
    """
    return f"{taken_at.year:04}{taken_at:%m%d-%H%M%S-%f}-{secrets.token_hex(4)}"


def is_id(text: str) -> bool:
    """Whether the text has the form of an id. Such text is safe as a file name and cannot lead out of the archive."""
    return _ID.fullmatch(text) is not None


def taken_at(capture_id: str) -> datetime | None:
    """The local time in an id, without a time zone; None if its digits are not a date."""
    try:
        return datetime.strptime(capture_id.rpartition("-")[0], "%Y%m%d-%H%M%S-%f")
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


def is_capture_file(capture_id: str, name: str) -> bool:
    """Whether this product gives this name to a file in the folder of this capture."""
    return (
        name in (RECORD, UPLOADED)
        or re.fullmatch(rf"{capture_id}-(original|portrait|matte)\.(jpg|png)", name) is not None
    )
