"""Tells a report's files from all others that may lie beside them: nobody else's is overwritten or removed."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

GENERATOR = "capture-station"
"""Who made it: in a page the ``generator`` of HTML's standard metadata, in a sheet PNG's text ``Software``."""
_MARKS = (b'<meta name="generator" content="capture-station">', b"tEXtSoftware\0capture-station")
_START_BYTES = 1024
_NAME = re.compile(r"report(-\d+)?\.(html|png)")
_TILE = re.compile(rb' id="p-([0-9a-f-]+)"')


def own_files(folder: Path) -> list[Path]:
    """Pages and sheets of the report in a folder; none where there is no such folder.

    Raises:
        OSError: The folder cannot be read.
    """
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and is_own(path)]


def is_own(path: Path) -> bool:
    """Whether a report was written there.

    Raises:
        OSError: It cannot be read.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    return any(mark in start for mark in _MARKS)


def remove_report(folder: Path, shown: Collection[str]) -> None:
    """Remove the report in a folder, if there is one and it shows one of these captures.

    Raises:
        OSError: It cannot be read or removed.
    """
    own = own_files(folder)
    if any(not _tiles(page).isdisjoint(shown) for page in own if page.suffix == ".html"):
        for path in own:
            path.unlink()


def _tiles(page: Path) -> set[str]:
    return {capture_id.decode() for capture_id in _TILE.findall(page.read_bytes())}
