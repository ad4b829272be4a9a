"""Cleans many photos in parallel processes; a crashed worker loses only the photo that crashed it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for
from multiprocessing.synchronize import Lock
from typing import TypeAlias

import cv2

from capture_station.photos.cleaning import WORKER_DIED, CleaningOptions, Outcome, clean_photo
from capture_station.photos.discovery import Photo
from capture_station.photos.memory import share_turn
from capture_station.photos.name_collisions import split_collisions

_QUEUED_PER_WORKER = 2
"""One photo to work on, and one waiting, so that no worker idles."""


Clean: TypeAlias = Callable[[Photo, CleaningOptions], Outcome]


def clean_photos(
    photos: Iterable[Photo], options: CleaningOptions, jobs: int, clean: Clean = clean_photo
) -> Generator[Outcome, None, None]:
    """Clean photos in ``jobs`` processes and yield each outcome when it is known. Main thread only.

    If several photos would have the same result file, the first is cleaned and the others fail. If a worker dies, all
    unfinished photos are cleaned again, one at a time; only a photo that kills its worker a second time fails.
    Closing the iterator, as Ctrl-C does, stops each worker after its current photo.

    Args:
        photos: The photos.
        options: What is done to each of them.
        jobs: Number of processes.
        clean: Does it; importable in other processes.

    Raises:
        StationError: As ``clean``.
    """
    photos, collisions = split_collisions(photos)
    yield from collisions
    waiting = iter(photos)
    while suspects := (yield from _until_a_worker_dies(waiting, options, jobs, clean)):
        for photo in suspects:
            if (yield from _until_a_worker_dies(iter([photo]), options, 1, clean)):
                yield Outcome(photo.source, "failed", (WORKER_DIED,))


def _until_a_worker_dies(
    photos: Iterator[Photo], options: CleaningOptions, jobs: int, clean: Clean
) -> Generator[Outcome, None, list[Photo]]:
    """Yield the outcomes of one pool of workers. Return the photos that were unfinished when a worker died."""
    spawn = multiprocessing.get_context("spawn")
    unfinished: dict[Photo, Future[Outcome] | None] = {}
    pool = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_initialize_worker, initargs=(spawn.Lock(),))
    try:
        while True:
            for photo in islice(photos, _QUEUED_PER_WORKER * jobs - len(unfinished)):
                unfinished[photo] = None
                with _sigint_blocked():
                    unfinished[photo] = pool.submit(clean, photo, options)
            if not unfinished:
                return []
            wait([future for future in unfinished.values() if future], return_when=FIRST_COMPLETED)
            for photo in [photo for photo, future in unfinished.items() if future and future.done()]:
                future = unfinished[photo]
                assert future
                outcome = future.result()
                del unfinished[photo]
                yield outcome
    except BrokenProcessPool:
        return list(unfinished)
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Block SIGINT while workers start. They inherit the mask, so Ctrl-C interrupts only the parent process.

    An interrupt that arrives meanwhile is delivered at the end.
    """
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)


def _initialize_worker(turn: Lock) -> None:
    """Runs in each worker before its first photo."""
    share_turn(turn)
    cv2.setNumThreads(1)
    # A damaged file is reported in one line of ours; the decoder's warnings would repeat it.
    warnings.simplefilter("ignore")
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """Exit when the parent process is killed. Otherwise the worker would wait for photos for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)
