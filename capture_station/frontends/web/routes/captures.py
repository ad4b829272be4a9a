"""Routes for captures: take one, list, show, mark, delete and export them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, HTTPException, Query
from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from capture_station.errors import Busy, NotRunning
from capture_station.frontends.web.events import EventStream
from capture_station.frontends.web.pending import PendingCaptures, request_status
from capture_station.frontends.web.preview_feed import jpeg
from capture_station.frontends.web.schemas import (
    AssignRequest,
    CancelResponse,
    CaptureDetailResponse,
    CaptureId,
    CaptureListResponse,
    CaptureRequest,
    CaptureResponse,
    DayResponse,
    RequestStatusResponse,
)
from capture_station.frontends.web.zip_export import Download, zip_stream
from capture_station.images import decode_reduced, resized
from capture_station.regular_files import read_regular_file
from capture_station.release import BY_DEMO, NAMELESS, NOT_KEPT, ReleaseRule
from capture_station.station.contract import PublicStation
from capture_station.station.status import Saved, Shot

PAGE_SIZE = 50
MAX_IDS = 200
THUMBNAIL_QUALITY = 85
MAX_DECODERS = 2
"""Decoding a portrait of 12 MP takes up to 72 MB."""
POLL_INTERVAL_S = 0.02


def _real_day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_real_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]
RequestId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
PICTURE_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}, "image/png": {}}}}


def capture_routes(
    station: PublicStation,
    events: EventStream,
    new_download: Callable[[], Download | None],
    rule: ReleaseRule,
    closing: asyncio.Event,
) -> APIRouter:
    """Return the router for one station. For the arguments, see ``web_app``."""
    routes = APIRouter(prefix="/api/v1")
    pending = PendingCaptures()
    decoding = anyio.CapacityLimiter(MAX_DECODERS)

    @routes.post(
        "/captures",
        status_code=HTTPStatus.ACCEPTED,
        response_model=RequestStatusResponse,
        responses={201: {"model": CaptureResponse}},
    )
    async def capture(wanted: CaptureRequest, request: Request) -> JSONResponse:
        shot = await asyncio.to_thread(station.capture, wanted.countdown_s, wanted.subject, retakes=wanted.retakes)
        request_id = pending.add(shot)
        api = f"{request.scope['root_path']}/api/v1"
        if wanted.wait:
            taken = CaptureResponse.of(await asyncio.to_thread(_found, station, (await _finished(shot, closing)).id))
            return _json_response(taken, HTTPStatus.CREATED, f"{api}/captures/{taken.id}")
        return _json_response(
            RequestStatusResponse(id=request_id, status="pending"),
            HTTPStatus.ACCEPTED,
            f"{api}/requests/{request_id}",
        )

    @routes.get("/requests/{request_id}")
    async def request_by_id(request_id: RequestId) -> RequestStatusResponse:
        shot = pending.find(request_id)
        if shot is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such request, or it is too old")
        return await asyncio.to_thread(request_status, station, request_id, shot)

    @routes.post("/cancel")
    def cancel() -> CancelResponse:
        return CancelResponse(cancelled=station.cancel())

    @routes.get("/captures")
    def captures(
        limit: Annotated[int, Query(ge=1, le=200)] = PAGE_SIZE, before: Annotated[CaptureId | None, Query()] = None
    ) -> CaptureListResponse:
        saved = station.saved(limit + 1, before)
        next_before = saved[limit - 1].id if len(saved) > limit else None
        return CaptureListResponse(captures=[CaptureResponse.of(one) for one in saved[:limit]], next=next_before)

    @routes.get("/captures/{capture_id}")
    def whole(capture_id: CaptureId) -> CaptureDetailResponse:
        return CaptureDetailResponse.of(_found(station, capture_id))

    @routes.get("/captures/{capture_id}/portrait", response_class=Response, responses=PICTURE_RESPONSES)
    async def portrait(capture_id: CaptureId, width: Annotated[int | None, Query(ge=16, le=4096)] = None) -> Response:
        path = await asyncio.to_thread(_picture_path, station, capture_id, "portrait")
        if width is None:
            return FileResponse(path)
        small = await anyio.to_thread.run_sync(_thumbnail, path, width, limiter=decoding)
        return Response(small, media_type="image/jpeg")

    @routes.get("/captures/{capture_id}/original", response_class=Response, responses=PICTURE_RESPONSES)
    def original(capture_id: CaptureId) -> Response:
        return FileResponse(_picture_path(station, capture_id, "original"))

    @routes.get("/captures/{capture_id}/matte", response_class=Response, responses=PICTURE_RESPONSES)
    def matte(capture_id: CaptureId) -> Response:
        return FileResponse(_picture_path(station, capture_id, "matte"))

    @routes.post("/captures/{capture_id}/keep")
    def keep(capture_id: CaptureId) -> CaptureResponse:
        return _mark(station, capture_id, kept=True)

    @routes.post("/captures/{capture_id}/retake")
    def retake(capture_id: CaptureId) -> CaptureResponse:
        return _mark(station, capture_id, kept=False)

    @routes.put("/captures/{capture_id}/subject")
    def assign(capture_id: CaptureId, request: AssignRequest) -> CaptureResponse:
        return _assign(station, capture_id, request)

    @routes.delete("/captures/{capture_id}", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    async def remove(capture_id: CaptureId) -> None:
        if not await asyncio.to_thread(station.remove, capture_id):
            raise _missing(capture_id)
        await events.publish_removed([capture_id])

    @routes.get("/days/{day}")
    def day(day: Day) -> DayResponse:
        counted, newest = Counter[str](), dict[str, str]()
        for saved in _of_day(station, day):
            reason = rule.left_out_as(saved)
            counted[reason] += 1
            if not reason and saved.subject is not None:
                newest.setdefault(saved.subject.id, saved.lacks)
        return DayResponse(
            captures=counted[""],
            not_kept=counted[NOT_KEPT],
            by_demo=counted[BY_DEMO],
            nameless=counted[NAMELESS],
            not_agreed=list(newest.values()).count("consent"),
        )

    @routes.get("/export.zip", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
    def export(
        day: Day | None = None,
        ids: Annotated[list[CaptureId] | None, Query(max_length=MAX_IDS)] = None,
    ) -> Response:
        wanted: Iterable[Saved] = [_found(station, one) for one in ids or ()]
        name, tables = "selection", list[tuple[str, bytes]]()
        if ids is None:
            name = day or f"{datetime.now().astimezone():%Y-%m-%d}"
            found = (station.find(saved.id) for saved in _of_day(station, name))
            wanted = (saved for saved in found if saved is not None and not rule.left_out_as(saved))
            if station.status().subjects.roster_size is not None:
                tables.append(("missing.csv", b"".join(station.subjects.table("missing"))))
        headers = {"Content-Disposition": f'attachment; filename="capture-station-{name}.zip"'}
        return StreamingResponse(
            zip_stream(wanted, new_download(), tables), media_type="application/zip", headers=headers
        )

    return routes


async def _finished(shot: Future[Shot], closing: asyncio.Event) -> Shot:
    """Wait for a capture. A client that leaves does not cancel it.

    Raises:
        NotRunning: The station stops before the capture is finished.
        Busy: The capture was cancelled.
        StationError: The capture failed.
    """
    while not (shot.done() or closing.is_set()):
        await asyncio.sleep(POLL_INTERVAL_S)
    if not shot.done():
        raise NotRunning("the station is stopping; look into the archive to see whether the portrait was saved")
    try:
        return shot.result()
    except CancelledError:
        raise Busy("the capture was cancelled at the station") from None


def _json_response(value: BaseModel, status: HTTPStatus, location: str) -> JSONResponse:
    return JSONResponse(value.model_dump(mode="json"), status, {"Location": location})


def _missing(capture_id: str) -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, f"there is no capture {capture_id}")


def _found(station: PublicStation, capture_id: str) -> Saved:
    saved = station.find(capture_id)
    if saved is None:
        raise _missing(capture_id)
    return saved


def _picture_path(station: PublicStation, capture_id: str, role: str) -> Path:
    path = Path(_found(station, capture_id).pictures.get(role, ""))
    if path.is_symlink() or not path.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND, f"capture {capture_id} has no {role}")
    try:
        # A response that has begun cannot report an error any more.
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise _unreadable(path, error) from error
    return path


def _unreadable(path: Path, error: OSError) -> HTTPException:
    return HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR, f"{path.name} cannot be read: {error.strerror}")


def _thumbnail(path: Path, width: int) -> bytes:
    """Return an image file as JPEG, at most ``width`` pixels wide."""
    try:
        image = decode_reduced(read_regular_file(path), width)
    except FileNotFoundError:
        image = None
    except OSError as error:
        raise _unreadable(path, error) from error
    if image is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{path.name} is damaged")
    if image.shape[1] > width:
        image = resized(image, (width, max(1, round(image.shape[0] * width / image.shape[1]))), averaged=True)
    return jpeg(image, THUMBNAIL_QUALITY)


def _mark(station: PublicStation, capture_id: str, kept: bool) -> CaptureResponse:
    saved = _found(station, capture_id)
    if saved.kept != kept:
        (station.keep if kept else station.retake)(capture_id)
    return CaptureResponse.of(_found(station, capture_id))


def _assign(station: PublicStation, capture_id: str, request: AssignRequest) -> CaptureResponse:
    subject = _found(station, capture_id).subject
    same = request.subject == (None if subject is None else subject.id)
    if same and subject is not None:  # The list may have another name by now.
        listed = next((one for one in station.subjects.search(subject.id) if one.id == subject.id), subject)
        same = listed.name == subject.name
    if not same:
        station.subjects.assign(capture_id, request.subject, "web", request.confirmed, request.is_id)
    return CaptureResponse.of(_found(station, capture_id))


def _of_day(station: PublicStation, day: str) -> Iterator[Saved]:
    """Yield the captures of a day, newest first, without their records. Reads one page of the archive at a time."""
    start = day.replace("-", "")
    before = f"{start}-~"
    while page := [saved for saved in station.saved(PAGE_SIZE, before) if saved.id.startswith(start)]:
        yield from page
        before = page[-1].id
