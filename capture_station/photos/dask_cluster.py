"""Cleans many photos on a running Dask cluster; no other file imports distributed.

If a worker dies, the scheduler gives its photo to another worker, which skips results that are already complete.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import islice

import cv2
from distributed import Client, Future, KilledWorker, as_completed

from capture_station import __version__
from capture_station.errors import ConfigError, NotRunning
from capture_station.photos.cleaning import WORKER_DIED, CleaningOptions, Outcome, clean_photo
from capture_station.photos.discovery import Photo
from capture_station.photos.name_collisions import split_collisions

CONNECT_TIMEOUT_S = 30
"""Time limit for reaching the scheduler, and again for its first worker."""
_MAX_SUBMITTED = 1000
"""Photos submitted at once; a batch may have millions."""
_RETRIES = 2
"""For a photo whose result could not be written, because networks fail for moments."""


def clean_on_cluster(photos: Iterable[Photo], options: CleaningOptions, address: str) -> Generator[Outcome, None, None]:
    """Clean photos on the workers of the scheduler at ``address`` and yield each outcome when it is known.

    Workers need the same version of this package, and access to the locations of photos and results. A photo fails
    only if workers die while it is the only photo submitted. Closing the iterator cancels photos not yet started.

    Raises:
        NotRunning: The scheduler does not answer, has no worker, or disappeared.
        ConfigError: The workers have another version of this package, or do not have it.
        StationError: As ``clean_photo``.
    """
    photos, collisions = split_collisions(photos)
    yield from collisions
    with _connected(address) as client:
        try:
            suspects = yield from _until_workers_die(client, iter(photos), options, _MAX_SUBMITTED)
            for photo in suspects:
                if (yield from _until_workers_die(client, iter([photo]), options, 1)):
                    yield Outcome(photo.source, "failed", (WORKER_DIED,))
        except CancelledError as error:
            raise NotRunning(
                f"{address}: the connection to the scheduler is lost; run the same command again to continue"
            ) from error
        except ImportError as error:
            raise ConfigError(f"{address}: workers need capture-station {__version__}: {error}") from error


def _connected(address: str) -> Client:
    try:
        client = Client(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NotRunning(f"{address}: no Dask scheduler answers: {error}") from error
    try:
        client.wait_for_workers(1, timeout=CONNECT_TIMEOUT_S)
    except TimeoutError as error:
        client.close()
        raise NotRunning(f"{address}: the scheduler has no workers; start `dask worker {address}`") from error
    return client


def _until_workers_die(
    client: Client, photos: Iterator[Photo], options: CleaningOptions, max_submitted: int
) -> Generator[Outcome, None, list[Photo]]:
    """Yield outcomes when they are known. Return the photos whose workers died repeatedly."""
    submitted: dict[Future, Photo] = {}
    suspects = []

    def submit(count: int) -> list[Future]:
        batch = {
            client.submit(_clean, photo, options, __version__, pure=False, retries=_RETRIES): photo
            for photo in islice(photos, count)
        }
        submitted.update(batch)
        return list(batch)

    try:
        done = as_completed(submit(max_submitted), loop=client.loop)
        for future in done:
            photo = submitted.pop(future)
            try:
                outcome = future.result()
            except KilledWorker:
                suspects.append(photo)
            else:
                yield outcome
            done.update(submit(1))
    finally:
        client.cancel(list(submitted))
    return suspects


def _clean(photo: Photo, options: CleaningOptions, version: str) -> Outcome:
    """Runs on a worker. Each of its threads cleans a photo, so OpenCV gets no threads of its own."""
    if version != __version__:
        raise ImportError(f"a worker has {__version__}")
    cv2.setNumThreads(1)
    return clean_photo(photo, options)
