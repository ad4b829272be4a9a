"""Writes the pages and sheets of a report into a folder, readable only by their owner, as the portraits are."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from capture_station.archive.disk import Disk, write_atomically
from capture_station.archive.report_files import find_report_files, is_report_file
from capture_station.errors import ArchiveError
from capture_station.locales.messages import Messages
from capture_station.reports.contact_sheet import COLUMNS, sheet
from capture_station.reports.html_page import address, page
from capture_station.reports.overview import Overview, Tile, empty_tile, heading, overview, tile
from capture_station.reports.roster_order import by_roster
from capture_station.reports.session import Capture, Session
from capture_station.reports.thumbnails import thumbnails
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

PAGE = 20 * COLUMNS
"""Portraits on a page."""
REVIEWS_PICTURED = 2 * PAGE
"""Portraits to review that the first page shows as pictures; it lists the others."""
_SWITCH_S = 1e-4
"""A thread that comes back from a library's short call would otherwise wait 5 ms for one that draws text."""


def write_report(
    session: Session,
    output: Path,
    language: str,
    advance: Callable[[], None] = lambda: None,
    names: bool = True,
    roster: Roster | None = None,
) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.png``, and ``report-2`` and so on if there are many portraits.

    The files of an earlier report in the folder are replaced. Other files are never replaced.

    Args:
        advance: Called once per portrait.
        names: Say whose portrait each is.
        roster: Sort by it, with an empty tile for everybody without a portrait. None: in the order of capture.

    Returns:
        The first page and the first sheet.

    Raises:
        ArchiveError: The report cannot be written there, or another file has one of its names.
    """
    messages = Messages(language)
    shown = list[Capture | Subject](session.captures) if roster is None else by_roster(session.captures, roster)
    count = max(1, -(-len(shown) // PAGE))
    stems = ["report", *(f"report-{number}" for number in range(2, count + 1))]
    pages = [f"{stem}.html" for stem in stems]
    _refuse_foreign([output / f"{stem}{suffix}" for stem in stems for suffix in (".html", ".png")])
    title = heading(session, messages)
    disk = Disk()
    tiles = list[Tile]()
    review = list[tuple[Tile, str]]()
    workers = len(os.sched_getaffinity(0))
    pages_begun = deque[Future[None]]()
    try:
        output.mkdir(parents=True, exist_ok=True)
        here = output.resolve()

        def write(number: int, summed_up: Overview, part: Sequence[Tile]) -> None:
            html = page(summed_up, part, review, number, pages, language, messages)
            # A link may contain the name of a folder that is not valid Unicode.
            write_atomically(disk, output / pages[number], html.encode(errors="replace"))
            write_atomically(disk, output / f"{stems[number]}.png", sheet(summed_up, part, number, count, messages))

        with ExitStack() as stack:
            # Threads are enough: the libraries that do most of the work let other threads run.
            pool = ThreadPoolExecutor(workers)
            stack.callback(pool.shutdown, cancel_futures=True)
            stack.callback(sys.setswitchinterval, sys.getswitchinterval())
            sys.setswitchinterval(_SWITCH_S)
            thumbs = thumbnails([one for one in shown if isinstance(one, Capture)], pool, 4 * workers)
            for number in range(count):
                part = list[Tile]()
                for one in shown[PAGE * number : PAGE * (number + 1)]:
                    if isinstance(one, Subject):
                        part.append(empty_tile(one, names))
                        continue
                    link = quote(os.fsencode(os.path.relpath(one.portrait, here)))
                    part.append(tile(one, next(thumbs), link, session, messages, names))
                    advance()
                for made in part:
                    if made.verdict == "review":
                        pictured = made if len(review) < REVIEWS_PICTURED else replace(made, thumb=b"")
                        review.append((pictured, address(pages[number], made.id)))
                if number == 0:
                    first = part
                else:
                    pages_begun.append(pool.submit(write, number, title, part))
                if len(pages_begun) > workers:
                    pages_begun.popleft().result()
                # The pictures of all pages together would not fit into memory.
                tiles += [replace(made, thumb=b"") for made in part]
            for begun in pages_begun:
                begun.result()
        # The first page sums up all of them, so it comes last.
        write(0, overview(session, tiles, messages), first)
        for path in find_report_files(output):
            if path.stem not in stems:
                path.unlink()
    except OSError as error:
        raise ArchiveError(f"{output}: the report cannot be written here: {error.strerror}; use --output") from error
    return output / pages[0], output / f"{stems[0]}.png"


def _refuse_foreign(paths: list[Path]) -> None:
    for path in paths:
        try:
            foreign = os.path.lexists(path) and not is_report_file(path)
        except OSError:
            foreign = True
        if foreign:
            raise ArchiveError(f"{path}: `report` did not write this file and keeps it; move it away or use --output")
