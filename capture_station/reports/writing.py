"""Writes the pages and sheets of a report into a folder, readable only by their owner, as the portraits are."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from capture_station.archive.disk import Disk, write_atomically
from capture_station.archive.report_files import find_report_files, is_report_file
from capture_station.errors import ArchiveError
from capture_station.locales.messages import Messages
from capture_station.reports.contact_sheet import COLUMNS, sheet
from capture_station.reports.html_page import address, page
from capture_station.reports.overview import Overview, Tile, heading, overview, tile
from capture_station.reports.session import Session
from capture_station.reports.thumbnails import thumbnails

PAGE = 20 * COLUMNS
"""Portraits on a page."""
REVIEWS_PICTURED = 2 * PAGE
"""Portraits to review that the first page shows as pictures; it lists the others."""


def write_report(
    session: Session, output: Path, language: str, advance: Callable[[], None] = lambda: None
) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.png``, and ``report-2`` and so on if there are many portraits.

    The files of an earlier report in the folder are replaced. Other files are never replaced.

    Args:
        advance: Called once per portrait.

    Returns:
        The first page and the first sheet.

    Raises:
        ArchiveError: The report cannot be written there, or another file has one of its names.
    """
    messages = Messages(language)
    count = max(1, -(-len(session.captures) // PAGE))
    stems = ["report", *(f"report-{number}" for number in range(2, count + 1))]
    names = [f"{stem}.html" for stem in stems]
    _refuse_foreign([output / f"{stem}{suffix}" for stem in stems for suffix in (".html", ".png")])
    title = heading(session, messages)
    disk = Disk()
    tiles = list[Tile]()
    review = list[tuple[Tile, str]]()
    try:
        output.mkdir(parents=True, exist_ok=True)

        def write(number: int, shown: Overview, part: Sequence[Tile]) -> None:
            html = page(shown, part, review, number, names, language, messages)
            # A link may contain the name of a folder that is not valid Unicode.
            write_atomically(disk, output / names[number], html.encode(errors="replace"))
            write_atomically(disk, output / f"{stems[number]}.png", sheet(shown, part, number, count, messages))

        with closing(thumbnails(session.captures)) as thumbs:
            for number in range(count):
                part = list[Tile]()
                for capture in session.captures[PAGE * number : PAGE * (number + 1)]:
                    link = quote(os.fsencode(os.path.relpath(capture.portrait, output.resolve())))
                    part.append(tile(capture, next(thumbs), link, session, messages))
                    advance()
                for one in part:
                    if one.verdict == "review":
                        pictured = one if len(review) < REVIEWS_PICTURED else replace(one, thumb=b"")
                        review.append((pictured, address(names[number], one.id)))
                if number == 0:
                    first = part
                else:
                    write(number, title, part)
                # The pictures of all pages together would not fit into memory.
                tiles += [replace(one, thumb=b"") for one in part]
        # The first page sums up all of them, so it comes last.
        write(0, overview(session, tiles, messages), first)
        for path in find_report_files(output):
            if path.stem not in stems:
                path.unlink()
    except OSError as error:
        raise ArchiveError(f"{output}: the report cannot be written here: {error.strerror}; use --output") from error
    return output / names[0], output / f"{stems[0]}.png"


def _refuse_foreign(paths: list[Path]) -> None:
    for path in paths:
        try:
            foreign = os.path.lexists(path) and not is_report_file(path)
        except OSError:
            foreign = True
        if foreign:
            raise ArchiveError(f"{path}: `report` did not write this file and keeps it; move it away or use --output")
