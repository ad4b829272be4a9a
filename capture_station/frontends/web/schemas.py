"""JSON schemas of the HTTP interface: request and response bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from capture_station.config import Language
from capture_station.errors import StationError
from capture_station.flaws import Flaw
from capture_station.station.contract import PortraitRefused
from capture_station.station.status import (
    CodeOutcome,
    Guide,
    Person,
    PersonState,
    Saved,
    SubjectStatus,
)

CaptureId = Annotated[str, Field(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}$")]
SubjectId = Annotated[str, Field(min_length=1, max_length=512)]
"""What was scanned or typed; the station checks whether it can be an id."""
CountdownS = Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)]


class FlawResponse(BaseModel):
    """Why a capture needs review or is no portrait: text ``flaw.<code>`` of /api/v1/words, with its values."""

    code: str
    values: dict[str, str | int]

    @classmethod
    def of(cls, flaw: Flaw) -> FlawResponse:
        return cls(code=flaw.code, values=dict(flaw.values))


class ErrorResponse(BaseModel):
    """Body of every error response."""

    error: str
    """What went wrong, in English."""
    code: int
    """The station's exit code if the station refused, else the HTTP status."""

    @classmethod
    def of(cls, error: StationError) -> ErrorResponse:
        if isinstance(error, PortraitRefused):
            return RefusedResponse(
                error=str(error), code=error.exit_code, flaws=tuple(map(FlawResponse.of, error.flaws))
            )
        return cls(error=str(error), code=error.exit_code)


class RefusedResponse(ErrorResponse):
    """Body of the response for a picture that is no portrait."""

    flaws: tuple[FlawResponse, ...]
    """Why."""


class UnknownSubjectResponse(ErrorResponse):
    """Body of the response for a person who is not on the roster."""

    may_confirm: bool
    """The same request with ``confirmed`` is accepted."""


class PersonResponse(BaseModel):
    """Somebody who is photographed, or could be."""

    id: str
    name: str
    on_roster: bool
    state: PersonState | None
    """The verdict of the newest kept portrait, and ``review`` without a consent that is asked for; ``missing`` if there
    is no portrait; null where that is not known."""
    must_agree: bool
    """No picture is taken before the person agreed to the text ``subjects.consent``.
    Of a portrait: its record has no consent. In lists: that of the newest kept portrait has none."""
    station: str
    """The other booth that has taken the portrait; empty for this one."""
    detail: str
    """What tells somebody on the roster apart from others of the same name, such as a department; else empty."""
    waits: bool
    """Checked in while somebody else was: comes once all those before are checked out."""
    refused: str
    """What the roster says of somebody who must not be photographed; else empty."""
    has_captures: bool
    """In lists, but for a query without a state: there are captures of the person, be they kept or not."""

    @classmethod
    def of(cls, person: Person) -> PersonResponse:
        return cls.model_validate(asdict(person))


class CameraCodeResponse(BaseModel):
    """A code that was held up to the camera."""

    number: int
    """Grows with every code."""
    text: str
    outcome: CodeOutcome
    """``waits``: somebody else is checked in; ``ask``: it is not on the roster, and may be confirmed; ``refuse``: it is
    not on the roster; ``not-permitted``: its person must not be photographed; ``unreadable``: it cannot be an id."""
    person: str
    """Name and id of who must not be photographed, and what the roster says; else empty."""
    says: str


class SubjectsResponse(BaseModel):
    """Whose portraits the station takes."""

    mode: Literal["off", "optional", "required"]
    current: PersonResponse | None
    """Who is photographed now."""
    next: PersonResponse | None
    """The first of those who wait."""
    waiting: list[PersonResponse]
    """Who was checked in meanwhile, in the order in which they come."""
    photographed: int | None
    """People on the roster who have a kept portrait; null without a roster."""
    roster_size: int | None
    """People on the roster; null without one."""
    takes_unknown: bool
    """An id that is not on the roster is taken, at least when somebody says so."""
    roster_error: str
    reads_codes: bool
    """Codes are read through the camera."""
    camera_code: CameraCodeResponse | None
    """The newest code that was read through the camera since the start."""

    @classmethod
    def of(cls, status: SubjectStatus) -> SubjectsResponse:
        code = status.camera_code
        return cls(
            mode=status.mode,
            current=None if status.current is None else PersonResponse.of(status.current),
            next=None if status.next is None else PersonResponse.of(status.next),
            waiting=[PersonResponse.of(one) for one in status.waiting],
            photographed=status.photographed,
            roster_size=status.roster_size,
            takes_unknown=status.takes_unknown,
            roster_error=status.roster_error,
            reads_codes=status.reads_codes,
            camera_code=None if code is None else CameraCodeResponse.model_validate(asdict(code)),
        )


class RemovedSubjectResponse(BaseModel):
    removed: int
    """Captures that were deleted."""


class CheckInRequest(BaseModel):
    """Who is photographed next. While somebody else is checked in, they wait behind all who do already."""

    model_config = ConfigDict(extra="forbid", strict=True)

    subject: SubjectId
    confirmed: bool = False
    """Somebody was asked about an id that is not on the roster, and said yes."""
    replaces: bool = False
    """They take the place of who is checked in, unless a portrait is being taken."""
    is_id: bool = False
    """The subject is the id itself, and no code in which ``subjects.code_pattern`` is to find it."""


class AssignRequest(BaseModel):
    """Whose portrait a capture is; null for nobody's."""

    model_config = ConfigDict(extra="forbid", strict=True)

    subject: SubjectId | None
    confirmed: bool = False
    is_id: bool = False


class ConsentRequest(BaseModel):
    """The person agreed to the text of this language."""

    model_config = ConfigDict(extra="forbid", strict=True)

    language: Language
    subject: SubjectId | None = None
    """Who was asked; 409 if somebody else is checked in by now."""


class ConsentTextResponse(BaseModel):
    text: str
    """Empty if nothing is asked."""


class PlacementResponse(BaseModel):
    """Where the head is in a portrait and what its preset allows, as shares of the portrait's height."""

    eye_line: float
    """The eyes below the upper edge."""
    head_height: float
    """Crown to chin."""
    eye_lines: tuple[float, float]
    """Least and most that is allowed; likewise the next."""
    head_heights: tuple[float, float]


class CaptureResponse(BaseModel):
    """One capture in the archive."""

    id: str
    taken_at: datetime | None
    verdict: Literal["ok", "review", "damaged"]
    reasons: tuple[str, ...]
    """In English, as in record.json."""
    flaws: tuple[FlawResponse, ...]
    """The same as codes, for translation."""
    kept: bool
    subject: PersonResponse | None
    """Whose portrait it is."""
    pictures: tuple[str, ...]
    """Which of portrait, original and matte exist."""
    placement: PlacementResponse | None = None
    """Null without a face or a preset, and in lists."""
    lacks: Literal["", "name", "name-required", "consent"]
    """What somebody has to add: text ``lacks.<code>`` of /api/v1/words. Until then, one with ``name-required`` does not
    leave the station."""

    @classmethod
    def of(cls, saved: Saved) -> CaptureResponse:
        return cls.model_validate(_fields(saved))


class CaptureEvent(CaptureResponse):
    """A capture that was just taken or changed."""

    is_new: bool
    """It was just taken."""

    @classmethod
    def of_event(cls, saved: Saved, is_new: bool) -> CaptureEvent:
        return cls.model_validate({**_fields(saved), "is_new": is_new})


class SubjectListResponse(BaseModel):
    subjects: list[PersonResponse]
    total: int
    """How many there are, also those beyond the limit; for a query without a state, of these at most one."""
    nameless: list[CaptureResponse] = []
    """With the first people to review: the newest kept portraits that lack a name, at most ``limit``, newest first."""


class SubjectDetailResponse(PersonResponse):
    captures: list[CaptureResponse]
    """Newest first, also those that were retaken."""


class CaptureDetailResponse(CaptureResponse):
    record: Mapping[str, Any]

    @classmethod
    def of(cls, saved: Saved) -> CaptureDetailResponse:
        return cls.model_validate({**_fields(saved), "record": saved.record})


class RemovedResponse(BaseModel):
    """A capture that was deleted."""

    id: str


class CaptureListResponse(BaseModel):
    captures: list[CaptureResponse]
    next: str | None


class DayResponse(BaseModel):
    """What the ZIP of a day holds, and what it leaves out."""

    captures: int
    not_kept: int
    """Retaken, or doubtful and not decided about."""
    by_demo: int
    """Taken by the demo camera while it stood in for a missing one."""
    nameless: int
    """Kept where names are required, and nobody said whose they are."""
    not_agreed: int
    """People in it whose newest portrait has no consent, though the station asks for it."""


class CaptureRequest(BaseModel):
    """A request for a portrait."""

    model_config = ConfigDict(extra="forbid", strict=True)

    countdown_s: CountdownS | None = None
    """Countdown before the exposure; if left out, as in the settings."""
    subject: SubjectId | None = None
    """Whose portrait it is; if left out, that of who is checked in."""
    retakes: CaptureId | None = None
    """The capture that this one is to replace: the new portrait is of the same person."""
    wait: bool = False
    """Respond only when the portrait is saved."""


class RequestStatusResponse(BaseModel):
    """The status of a capture request."""

    id: str
    status: Literal["pending", "done", "failed", "cancelled"]
    capture: CaptureResponse | None = None
    error: RefusedResponse | ErrorResponse | None = None


class CancelResponse(BaseModel):
    cancelled: bool


class LoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(max_length=1024)]


class PairingRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    code: Annotated[str, Field(max_length=64)]


class MessagesResponse(BaseModel):
    language: Language
    languages: tuple[Language, ...]
    """All that there are."""
    texts: dict[str, str]


def _fields(saved: Saved) -> dict[str, Any]:
    return {
        "id": saved.id,
        "taken_at": saved.taken_at,
        "verdict": saved.verdict,
        "reasons": saved.reasons,
        "flaws": tuple(map(FlawResponse.of, saved.flaws)),
        "kept": saved.kept,
        "subject": None if saved.subject is None else PersonResponse.of(saved.subject),
        "pictures": tuple(saved.pictures),
        "lacks": saved.lacks,
        "placement": None if saved.guide is None else _placement(saved.guide),
    }


def _placement(guide: Guide) -> PlacementResponse:
    return PlacementResponse(
        eye_line=round(guide.eye_line, 4),
        head_height=round(guide.head_height, 4),
        eye_lines=guide.eye_lines,
        head_heights=guide.head_heights,
    )
