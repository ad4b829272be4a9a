"""Writes the pages and sheets of a report into a folder, readable only by their owner, as the portraits are."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote

from capture_station.archive.disk import Disk, write_atomically
from capture_station.archive.report_files import find_report_files, is_report_file
from capture_station.errors import ArchiveError
from capture_station.locales.messages import Messages
from capture_station.reports.contact_sheet import COLUMNS, sheet
from capture_station.reports.html_page import address, page
from capture_station.reports.overview import Overview, Tile, empty_tile, heading, overview, tile
from capture_station.reports.roster_order import by_roster, with_own_ids
from capture_station.reports.session import Capture, Session, newest_kept
from capture_station.reports.thumbnails import on_sheet, thumbnail
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

PAGE = 20 * COLUMNS
"""Portraits on a page."""
REVIEWS_PICTURED = 2 * PAGE
"""Portraits to review that the first page shows as pictures; it lists the others."""


def write_report(
    session: Session,
    output: Path,
    language: str,
    advance: Callable[[], None] = lambda: None,
    names: bool = True,
    roster: Roster | None = None,
) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.png``, and ``report-2`` and so on if there are many portraits.

    The files of an earlier report in the folder are replaced. Other files are never replaced. Captures that are removed
    meanwhile are left out.

    Args:
        advance: Called once per portrait, by any thread.
        names: Say whose portrait each is.
        roster: Sort by it, with an empty tile for everybody without a portrait. None: in the order of capture.

    Returns:
        The first page and the first sheet.

    Raises:
        ArchiveError: The report cannot be written there, another file has one of its names, or all captures are gone.
    """
    messages = Messages(language)
    if roster is not None:
        session = replace(session, captures=with_own_ids(session.captures, roster))
    newest = newest_kept(session.captures)
    shown = list[Capture | Subject](session.captures) if roster is None else by_roster(session.captures, roster, newest)
    count = max(1, -(-len(shown) // PAGE))
    stems = ["report", *(f"report-{number}" for number in range(2, count + 1))]
    pages = [f"{stem}.html" for stem in stems]
    _refuse_foreign([output / f"{stem}{suffix}" for stem in stems for suffix in (".html", ".png")])
    title = heading(session, messages)
    disk = Disk()
    tiles = list[Tile]()
    review = list[tuple[Tile, str]]()
    page_of = dict[str, int]()
    """Numbers of the pages behind the first one that show these captures."""

    def row(portraits: Sequence[Capture | Subject], counted: bool = True) -> list[Tile]:
        made = list[Tile]()
        for one in portraits:
            if isinstance(one, Subject):
                made.append(empty_tile(one, names))
            else:
                link = quote(os.fsencode(os.path.relpath(one.portrait, here)))
                listed = None if roster is None else roster.get(one.subject_id)
                detail = "" if listed is None else listed.detail
                shown_as = tile(one, thumbnail(one), link, session, messages, newest, names, detail)
                if one.folder.is_dir():  # What is removed meanwhile is not damaged.
                    made.append(shown_as)
                if counted:
                    advance()
        return made

    def bare_row(portraits: Sequence[Capture | Subject]) -> list[Tile]:
        return [replace(made, on_sheet=None) for made in row(portraits)]

    def write(number: int, summed_up: Overview, rows: Iterable[Sequence[Tile]]) -> list[Tile]:
        """Write a page and its sheet. Only one row of the sheet's pictures is in memory."""
        part = list[Tile]()

        def passing() -> Iterator[Sequence[Tile]]:
            for made in filter(None, rows):
                part.extend(replace(one, on_sheet=None) for one in made)
                yield made

        png = sheet(summed_up, passing(), number, count, messages)
        html = page(summed_up, part, review, number, pages, language, messages)
        # The page first: only a page tells whom its sheet shows, when somebody is to be removed after an interruption.
        # An earlier report's sheet shows whom this page may not name.
        sheet_path = output / f"{stems[number]}.png"
        sheet_path.unlink(missing_ok=True)
        # A link may contain the name of a folder that is not valid Unicode.
        write_atomically(disk, output / pages[number], html.encode(errors="replace"))
        write_atomically(disk, sheet_path, png)
        return part

    def sum_up(number: int, part: Iterable[Tile]) -> None:
        """Keep what the first page says of a page. The pictures of all pages would not fit into memory."""
        for made in part:
            tiles.append(replace(made, thumb=b"", on_sheet=None))
            if number and made.id:
                page_of[made.id] = number
            if made.to_review:
                pictured = replace(made, on_sheet=None) if len(review) < REVIEWS_PICTURED else tiles[-1]
                review.append((pictured, address(pages[number], made.id)))

    try:
        output.mkdir(parents=True, exist_ok=True)
        here = output.resolve()
        # Threads are enough: the libraries that do most of the work let other threads run.
        workers = len(os.sched_getaffinity(0))
        pool = ThreadPoolExecutor(workers)
        try:
            first = list(pool.map(bare_row, _rows(shown[:PAGE])))
            sum_up(0, chain.from_iterable(first))
            waiting = iter(range(1, count))
            begun = deque[Future[list[Tile]]]()
            for number in range(1, count):
                # Pages wait in memory until those before them are summed up, so only some are begun.
                for new in islice(waiting, 2 * workers - len(begun)):
                    rows = map(row, _rows(shown[PAGE * new : PAGE * (new + 1)]))
                    begun.append(pool.submit(write, new, title, rows))
                sum_up(number, begun.popleft().result())
        finally:
            pool.shutdown(cancel_futures=True)
        gone: set[str] | None = None
        while True:
            # Somebody may have been deleted since the pages were made, also during the last round of this.
            left = [one for one in session.captures if one.folder.is_dir()]
            known, gone = gone, {one.id for one in session.captures}.difference(one.id for one in left)
            if gone == known:
                break
            if session.captures and not left:
                raise ArchiveError(f"{session.folder}: no capture is left here: were all removed, or is its disk away?")
            for number in sorted({page_of.pop(one) for one in gone & page_of.keys()}):
                again = _rows(shown[PAGE * number : PAGE * (number + 1)])
                write(number, title, (row(portraits, counted=False) for portraits in again))
            # The first page sums up all of them, so it comes last.
            review[:] = [(one, where) for one, where in review if one.id not in gone]
            summed_up = overview(
                replace(session, captures=tuple(left)), [one for one in tiles if one.id not in gone], messages
            )
            there = [[one for one in tiled if one.id not in gone] for tiled in first]
            write(0, summed_up, ([replace(one, on_sheet=on_sheet(one.thumb)) for one in tiled] for tiled in there))
        for path in find_report_files(output):
            if path.stem not in stems:
                path.unlink()
    except OSError as error:
        raise ArchiveError(f"{output}: the report cannot be written here: {error.strerror}; use --output") from error
    return output / pages[0], output / f"{stems[0]}.png"


def _rows(portraits: Sequence[Capture | Subject]) -> list[Sequence[Capture | Subject]]:
    return [portraits[start : start + COLUMNS] for start in range(0, len(portraits), COLUMNS)]


def _refuse_foreign(paths: list[Path]) -> None:
    for path in paths:
        try:
            foreign = os.path.lexists(path) and not is_report_file(path)
        except OSError:
            foreign = True
        if foreign:
            raise ArchiveError(f"{path}: `report` did not write this file and keeps it; move it away or use --output")
