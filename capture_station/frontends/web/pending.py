"""Captures that were requested over HTTP, and their status."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from concurrent.futures import CancelledError, Future

from capture_station.errors import StationError
from capture_station.frontends.web.schemas import CaptureResponse, ErrorResponse, RequestStatusResponse
from capture_station.station.contract import PublicStation
from capture_station.station.status import Shot

MAX_REMEMBERED = 256


class PendingCaptures:
    """Remembers the newest requests by a random id. ``add`` and ``find`` are used by the event loop only."""

    def __init__(self) -> None:
        self._shots: OrderedDict[str, Future[Shot]] = OrderedDict()

    def add(self, shot: Future[Shot]) -> str:
        """Remember a request and return its id."""
        request_id = secrets.token_hex(8)
        self._shots[request_id] = shot
        while len(self._shots) > MAX_REMEMBERED:
            self._shots.popitem(last=False)
        return request_id

    def find(self, request_id: str) -> Future[Shot] | None:
        return self._shots.get(request_id)


def request_status(station: PublicStation, request_id: str, shot: Future[Shot]) -> RequestStatusResponse:
    """Return the status of a request. Reads the archive, so do not call it in the event loop."""
    if not shot.done():
        return RequestStatusResponse(id=request_id, status="pending")
    try:
        saved = station.find(shot.result().id)
    except CancelledError:
        return RequestStatusResponse(id=request_id, status="cancelled")
    except StationError as error:
        return RequestStatusResponse(id=request_id, status="failed", error=ErrorResponse.of(error))
    # The capture may have been deleted since.
    capture = None if saved is None else CaptureResponse.of(saved)
    return RequestStatusResponse(id=request_id, status="done", capture=capture)
