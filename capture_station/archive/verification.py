"""Compares pictures with the checksums in their records."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from capture_station.archive.record import Damaged, FileRecord, read_record
from capture_station.regular_files import read_regular_file


class DamagedPicture(Exception):
    """A picture is missing or no longer what was saved. The message is one line that names the file."""


def read_verified(folder: Path, file: FileRecord) -> bytes:
    """Read a picture of the capture in this folder.

    Raises:
        DamagedPicture: The picture is missing, or differs from the checksum in the record.
        OSError: The picture cannot be read.
    """
    try:
        data = read_regular_file(folder / file.name)
    except FileNotFoundError:
        raise DamagedPicture(f"{file.name} is missing") from None
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise DamagedPicture(f"{file.name} is damaged: it is no longer what was saved")
    return data


def problem(folder: Path, file: FileRecord) -> str:
    """What is wrong with a picture, in one line; empty if it is as it was saved."""
    try:
        read_verified(folder, file)
    except DamagedPicture as error:
        return str(error)
    except OSError as error:
        return f"{file.name} cannot be read: {error.strerror}"
    return ""


def problems(folders: Sequence[Path]) -> Iterator[tuple[str, ...]]:
    """Everything that is wrong with each of these captures, in order and in one line each, on all processors.

    Captures that were removed meanwhile have no problems.
    """
    workers = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(workers) as pool:
        rest = iter(folders)
        while batch := list(islice(rest, 16 * workers)):
            yield from pool.map(_problems_of, batch)


def _problems_of(folder: Path) -> tuple[str, ...]:
    record = read_record(folder)
    if isinstance(record, Damaged):
        found = [record.reason]
    else:
        found = [f"{folder}/{line}" for file in record.files if (line := problem(folder, file))]
    return tuple(found) if found and folder.is_dir() else ()
