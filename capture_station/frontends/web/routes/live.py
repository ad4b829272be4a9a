"""Routes of the present: metrics, state, preview, events, settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from capture_station.config import Language
from capture_station.errors import CameraLost
from capture_station.frontends.web.events import DESCRIPTION, Events
from capture_station.frontends.web.metrics import CONTENT_TYPE, Metrics
from capture_station.frontends.web.preview_feed import Feed, View, jpeg
from capture_station.frontends.web.schemas import SettingsAnswer, SettingsChange, StateAnswer
from capture_station.frontends.web.streams import Streams
from capture_station.station.contract import PublicStation

BOUNDARY = "frame"
BYTES = "application/octet-stream"
FIRST_PICTURE_WITHIN_S = 2.0

JPEG_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


def live_routes(
    station: PublicStation,
    language: Language,
    jpeg_quality: int,
    streams: Streams,
    events: Events,
    closing: asyncio.Event,
) -> APIRouter:
    """All of them for one station."""
    routes = APIRouter()
    feeds: dict[View, Feed] = {view: Feed(station, view, jpeg_quality, closing) for view in ("white", "raw")}
    metrics = Metrics(station)

    @routes.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def read_metrics() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    @routes.get("/api/v1/state")
    def state() -> StateAnswer:
        return StateAnswer.of(station.status(), language)

    @routes.get(
        "/api/v1/events",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}}},
        description=DESCRIPTION,
    )
    async def listen() -> Response:
        return streams.open(events.listen(), "text/event-stream")

    @routes.get(
        "/api/v1/preview.mjpeg",
        response_class=Response,
        responses={200: {"content": {"multipart/x-mixed-replace": {}, BYTES: {}}}},
    )
    async def watch(request: Request, view: View = "white") -> Response:
        # WebKit takes multipart apart before a script sees it: the page asks for the same as bytes.
        as_bytes = request.headers.get("accept") == BYTES
        return streams.open(
            _parts(feeds[view]), BYTES if as_bytes else f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        )

    @routes.get("/api/v1/preview.jpg", response_class=Response, responses=JPEG_ANSWER)
    def glance(view: View = "white") -> Response:
        preview = station.preview(timeout_s=FIRST_PICTURE_WITHIN_S)
        if preview is None:
            raise CameraLost(f"there is no picture: {station.status().reason or 'the camera starts'}")
        image = preview.white_rgb if view == "white" else preview.image_rgb
        return Response(jpeg(image, jpeg_quality), media_type="image/jpeg")

    @routes.get("/api/v1/settings")
    def settings() -> SettingsAnswer:
        return SettingsAnswer.of(station.status().adjustments)

    @routes.patch("/api/v1/settings")
    def change_settings(change: SettingsChange) -> SettingsAnswer:
        return SettingsAnswer.of(station.adjust(**change.model_dump()))

    return routes


async def _parts(feed: Feed) -> AsyncGenerator[bytes, None]:
    """Pictures as parts. The boundary goes out behind each: a browser shows a part when it has seen its end."""
    yield f"--{BOUNDARY}\r\n".encode()
    async for picture in feed.pictures():
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
        yield b"".join((head, picture, f"\r\n--{BOUNDARY}\r\n".encode()))
