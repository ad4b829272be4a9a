"""Routes for people: search them, check one in, agree to be photographed."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response, StreamingResponse

from capture_station.config import Language
from capture_station.frontends.web.events import EventStream
from capture_station.frontends.web.schemas import (
    CaptureId,
    CaptureResponse,
    CheckInRequest,
    ConsentRequest,
    ConsentTextResponse,
    PersonResponse,
    RemovedSubjectResponse,
    SubjectDetailResponse,
    SubjectId,
    SubjectListResponse,
    UnknownSubjectResponse,
)
from capture_station.station.contract import PublicStation
from capture_station.station.status import PeopleFound, Person, PersonState

MAX_FOUND = 200


def subject_routes(station: PublicStation, events: EventStream) -> APIRouter:
    """Return the router for one station."""
    routes = APIRouter(prefix="/api/v1")

    @routes.get("/subjects")
    def search(
        query: Annotated[str, Query(max_length=200)] = "",
        state: PersonState | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_FOUND)] = 10,
        start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> SubjectListResponse:
        """Search people, list those of a state, or everybody: at most ``limit``, after the first ``start`` of them."""
        if query and state is None:
            # While somebody types, not everybody whom the first letter finds is looked at.
            matching = station.subjects.search(query, start + limit + 1)
            found = PeopleFound(iter(matching[start : start + limit]), len(matching))
        else:
            found = station.subjects.people(state, start, limit, query)
        nameless = [] if query or start or state != "review" else station.subjects.nameless(limit)
        return SubjectListResponse(
            subjects=[PersonResponse.of(one) for one in found.people],
            total=found.total,
            nameless=[CaptureResponse.of(saved) for one in nameless if (saved := station.find(one)) is not None],
        )

    @routes.get("/subjects.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
    def table(state: PersonState = "missing") -> Response:
        headers = {"Content-Disposition": f'attachment; filename="{state}.csv"'}
        return StreamingResponse(station.subjects.table(state), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.get("/subjects/{subject_id:path}")
    def person(subject_id: SubjectId) -> SubjectDetailResponse:
        listed = _listed(station, subject_id)
        saved = [found for one in station.subjects.captures_of(subject_id) if (found := station.find(one)) is not None]
        if listed is None and not saved:
            raise _nobody(subject_id)
        known = listed or saved[0].subject or Person(subject_id, on_roster=False)
        captures = [CaptureResponse.of(one) for one in saved]
        return SubjectDetailResponse.model_validate({**asdict(known), "captures": captures})

    @routes.delete("/subjects/{subject_id:path}")
    async def remove(subject_id: SubjectId) -> RemovedSubjectResponse:
        known = await asyncio.to_thread(_is_known, station, subject_id)
        removed = await asyncio.to_thread(station.subjects.remove, subject_id, "web")
        if not known and not removed:
            raise _nobody(subject_id)
        await events.publish_removed(removed)
        return RemovedSubjectResponse(removed=len(removed))

    @routes.get("/deletions.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
    def deletions() -> Response:
        """When whose pictures were deleted, by their ids."""
        headers = {"Content-Disposition": 'attachment; filename="deletions.csv"'}
        return Response(station.subjects.deletions(), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.put("/check-in", responses={404: {"model": UnknownSubjectResponse}})
    def check_in(request: CheckInRequest) -> PersonResponse:
        """Say who is photographed next: at once, or with ``waits`` once all who were checked in before are done.

        Whoever waits already keeps their place. With ``replaces``, they come at once, or after the portrait that is
        being taken. While 50 people wait, nobody else may: 409 with the code 75.
        """
        asked = request.subject, request.confirmed, request.replaces, request.is_id
        return PersonResponse.of(station.subjects.check_in(*asked))

    @routes.delete("/check-in", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    def check_out(
        subjects: Annotated[tuple[SubjectId, ...], Query(alias="subject", max_length=1)] = (),
        captures: Annotated[tuple[CaptureId, ...], Query(alias="capture", max_length=1)] = (),
    ) -> None:
        """Be free for the next person; with a subject, only that one is let go, who is checked in or waits.

        With a capture, only if they have been checked in since before it was taken: whoever has come again stays.
        """
        station.subjects.check_out(subjects[0] if subjects else None, captures[0] if captures else None)

    @routes.post("/check-in/stay", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    def stay() -> None:
        """Somebody is busy with who is checked in, such as with the text to agree to, and has not left."""
        station.subjects.stay()

    @routes.get("/check-in/consent")
    def consent_text(language: Language) -> ConsentTextResponse:
        return ConsentTextResponse(text=station.subjects.consent_text(language))

    @routes.put("/check-in/consent")
    def agree(request: ConsentRequest) -> PersonResponse:
        return PersonResponse.of(station.subjects.agree(request.language, request.subject))

    return routes


def _listed(station: PublicStation, subject_id: str) -> Person | None:
    return next((one for one in station.subjects.search(subject_id) if one.id == subject_id), None)


def _is_known(station: PublicStation, subject_id: str) -> bool:
    """Whether somebody on the list, or checked in, has the id. A picture of theirs may be being taken."""
    subjects = station.status().subjects
    there = (subjects.current, *subjects.waiting)
    return any(one is not None and one.id == subject_id for one in (*there, _listed(station, subject_id)))


def _nobody(subject_id: str) -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, f"there is no person {subject_id!r}")
