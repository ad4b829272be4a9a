"""Error responses: the body is ``{error, code}``, with the HTTP status that matches the error."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse

from capture_station.errors import (
    Busy,
    CameraError,
    DiskFull,
    NotOffered,
    NotPermitted,
    NotRunning,
    PrintError,
    StationError,
    SubjectError,
    UnknownSubject,
)
from capture_station.frontends.web.schemas import ErrorResponse
from capture_station.frontends.web.streams import TooManyStreams
from capture_station.station.contract import PortraitRefused

STATUS_OF: tuple[tuple[type[StationError], HTTPStatus], ...] = (
    (Busy, HTTPStatus.CONFLICT),
    (PortraitRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotOffered, HTTPStatus.NOT_FOUND),
    (DiskFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (CameraError, HTTPStatus.SERVICE_UNAVAILABLE),
    (TooManyStreams, HTTPStatus.SERVICE_UNAVAILABLE),
    (UnknownSubject, HTTPStatus.NOT_FOUND),
    (SubjectError, HTTPStatus.CONFLICT),
    (NotRunning, HTTPStatus.SERVICE_UNAVAILABLE),
    (PrintError, HTTPStatus.CONFLICT),
)


def status_of(error: StationError) -> HTTPStatus:
    """Return the HTTP status of a station's error; 500 for kinds that have none of their own."""
    return next((status for kind, status in STATUS_OF if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def station_error_response(error: StationError) -> JSONResponse:
    """Return the response for an error of the station. ``code`` is its exit code."""
    body: dict[str, object] = ErrorResponse.of(error).model_dump()
    if isinstance(error, UnknownSubject):
        body["may_confirm"] = error.may_confirm
    if isinstance(error, NotPermitted):
        body["not_permitted"] = {"person": error.person, "says": error.says}
    return JSONResponse(body, status_of(error))


def too_many_requests(wait_s: float) -> JSONResponse:
    """Return the response for a client that has to wait before its next request."""
    retry = {"Retry-After": str(int(wait_s) + 1)}
    return error_response(HTTPStatus.TOO_MANY_REQUESTS, "too many requests; wait a moment", retry)


def error_response(status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the response for an error of the web server itself. ``code`` is the HTTP status."""
    return JSONResponse({"error": sentence, "code": status.value}, status, headers)
