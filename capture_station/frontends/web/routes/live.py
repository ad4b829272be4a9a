"""Routes for the running station: metrics, state, preview, events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from capture_station.config import Language
from capture_station.errors import CameraLost
from capture_station.frontends.web.events import DESCRIPTION, EventStream
from capture_station.frontends.web.metrics import CONTENT_TYPE, Metrics
from capture_station.frontends.web.preview_feed import PreviewFeed, View, jpeg, shown
from capture_station.frontends.web.state_schemas import StateResponse
from capture_station.frontends.web.streams import StreamSlots
from capture_station.station.contract import PublicStation

BOUNDARY = "frame"
BYTES = "application/octet-stream"
PICTURE_TIMEOUT_S = 2.0

JPEG_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


def live_routes(
    station: PublicStation,
    language: Language,
    jpeg_quality: int,
    sharing: bool,
    streams: StreamSlots,
    events: EventStream,
    closing: asyncio.Event,
) -> APIRouter:
    """Return the router for one station."""
    routes = APIRouter()
    feeds: dict[View, PreviewFeed] = {
        view: PreviewFeed(station, view, jpeg_quality, closing) for view in get_args(View)
    }
    metrics = Metrics(station)

    @routes.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def read_metrics() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    @routes.get("/api/v1/state")
    def state() -> StateResponse:
        return StateResponse.of(station.status(), language, sharing)

    @routes.get(
        "/api/v1/events",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}}},
        description=DESCRIPTION,
    )
    async def event_stream() -> Response:
        return streams.open(events.subscribe(), "text/event-stream")

    @routes.get(
        "/api/v1/preview.mjpeg",
        response_class=Response,
        responses={200: {"content": {"multipart/x-mixed-replace": {}, BYTES: {}}}},
    )
    async def preview_stream(request: Request, view: View = "white") -> Response:
        # WebKit parses multipart before a script sees it, so the page asks for raw bytes.
        as_bytes = request.headers.get("accept") == BYTES
        return streams.open(
            _parts(feeds[view]), BYTES if as_bytes else f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        )

    @routes.get("/api/v1/preview.jpg", response_class=Response, responses=JPEG_RESPONSES)
    def preview_jpeg(view: View = "white") -> Response:
        preview = station.preview(timeout_s=PICTURE_TIMEOUT_S)
        if preview is None:
            raise CameraLost(f"there is no picture: {station.status().reason or 'the camera is starting'}")
        return Response(jpeg(shown(preview, view), jpeg_quality), media_type="image/jpeg")

    return routes


async def _parts(feed: PreviewFeed) -> AsyncGenerator[bytes, None]:
    """Yield pictures as multipart parts. A boundary follows each at once: browsers show a part only at its end."""
    yield f"--{BOUNDARY}\r\n".encode()
    async for picture in feed.pictures():
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
        yield b"".join((head, picture, f"\r\n--{BOUNDARY}\r\n".encode()))
