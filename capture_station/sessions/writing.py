"""A session's report on disk: pages and sheets side by side, readable only by their owner, as the portraits are."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from capture_station.catalogue import Words
from capture_station.errors import ArchiveError
from capture_station.sessions.overview import Tile, overview, tile
from capture_station.sessions.page import address, page
from capture_station.sessions.session import Session
from capture_station.sessions.sheet import COLUMNS, sheet
from capture_station.sessions.thumbnails import thumbnails

PAGE = 20 * COLUMNS
"""Portraits on one."""
_OWN_NAME = re.compile(r"report(-\d+)?\.(html|png)")


def write_report(
    session: Session, output: Path, language: str, advance: Callable[[], None] = lambda: None
) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.png``, and ``report-2`` and so on where there are many portraits.

    What an earlier report left in the folder is replaced.

    Args:
        advance: Called for each portrait.

    Returns:
        The first page and the first sheet.

    Raises:
        ArchiveError: They cannot be written there.
    """
    words = Words(language)
    tiles = []
    for capture, thumb in zip(session.captures, thumbnails(session.captures), strict=True):
        tiles.append(tile(capture, thumb, os.path.relpath(capture.portrait, output.resolve()), session, words))
        advance()
    shown = overview(session, tiles, words)
    pages = [tiles[start : start + PAGE] for start in range(0, len(tiles), PAGE)] or [[]]
    stems = ["report", *(f"report-{number}" for number in range(2, len(pages) + 1))]
    names = [f"{stem}.html" for stem in stems]
    review: list[tuple[Tile, str]] = [
        (one, address(name, one.id))
        for name, part in zip(names, pages, strict=True)
        for one in part
        if one.verdict == "review"
    ]
    try:
        output.mkdir(parents=True, exist_ok=True)
        for number, part in enumerate(pages):
            html = page(shown, part, review, number, names, language, words)
            _write(output / names[number], html.encode())
            _write(output / f"{stems[number]}.png", sheet(shown, part, number, len(pages), words))
        for path in output.iterdir():
            if _OWN_NAME.fullmatch(path.name) and path.stem not in stems:
                path.unlink()
    except OSError as error:
        raise ArchiveError(f"{output}: the report cannot be written here: {error.strerror}; use --output") from error
    return output / names[0], output / f"{stems[0]}.png"


def _write(path: Path, data: bytes) -> None:
    """The old file stays until the new one is whole."""
    partial = path.with_name(f".{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
    partial.replace(path)
