"""Recognises the files of a report, so that no other file is overwritten or removed."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

GENERATOR = "capture-station"
"""The mark in each file: HTML's ``generator`` metadata in a page, PNG's ``Software`` text in a sheet."""
_MARKS = (b'<meta name="generator" content="capture-station">', b"tEXtSoftware\0capture-station")
_START_BYTES = 1024
_NAME = re.compile(r"report(-\d+)?\.(html|png)|\.report(-\d+)?\.(html|png)\.partial")
_TILE = re.compile(rb' id="p-([0-9a-f-]+)"')


def find_report_files(folder: Path) -> list[Path]:
    """Pages and sheets of the report in a folder, also leftovers of an interruption; none if there is no such folder.

    Raises:
        OSError: The folder cannot be read.
    """
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and is_report_file(path)]


def is_report_file(path: Path) -> bool:
    """Whether ``report`` wrote this file.

    Raises:
        OSError: The file cannot be read.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    return any(mark in start for mark in _MARKS)


def remove_report(folder: Path, shown: Collection[str]) -> None:
    """Remove the report in a folder if it shows one of these captures.

    Raises:
        OSError: The report cannot be read or removed.
    """
    files = find_report_files(folder)
    pages = [path for path in files if ".html" in path.name]
    if all(_ids_on(page).isdisjoint(shown) for page in pages):
        # A sheet is written after its page. Where that is missing, nobody can tell whom the sheet shows.
        told = set(map(_stem, pages))
        files = [path for path in files if _stem(path) not in told]
    for path in files:
        path.unlink(missing_ok=True)


def _stem(path: Path) -> str:
    """``report``, or ``report-2`` and so on, which a page and its sheet have in common."""
    return path.name.strip(".").split(".")[0]


def _ids_on(page: Path) -> set[str]:
    return {capture_id.decode() for capture_id in _TILE.findall(page.read_bytes())}
