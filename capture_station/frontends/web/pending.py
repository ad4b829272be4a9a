"""Captures that were asked for over HTTP and not waited for, and what became of them."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from concurrent.futures import CancelledError, Future

from capture_station.errors import StationError
from capture_station.frontends.web.schemas import CaptureAnswer, Failure, RequestAnswer
from capture_station.station.contract import PublicStation
from capture_station.station.status import Shot

REMEMBERED = 256


class Orders:
    """The newest requests by an id that cannot be guessed. ``add`` and ``find`` are the event loop's."""

    def __init__(self) -> None:
        self._shots: OrderedDict[str, Future[Shot]] = OrderedDict()

    def add(self, shot: Future[Shot]) -> str:
        """Remember a request; its id."""
        order = secrets.token_hex(8)
        self._shots[order] = shot
        while len(self._shots) > REMEMBERED:
            self._shots.popitem(last=False)
        return order

    def find(self, order: str) -> Future[Shot] | None:
        return self._shots.get(order)


def outcome(station: PublicStation, order: str, shot: Future[Shot]) -> RequestAnswer:
    """How a request stands. Reads the archive: not for the event loop."""
    if not shot.done():
        return RequestAnswer(id=order, status="pending")
    try:
        saved = station.find(shot.result().id)
    except CancelledError:
        return RequestAnswer(id=order, status="cancelled")
    except StationError as error:
        return RequestAnswer(id=order, status="failed", error=Failure(error=str(error), code=error.exit_code))
    # It may be deleted by now.
    return RequestAnswer(id=order, status="done", capture=None if saved is None else CaptureAnswer.of(saved))
