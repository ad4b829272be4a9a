"""Runs a batch of photos once at a time: shows progress, a line for each that needs attention, and a summary."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from capture_station.errors import ArchiveError, Busy, PhotoError
from capture_station.file_locks import lock
from capture_station.masking import shown
from capture_station.photos.cleaning import Outcome, Verdict
from capture_station.photos.locations import is_url
from capture_station.terminal_text import printable

VERDICTS: tuple[Verdict, ...] = ("ok", "review", "refused", "skipped", "failed", "unmatched")
"""In the order of the summary."""


def show_outcomes(
    outcomes: Iterable[Outcome], total: int, names: Mapping[str, str], done: list[Outcome], with_reasons: bool = False
) -> None:
    """Print a line for each outcome with reasons, and at the end, however that comes, the summary.

    Args:
        outcomes: In the order in which they are known.
        total: How many there will be.
        names: How messages name a photo, by its path or URL; others are named by that.
        done: Gets the outcomes.
        with_reasons: Keep their reasons in ``done``. Of a million photos, they would fill the memory.
    """
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    columns = (TextColumn("cleaning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            bar = progress.add_task("", total=total)
            for outcome in outcomes:
                done.append(outcome if with_reasons else replace(outcome, reasons=()))
                if outcome.reasons:
                    name = names.get(outcome.source, outcome.source)
                    console.print(printable(f"{outcome.verdict}: {name}: {'; '.join(outcome.reasons)}"))
                progress.advance(bar)
    finally:
        counts = Counter(outcome.verdict for outcome in done)
        told = [one for one in VERDICTS if counts[one] or one not in ("refused", "unmatched")]
        summary = [f"{counts[verdict]} {verdict}" for verdict in told]
        print(f"{counts.total()} of {total} photo{'' if total == 1 else 's'}: {', '.join(summary)}", flush=True)


def unread_line(paths: Iterable[str]) -> str:
    """One line that counts pictures whose format is not read."""
    kinds = Counter(PurePath(path).suffix.lower() for path in paths)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"not read: {counts}; export them as JPEG or TIFF first"


def no_photo(paths: Iterable[str | Path], unread: Sequence[str]) -> PhotoError:
    """The error where no photo is below any of the paths."""
    places = ", ".join(shown(str(path)) for path in paths)
    return PhotoError("; ".join([f"no photo below {places}", *([unread_line(unread)] if unread else [])]))


def all_cleaned(done: Iterable[Outcome]) -> bool:
    """Whether no photo failed, none was refused, and every photo's person was found."""
    return not any(outcome.verdict in ("failed", "refused", "unmatched") for outcome in done)


@contextlib.contextmanager
def only_run(folders: Sequence[str]) -> Iterator[None]:
    """Create the output folders that are missing, and keep other processes from writing into them.

    A folder behind a URL has no lock; two runs into it make the same files twice.
    """
    with contextlib.ExitStack() as stack:
        for folder in folders:
            if is_url(folder):
                continue
            try:
                os.makedirs(folder, exist_ok=True)
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                stack.callback(os.close, descriptor)
                lock(descriptor)
            except BlockingIOError as error:
                raise Busy(f"{folder}: another process writes into this folder; wait for it") from error
            except OSError as error:
                raise ArchiveError(f"{folder}: cannot be used as output folder: {error.strerror}") from error
        yield


@contextlib.contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Make SIGTERM stop the batch as Ctrl-C does."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
