"""Routes for people: search them, check one in, agree to be photographed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from capture_station.frontends.web.schemas import (
    CheckInRequest,
    ConsentRequest,
    PersonResponse,
    SubjectListResponse,
    UnknownSubjectResponse,
)
from capture_station.station.contract import PublicStation

MAX_FOUND = 50


def subject_routes(station: PublicStation) -> APIRouter:
    """Return the router for one station."""
    routes = APIRouter(prefix="/api/v1")

    @routes.get("/subjects")
    def search(
        query: Annotated[str, Query(max_length=200)], limit: Annotated[int, Query(ge=1, le=MAX_FOUND)] = 10
    ) -> SubjectListResponse:
        found = station.subjects.search(query, limit)
        return SubjectListResponse(subjects=[PersonResponse.of(person) for person in found])

    @routes.put("/check-in", responses={404: {"model": UnknownSubjectResponse}})
    def check_in(request: CheckInRequest) -> PersonResponse:
        return PersonResponse.of(station.subjects.check_in(request.subject, request.confirmed))

    @routes.delete("/check-in", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    def check_out() -> None:
        station.subjects.check_out()

    @routes.put("/check-in/consent")
    def agree(request: ConsentRequest) -> PersonResponse:
        return PersonResponse.of(station.subjects.agree(request.language))

    return routes
