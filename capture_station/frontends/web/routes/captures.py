"""Routes of captures: asking for one, and what is in the archive."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from capture_station.errors import Busy, NotRunning
from capture_station.frontends.web.events import Events
from capture_station.frontends.web.pending import Orders, outcome
from capture_station.frontends.web.preview_feed import jpeg
from capture_station.frontends.web.schemas import (
    CancelAnswer,
    CaptureAnswer,
    CaptureId,
    CapturesAnswer,
    CaptureWish,
    RequestAnswer,
    WholeCaptureAnswer,
)
from capture_station.frontends.web.zip_export import zipped
from capture_station.images import decode_reduced, resized
from capture_station.station.contract import PublicStation
from capture_station.station.status import Saved, Shot

PAGE = 50
MOST_NAMED = 200
THUMBNAIL_QUALITY = 85
DECODED_AT_ONCE = 2
"""Where it has to be decoded whole, a portrait of 12 MP takes 36 MB, twice."""
LOOK_EVERY_S = 0.02

Day = Annotated[str, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
OrderId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
PICTURE_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}, "image/png": {}}}}


def capture_routes(station: PublicStation, events: Events, closing: asyncio.Event) -> APIRouter:
    """All of them for one station."""
    routes = APIRouter(prefix="/api/v1")
    orders = Orders()
    decoding = anyio.CapacityLimiter(DECODED_AT_ONCE)

    @routes.post(
        "/captures",
        status_code=HTTPStatus.ACCEPTED,
        response_model=RequestAnswer,
        responses={201: {"model": CaptureAnswer}},
    )
    async def capture(wish: CaptureWish) -> JSONResponse:
        shot = await asyncio.to_thread(station.capture, wish.countdown_s)
        order = orders.add(shot)
        if wish.wait:
            taken = CaptureAnswer.of(await asyncio.to_thread(_found, station, (await _settled(shot, closing)).id))
            return _answer(taken, HTTPStatus.CREATED, f"/api/v1/captures/{taken.id}")
        return _answer(RequestAnswer(id=order, status="pending"), HTTPStatus.ACCEPTED, f"/api/v1/requests/{order}")

    @routes.get("/requests/{order}")
    async def what_became(order: OrderId) -> RequestAnswer:
        shot = orders.find(order)
        if shot is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such request, or it is long ago")
        return await asyncio.to_thread(outcome, station, order, shot)

    @routes.post("/cancel")
    def cancel() -> CancelAnswer:
        return CancelAnswer(cancelled=station.cancel())

    @routes.get("/captures")
    def captures(
        limit: Annotated[int, Query(ge=1, le=200)] = PAGE, before: Annotated[CaptureId | None, Query()] = None
    ) -> CapturesAnswer:
        saved = station.saved(limit + 1, before)
        following = saved[limit - 1].id if len(saved) > limit else None
        return CapturesAnswer(captures=[CaptureAnswer.of(one) for one in saved[:limit]], next=following)

    @routes.get("/captures/{capture_id}")
    def whole(capture_id: CaptureId) -> WholeCaptureAnswer:
        return WholeCaptureAnswer.of(_found(station, capture_id))

    @routes.get("/captures/{capture_id}/portrait", response_class=Response, responses=PICTURE_ANSWER)
    async def portrait(capture_id: CaptureId, width: Annotated[int | None, Query(ge=16, le=4096)] = None) -> Response:
        path = await asyncio.to_thread(_picture, station, capture_id, "portrait")
        if width is None:
            return FileResponse(path)
        small = await anyio.to_thread.run_sync(_thumbnail, path, width, limiter=decoding)
        return Response(small, media_type="image/jpeg")

    @routes.get("/captures/{capture_id}/original", response_class=Response, responses=PICTURE_ANSWER)
    def original(capture_id: CaptureId) -> Response:
        return FileResponse(_picture(station, capture_id, "original"))

    @routes.get("/captures/{capture_id}/matte", response_class=Response, responses=PICTURE_ANSWER)
    def matte(capture_id: CaptureId) -> Response:
        return FileResponse(_picture(station, capture_id, "matte"))

    @routes.post("/captures/{capture_id}/keep")
    async def keep(capture_id: CaptureId) -> CaptureAnswer:
        return await mark(capture_id, kept=True)

    @routes.post("/captures/{capture_id}/retake")
    async def retake(capture_id: CaptureId) -> CaptureAnswer:
        return await mark(capture_id, kept=False)

    async def mark(capture_id: str, kept: bool) -> CaptureAnswer:
        marked = await asyncio.to_thread(_marked, station, capture_id, kept)
        events.tell(marked)
        return marked

    @routes.delete("/captures/{capture_id}", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    async def remove(capture_id: CaptureId) -> None:
        if not await asyncio.to_thread(station.remove, capture_id):
            raise _missing(capture_id)
        events.tell_removed(capture_id)

    @routes.get("/export.zip", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
    def export(
        day: Day | None = None,
        ids: Annotated[list[CaptureId] | None, Query(max_length=MOST_NAMED)] = None,
    ) -> Response:
        wanted: Iterable[Saved] = [_found(station, one) for one in ids or ()]
        name = "selection"
        if ids is None:
            name = day or f"{datetime.now().astimezone():%Y-%m-%d}"
            wanted = _of_day(station, name)
        headers = {"Content-Disposition": f'attachment; filename="capture-station-{name}.zip"'}
        return StreamingResponse(zipped(wanted), media_type="application/zip", headers=headers)

    return routes


async def _settled(shot: Future[Shot], closing: asyncio.Event) -> Shot:
    """What came of a capture, unless the station stops before; whoever asked may leave without cancelling it."""
    while not (shot.done() or closing.is_set()):
        await asyncio.sleep(LOOK_EVERY_S)
    if not shot.done():
        raise NotRunning("the station is stopping; whether the portrait is saved shows the archive")
    try:
        return shot.result()
    except CancelledError:
        raise Busy("the capture was cancelled at the station") from None


def _answer(value: BaseModel, status: HTTPStatus, location: str) -> JSONResponse:
    return JSONResponse(value.model_dump(mode="json"), status, {"Location": location})


def _missing(capture_id: str) -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, f"there is no capture {capture_id}")


def _found(station: PublicStation, capture_id: str) -> Saved:
    saved = station.find(capture_id)
    if saved is None:
        raise _missing(capture_id)
    return saved


def _picture(station: PublicStation, capture_id: str, role: str) -> Path:
    path = Path(_found(station, capture_id).pictures.get(role, ""))
    if not path.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND, f"capture {capture_id} has no {role}")
    return path


def _thumbnail(path: Path, width: int) -> bytes:
    """A JPEG of a picture file, not wider than that."""
    image = decode_reduced(path.read_bytes(), width) if path.is_file() else None
    if image is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{path.name} is damaged")
    if image.shape[1] > width:
        image = resized(image, (width, max(1, round(image.shape[0] * width / image.shape[1]))), averaged=True)
    return jpeg(image, THUMBNAIL_QUALITY)


def _marked(station: PublicStation, capture_id: str, kept: bool) -> CaptureAnswer:
    saved = _found(station, capture_id)
    if saved.kept != kept:
        (station.keep if kept else station.retake)(capture_id)
    return CaptureAnswer.of(_found(station, capture_id))


def _of_day(station: PublicStation, day: str) -> Iterator[Saved]:
    """All captures of a day, a page of the archive at a time."""
    start = day.replace("-", "")
    before = f"{start}-~"
    while page := [saved for saved in station.saved(PAGE, before) if saved.id.startswith(start)]:
        yield from page
        before = page[-1].id
