"""Errors on their way out: every one is ``{error, code}`` with the HTTP status that says the same."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse

from capture_station.errors import Busy, CameraError, DiskFull, NotRunning, StationError
from capture_station.frontends.web.streams import TooManyStreams

STATUS_OF: tuple[tuple[type[StationError], HTTPStatus], ...] = (
    (Busy, HTTPStatus.CONFLICT),
    (DiskFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (CameraError, HTTPStatus.SERVICE_UNAVAILABLE),
    (TooManyStreams, HTTPStatus.SERVICE_UNAVAILABLE),
    (NotRunning, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(error: StationError) -> HTTPStatus:
    """Which HTTP status a station's error is."""
    return next((status for kind, status in STATUS_OF if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def refused(error: StationError) -> JSONResponse:
    """What the station refused."""
    return JSONResponse({"error": str(error), "code": error.exit_code}, status_of(error))


def refusal(status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """What this face refuses by itself."""
    return JSONResponse({"error": sentence, "code": status.value}, status, headers)
