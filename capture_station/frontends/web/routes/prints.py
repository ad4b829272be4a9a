"""Routes for printing: put captures on paper, see what waits for the printer, cancel it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from capture_station.frontends.web.schemas import CaptureId
from capture_station.station.contract import PublicPrinting, PublicPrintJob, PublicStation

MAX_CAPTURES = 50


def _whole(value: object) -> object:
    """JSON has one kind of number: 2.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Copies = Annotated[int, Field(ge=1, le=20), BeforeValidator(_whole)]
Each = Annotated[int, Field(ge=1, le=100), BeforeValidator(_whole)]
PrintJobId = Annotated[str, Field(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9a-f]{8}$")]


class PrintRequest(BaseModel):
    """Captures to print, in this order. What is left out is as in the configuration."""

    model_config = ConfigDict(extra="forbid", strict=True)

    captures: Annotated[list[CaptureId], Field(min_length=1, max_length=MAX_CAPTURES)]
    copies: Copies = 1
    paper: Literal["10x15", "13x18", "4x6in", "5x7in", "2x6in", "a4", "a5", "letter"] | None = None
    size: Annotated[str, Field(pattern=r"^(preset|page|\d{2,3}x\d{2,3})$")] | None = None
    """``preset``, ``page`` (fills the paper), or whole millimetres such as ``35x45``."""
    each: Each | None = None
    """Prints of each portrait."""


class PrintJobResponse(BaseModel):
    """Captures that wait for the printer."""

    id: str
    captures: tuple[str, ...]
    sheets: int
    """Pages times copies."""

    @classmethod
    def of(cls, job: PublicPrintJob) -> PrintJobResponse:
        return cls(id=job.id, captures=tuple(job.captures), sheets=job.sheets)


class PrintJobListResponse(BaseModel):
    prints: list[PrintJobResponse]


def print_routes(station: PublicStation) -> APIRouter:
    """Return the router for one station."""
    routes = APIRouter(prefix="/api/v1")

    @routes.post("/prints", status_code=HTTPStatus.ACCEPTED)
    def request_print(wanted: PrintRequest) -> PrintJobResponse:
        job = _printer(station).request(wanted.captures, wanted.copies, wanted.paper, wanted.size, wanted.each)
        return PrintJobResponse.of(job)

    @routes.get("/prints")
    def prints() -> PrintJobListResponse:
        """What is not printed yet, oldest first."""
        return PrintJobListResponse(prints=[PrintJobResponse.of(job) for job in _printer(station).jobs()])

    @routes.delete("/prints/{job_id}", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    def cancel_print(job_id: PrintJobId) -> None:
        if not _printer(station).cancel(job_id):
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such job; it may be printed")

    return routes


def _printer(station: PublicStation) -> PublicPrinting:
    if station.printing is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "this station has no printer; set printing.printer")
    return station.printing
