"""Many photos over all processors; a worker that dies costs the photo that killed it, and no other."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for

import cv2

from capture_station.photos.cleaning import Order, Outcome, clean_photo
from capture_station.photos.discovery import Photo

_AHEAD = 2
"""Photos handed out for each worker: one that it works on, one that it need not wait for."""
DIED = "a worker process died on it: killed, out of memory, or its decoder crashed"


def clean_photos(photos: Iterable[Photo], order: Order, jobs: int) -> Generator[Outcome, None, None]:
    """Clean photos in ``jobs`` processes; outcomes come as they are done. Main thread only.

    Of photos that would have the same result, the first is cleaned and the others fail. Where a worker dies, whatever
    was under way is done again, one photo a process, so that only one that kills its worker again is lost.
    Closing the iterator, as Ctrl-C does, ends the workers after the photo each is at.

    Raises:
        StationError: As ``clean_photo``.
    """
    photos, rivals = told_apart(photos)
    yield from rivals
    waiting = iter(photos)
    while suspects := (yield from _until_one_dies(waiting, order, jobs)):
        for photo in suspects:
            if (yield from _until_one_dies(iter([photo]), order, 1)):
                yield Outcome(photo.source, "failed", (DIED,))


def told_apart(photos: Iterable[Photo]) -> tuple[list[Photo], list[Outcome]]:
    """Of photos that would have the same result the first, and the others as failures."""
    first: dict[str, Photo] = {}
    rivals = []
    for photo in photos:
        rival = first.setdefault(photo.target, photo)
        if rival is not photo:
            reason = f"{rival.source} has the same name in the output; clean it into another"
            rivals.append(Outcome(photo.source, "failed", (reason,)))
    return list(first.values()), rivals


def _until_one_dies(photos: Iterator[Photo], order: Order, jobs: int) -> Generator[Outcome, None, list[Photo]]:
    """Outcomes of one pool of workers; returns the photos that were under way when one of these died."""
    spawn = multiprocessing.get_context("spawn")
    under_way: dict[Photo, Future[Outcome] | None] = {}
    pool = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_prepare)
    try:
        while True:
            for photo in islice(photos, _AHEAD * jobs - len(under_way)):
                under_way[photo] = None
                with _without_interrupts():
                    under_way[photo] = pool.submit(clean_photo, photo, order)
            if not under_way:
                return []
            wait([future for future in under_way.values() if future], return_when=FIRST_COMPLETED)
            for photo in [photo for photo, future in under_way.items() if future and future.done()]:
                future = under_way[photo]
                assert future
                outcome = future.result()
                del under_way[photo]
                yield outcome
    except BrokenProcessPool:
        return list(under_way)
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Workers are started in here and inherit the mask: Ctrl-C, which a terminal sends to all, is the parent's alone.

    An interrupt in the meantime is delivered at the end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare() -> None:
    """In each worker, before its first photo."""
    cv2.setNumThreads(1)
    # A damaged file is reported in one line, not in the decoder's words as well.
    warnings.simplefilter("ignore")
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot tell its workers to end; they would wait for photos for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)
