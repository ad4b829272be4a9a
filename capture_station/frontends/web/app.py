"""Builds the ASGI application of one station: routes, error handlers, static files, middleware."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from capture_station import __version__, shipped
from capture_station.config import Language, WebSettings
from capture_station.errors import StationError
from capture_station.frontends.kept_settings import KeptSettings
from capture_station.frontends.web.auth import RateLimiter, TokenAuth
from capture_station.frontends.web.errors import error_response, station_error_response
from capture_station.frontends.web.events import EventStream
from capture_station.frontends.web.middleware import SecurityMiddleware
from capture_station.frontends.web.origin import OriginPolicy
from capture_station.frontends.web.pairing import PairingCodes
from capture_station.frontends.web.routes.captures import capture_routes
from capture_station.frontends.web.routes.live import live_routes
from capture_station.frontends.web.routes.prints import print_routes
from capture_station.frontends.web.routes.public import public_routes
from capture_station.frontends.web.routes.settings import settings_routes
from capture_station.frontends.web.routes.share import share_routes
from capture_station.frontends.web.routes.subjects import subject_routes
from capture_station.frontends.web.schemas import ErrorResponse
from capture_station.frontends.web.share_links import ShareLinks
from capture_station.frontends.web.streams import StreamSlots
from capture_station.frontends.web.zip_export import Download
from capture_station.release import ReleaseRule
from capture_station.station.contract import PublicStation

PAGE = Path(__file__).with_name("page")
FONTS = shipped.font_path(bold=False).parent

ACTIONS_BURST, ACTIONS_PER_S = 30, 5.0
FAILED_LOGINS_BURST, FAILED_LOGINS_PER_S = 5, 0.1


def web_app(
    station: PublicStation,
    settings: WebSettings,
    language: Language,
    auth: TokenAuth,
    pairing: PairingCodes,
    share_links: ShareLinks | None,
    kept_settings: KeptSettings,
    new_download: Callable[[], Download | None],
    rule: ReleaseRule,
    closing: asyncio.Event,
) -> ASGIApp:
    """Return the application.

    Args:
        new_download: Begins a download: names of its portraits, and tables.
        rule: What a download of a day holds, and what has a link.
        closing: Open streams end when it is set.
    """
    app = FastAPI(
        title="capture-station",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"model": ErrorResponse}, "5XX": {"model": ErrorResponse}},
    )
    sharing = share_links is not None
    events = EventStream(station, language, sharing, closing)
    failed_logins = RateLimiter(FAILED_LOGINS_BURST, FAILED_LOGINS_PER_S)
    app.include_router(public_routes(station, language, auth, pairing, failed_logins))
    # For the OpenAPI document only: SecurityMiddleware has already checked them.
    documented = [
        Security(HTTPBearer(auto_error=False)),
        Security(APIKeyCookie(name=auth.cookie_name, auto_error=False)),
    ]
    streams = StreamSlots()
    app.include_router(
        live_routes(station, language, settings.jpeg_quality, sharing, streams, events, closing),
        dependencies=documented,
    )
    app.include_router(settings_routes(station, kept_settings), dependencies=documented)
    app.include_router(capture_routes(station, events, new_download, rule, closing), dependencies=documented)
    app.include_router(subject_routes(station, events), dependencies=documented)
    app.include_router(print_routes(station), dependencies=documented)

    if share_links is not None:
        app.include_router(share_routes(station, share_links, rule, language))

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    app.mount("/page/fonts", StaticFiles(directory=FONTS), name="fonts")
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    app.add_exception_handler(StationError, _station_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected_error)
    actions = RateLimiter(ACTIONS_BURST, ACTIONS_PER_S)
    return SecurityMiddleware(app, auth, OriginPolicy(settings.host_names), actions, failed_logins)


async def _station_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, StationError)
    return station_error_response(error)


async def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        sentence = f"the body is not JSON (character {first['loc'][-1] + 1})"
        return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)
    if isinstance(error.body, bytes):  # Only JSON is parsed. curl says by itself that it sends a form.
        return error_response(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send Content-Type: application/json")
    field = ".".join(str(part) for part in first["loc"])
    return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, f"{field}: {first['msg']}")


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return JSONResponse({"error": str(error.detail), "code": error.status_code}, error.status_code, headers)


async def _unexpected_error(_: Request, error: Exception) -> Response:
    return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, f"internal error: {type(error).__name__}")
