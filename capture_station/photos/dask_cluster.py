"""Many photos on a Dask cluster that runs already; the one file that knows distributed.

The scheduler gives a photo whose worker died to another. What the dead one had placed is there whole, and is skipped.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import islice

import cv2
from distributed import Client, Future, KilledWorker, as_completed

from capture_station import __version__
from capture_station.errors import ConfigError, NotRunning
from capture_station.photos.batch import DIED, told_apart
from capture_station.photos.cleaning import Order, Outcome, clean_photo
from capture_station.photos.discovery import Photo

ANSWER_S = 30
"""For the scheduler, and then for its first worker."""
_AHEAD = 1000
"""Photos the scheduler knows of at once, of what may be millions."""
_RETRIES = 2
"""Of a photo whose result could not be placed: networks have bad moments."""


def clean_on_cluster(photos: Iterable[Photo], order: Order, address: str) -> Generator[Outcome, None, None]:
    """Clean photos on the workers of the scheduler at ``address``; outcomes come as they are done.

    Workers need this version of the package, and must reach the locations of photos and results. A photo is lost only
    if workers die of it that do nothing else. Closing the iterator takes back what no worker has begun.

    Raises:
        NotRunning: The scheduler does not answer, has no worker, or is lost.
        ConfigError: The workers have another version of this package, or none.
        StationError: As ``clean_photo``.
    """
    photos, rivals = told_apart(photos)
    yield from rivals
    with _connected(address) as client:
        try:
            suspects = yield from _unless_killed(client, iter(photos), order, _AHEAD)
            for photo in suspects:
                if (yield from _unless_killed(client, iter([photo]), order, 1)):
                    yield Outcome(photo.source, "failed", (DIED,))
        except CancelledError as error:
            raise NotRunning(f"{address}: the scheduler is lost; run the same command again to go on") from error
        except ImportError as error:
            raise ConfigError(f"{address}: workers need capture-station {__version__}: {error}") from error


def _connected(address: str) -> Client:
    try:
        client = Client(address, timeout=ANSWER_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NotRunning(f"{address}: no Dask scheduler answers: {error}") from error
    try:
        client.wait_for_workers(1, timeout=ANSWER_S)
    except TimeoutError as error:
        client.close()
        raise NotRunning(f"{address}: the scheduler has no workers; start `dask worker {address}`") from error
    return client


def _unless_killed(
    client: Client, photos: Iterator[Photo], order: Order, ahead: int
) -> Generator[Outcome, None, list[Photo]]:
    """Outcomes as they are done; returns the photos whose workers died again and again."""
    under_way: dict[Future, Photo] = {}
    suspects = []

    def send(count: int) -> list[Future]:
        sent = {
            client.submit(_clean, photo, order, __version__, pure=False, retries=_RETRIES): photo
            for photo in islice(photos, count)
        }
        under_way.update(sent)
        return list(sent)

    try:
        done = as_completed(send(ahead), loop=client.loop)
        for future in done:
            photo = under_way.pop(future)
            try:
                outcome = future.result()
            except KilledWorker:
                suspects.append(photo)
            else:
                yield outcome
            done.update(send(1))
    finally:
        client.cancel(list(under_way))
    return suspects


def _clean(photo: Photo, order: Order, version: str) -> Outcome:
    """On a worker, whose threads each take a photo, so that OpenCV needs none of its own."""
    if version != __version__:
        raise ImportError(f"a worker has {__version__}")
    cv2.setNumThreads(1)
    return clean_photo(photo, order)
