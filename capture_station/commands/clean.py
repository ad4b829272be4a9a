"""The clean command on a terminal: progress, a line for each photo to look at, and a summary."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from capture_station.config import StationSettings
from capture_station.errors import ArchiveError, Busy, ConfigError, PhotoError
from capture_station.photos.batch import clean_photos
from capture_station.photos.cleaning import Order, Outcome
from capture_station.photos.discovery import Photo, folder_of, list_photos
from capture_station.photos.store import is_url
from capture_station.portrait.reference import locked_correction


def clean(
    paths: Sequence[str | Path],
    output: str | Path,
    settings: StationSettings,
    jobs: int | None = None,
    alpha_only: bool = False,
    scheduler: str | None = None,
) -> bool:
    """Clean photos and folders of photos into ``output``; True if none failed. Main thread only.

    A folder below one of the paths that cannot be listed fails as a photo does.

    Args:
        paths: Paths, and URLs that fsspec reaches; ``output`` likewise.
        jobs: Processes; by default one for each processor this one may use.
        scheduler: Address of a Dask scheduler whose workers do it instead of processes here.

    Raises:
        PhotoError: A path is empty, does not exist or cannot be listed, or there is no photo.
        NotRunning: No scheduler answers, or it is lost.
        Busy: Another process writes into the output folder.
        ArchiveError: The output folder cannot be used.
        ConfigError: The colour reference is none.
        StationError: As ``clean_photos``.
        KeyboardInterrupt: SIGINT or SIGTERM; what was under way is finished, and running it again goes on from there.
    """
    folder = folder_of(output)
    unlisted: list[Outcome] = []
    photos = list_photos(paths, folder, lambda path, reason: unlisted.append(Outcome(path, "failed", (reason,))))
    if not photos and not unlisted:
        raise PhotoError(f"no photo below {', '.join(map(str, paths))}")
    # A matte is neither framed nor shadowed; what would be said of either concerns nobody.
    portrait = settings.portrait.model_copy(update={"preset": "free", "shadow": 0}) if alpha_only else settings.portrait
    order = Order(settings.segmentation, portrait, settings.archive, locked_correction(portrait), alpha_only)
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    columns = (TextColumn("cleaning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    counts: Counter[str] = Counter()
    total = len(photos) + len(unlisted)
    with (
        _locked(folder),
        _terminating_as_interrupts(),
        contextlib.closing(_outcomes(photos, order, jobs, scheduler)) as outcomes,
    ):
        try:
            with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
                bar = progress.add_task("", total=total)
                for outcome in chain(unlisted, outcomes):
                    counts[outcome.verdict] += 1
                    if outcome.reasons:
                        console.print(f"{outcome.verdict}: {outcome.source}: {'; '.join(outcome.reasons)}")
                    progress.advance(bar)
        finally:
            told = [f"{counts[verdict]} {verdict}" for verdict in ("ok", "review", "skipped", "failed")]
            print(f"{counts.total()} of {total} photos: {', '.join(told)}", flush=True)
    return not counts["failed"]


def _outcomes(
    photos: list[Photo], order: Order, jobs: int | None, scheduler: str | None
) -> Generator[Outcome, None, None]:
    if scheduler is None:
        return clean_photos(photos, order, jobs or len(os.sched_getaffinity(0)))
    try:
        from capture_station.photos.dask_cluster import clean_on_cluster
    except ImportError as error:
        raise ConfigError(f"--scheduler needs the extra [cluster]: {error}") from error
    return clean_on_cluster(photos, order, scheduler)


@contextlib.contextmanager
def _locked(output: str) -> Iterator[None]:
    """The output folder, made where it is missing, is this process's as long as the context is entered.

    One behind a URL has no lock; two runs into it make the same files twice.
    """
    if is_url(output):
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            os.makedirs(output, exist_ok=True)
            descriptor = os.open(output, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{output}: another process writes into this folder; wait for it") from error
        except OSError as error:
            raise ArchiveError(f"{output}: cannot be used as output folder: {error.strerror}") from error
        yield


@contextlib.contextmanager
def _terminating_as_interrupts() -> Iterator[None]:
    """SIGTERM ends a batch as Ctrl-C does."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
