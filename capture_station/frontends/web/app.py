"""The whole interface of one station as an ASGI application."""

from __future__ import annotations

import asyncio
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
from capture_station.frontends.web.auth import COOKIE, Access, Allowance
from capture_station.frontends.web.errors import refusal, refused
from capture_station.frontends.web.events import Events
from capture_station.frontends.web.middleware import Guard
from capture_station.frontends.web.routes.captures import capture_routes
from capture_station.frontends.web.routes.live import live_routes
from capture_station.frontends.web.routes.public import open_routes
from capture_station.frontends.web.schemas import Failure
from capture_station.frontends.web.streams import Streams
from capture_station.station.contract import PublicStation

PAGE = Path(__file__).with_name("page")
FONTS = shipped.font_path(bold=False).parent

ACTIONS_AT_ONCE, ACTIONS_PER_S = 30, 5.0
LOGINS_AT_ONCE, LOGINS_PER_S = 5, 0.1


def web_app(
    station: PublicStation, settings: WebSettings, language: Language, access: Access, closing: asyncio.Event
) -> ASGIApp:
    """Build it. Open streams end when ``closing`` is set."""
    app = FastAPI(
        title="capture-station",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"model": Failure}, "5XX": {"model": Failure}},
    )
    events = Events(station, language, closing)
    app.include_router(open_routes(station, language, access))
    # Only for the description: the guard has checked them before.
    shown = [Security(HTTPBearer(auto_error=False)), Security(APIKeyCookie(name=COOKIE, auto_error=False))]
    streams = Streams()
    app.include_router(
        live_routes(station, language, settings.jpeg_quality, streams, events, closing), dependencies=shown
    )
    app.include_router(capture_routes(station, events, closing), dependencies=shown)

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    app.mount("/page/fonts", StaticFiles(directory=FONTS), name="fonts")
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    app.add_exception_handler(StationError, _station_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unforeseen)
    actions, logins = Allowance(ACTIONS_AT_ONCE, ACTIONS_PER_S), Allowance(LOGINS_AT_ONCE, LOGINS_PER_S)
    return Guard(app, access, settings.host_names, actions, logins)


async def _station_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, StationError)
    return refused(error)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{place}: {first['msg']}")


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = str(error.detail)
    headers = dict(error.headers or {})
    return JSONResponse({"error": sentence, "code": error.status_code}, error.status_code, headers)


async def _unforeseen(_: Request, error: Exception) -> Response:
    return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"something unforeseen: {type(error).__name__}")
