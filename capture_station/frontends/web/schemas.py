"""JSON schemas of the HTTP interface: request and response bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from capture_station import __version__
from capture_station.config import Language
from capture_station.station.status import (
    Adjustments,
    CodeOutcome,
    FramingStatus,
    Person,
    PersonState,
    Saved,
    Status,
    SubjectStatus,
)

CaptureId = Annotated[str, Field(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}$")]
SubjectId = Annotated[str, Field(min_length=1, max_length=200)]
"""What was scanned or typed; the station checks whether it can be an id."""
CountdownS = Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)]


class ErrorResponse(BaseModel):
    """Body of every error response."""

    error: str
    """What went wrong, in English."""
    code: int
    """The station's exit code if the station refused, else the HTTP status."""


class UnknownSubjectResponse(ErrorResponse):
    """Body of the response for a person who is not on the roster."""

    may_confirm: bool
    """The same request with ``confirmed`` is accepted."""


class CameraResponse(BaseModel):
    kind: str
    name: str
    size_wh: tuple[int, int]
    fps: float

    @classmethod
    def of(cls, status: Status) -> CameraResponse | None:
        camera = status.camera
        if camera is None:
            return None
        return cls(kind=camera.kind, name=camera.name, size_wh=camera.mode.size_wh, fps=round(camera.mode.fps, 2))


class TroubleResponse(BaseModel):
    """Why there is no camera: text ``trouble.<code>`` of /api/v1/words, with the values filled in."""

    code: str
    values: dict[str, str]

    @classmethod
    def of(cls, status: Status) -> TroubleResponse | None:
        trouble = status.trouble
        return None if trouble is None else cls(code=trouble.code, values=dict(trouble.values))


class SettingsResponse(BaseModel):
    guide: bool
    countdown_s: float
    smoothing: float
    mirrored: bool
    preset: str
    """One of ``presets`` in the state."""

    @classmethod
    def of(cls, adjustments: Adjustments) -> SettingsResponse:
        return cls(
            guide=adjustments.guide,
            countdown_s=adjustments.countdown_s,
            smoothing=adjustments.smoothing,
            mirrored=adjustments.mirrored,
            preset=adjustments.preset,
        )


class SettingsUpdate(BaseModel):
    """Fields that are left out do not change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    guide: bool | None = None
    countdown_s: CountdownS | None = None
    smoothing: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    mirrored: bool | None = None
    preset: Annotated[str, Field(max_length=40)] | None = None


class PersonResponse(BaseModel):
    """Somebody who is photographed, or could be."""

    id: str
    name: str
    on_roster: bool
    state: PersonState | None
    """The verdict of the newest kept portrait; ``missing`` if there is none. Only in lists of people, else null."""
    must_agree: bool
    """No picture is taken before the person agreed to the text ``subjects.consent``."""

    @classmethod
    def of(cls, person: Person) -> PersonResponse:
        return cls.model_validate(asdict(person))


class SubjectListResponse(BaseModel):
    subjects: list[PersonResponse]


class CameraCodeResponse(BaseModel):
    """A code that was held up to the camera."""

    number: int
    """Grows with every code."""
    text: str
    outcome: CodeOutcome
    """``ask``: it is not on the roster, and may be confirmed; ``refuse``: it is not on the roster; ``unreadable``: it
    cannot be an id."""


class SubjectsResponse(BaseModel):
    """Whose portraits the station takes."""

    mode: Literal["off", "optional", "required"]
    current: PersonResponse | None
    """Who is photographed next."""
    photographed: int | None
    """People on the roster who have a kept portrait; null without a roster."""
    roster_size: int | None
    """People on the roster; null without one."""
    roster_error: str
    camera_code: CameraCodeResponse | None
    """The newest code that was read through the camera since the start."""

    @classmethod
    def of(cls, status: SubjectStatus) -> SubjectsResponse:
        code = status.camera_code
        return cls(
            mode=status.mode,
            current=None if status.current is None else PersonResponse.of(status.current),
            photographed=status.photographed,
            roster_size=status.roster_size,
            roster_error=status.roster_error,
            camera_code=None if code is None else CameraCodeResponse.model_validate(asdict(code)),
        )


class RemovedSubjectResponse(BaseModel):
    removed: int
    """Captures that were deleted."""


class CheckInRequest(BaseModel):
    """Who is photographed next."""

    model_config = ConfigDict(extra="forbid", strict=True)

    subject: SubjectId
    confirmed: bool = False
    """Somebody was asked about an id that is not on the roster, and said yes."""


class AssignRequest(BaseModel):
    """Whose portrait a capture is; null for nobody's."""

    model_config = ConfigDict(extra="forbid", strict=True)

    subject: SubjectId | None
    confirmed: bool = False


class ConsentRequest(BaseModel):
    """The person agreed to the text of this language."""

    model_config = ConfigDict(extra="forbid", strict=True)

    language: Language


class GuideResponse(BaseModel):
    """Where the head belongs in the white picture, as shares of its height."""

    eye_line: float
    head_height: float


class FramingResponse(BaseModel):
    """Whether a portrait taken now would be good, and what is in its way."""

    ready: bool
    blocking: str | None
    """A hint such as ``step-closer``; its text is ``hint.<code>``."""
    crop: tuple[tuple[float, float], ...]
    """Corners of the portrait in the raw picture, clockwise from the upper left, as shares of width and height. Empty
    while the white picture is not cropped."""
    guide: GuideResponse
    neutral: bool
    """The preset wants a neutral face."""

    @classmethod
    def of(cls, framing: FramingStatus) -> FramingResponse:
        guide = GuideResponse(
            eye_line=round(framing.guide.eye_line, 2), head_height=round(framing.guide.head_height, 2)
        )
        return cls(
            ready=framing.ready,
            blocking=framing.blocking and framing.blocking.value,
            crop=tuple((round(x, 2), round(y, 2)) for x, y in framing.crop),
            guide=guide,
            neutral=framing.neutral,
        )


class StateResponse(BaseModel):
    """The current state of the station."""

    state: Literal["starting", "running", "degraded", "stopping"]
    reason: str
    """Why there is no camera, in English."""
    trouble: TroubleResponse | None
    """The same as a code, for translation; null for reasons that have none."""
    camera: CameraResponse | None
    fps: float
    hint: str | None
    """The same as ``framing.blocking``."""
    framing: FramingResponse
    countdown_left_s: float | None
    held: float
    """Hands free: share of the time gone, in [0, 1], until the countdown starts."""
    capturing: bool
    captures: int
    failures: int
    last_failure: str
    disk_free_bytes: int
    disk_low: bool
    archive_away: bool
    """The archive's folder is missing or does not respond. Captures are refused until it is back."""
    review_s: float
    """How long a new portrait is shown before it is kept; 0: it is not shown."""
    settings: SettingsResponse
    presets: tuple[tuple[str, str], ...]
    """Name and title of each preset that can be chosen."""
    subjects: SubjectsResponse
    language: str
    version: str

    @classmethod
    def of(cls, status: Status, language: str) -> StateResponse:
        return cls(
            state=status.state.value,
            reason=status.reason,
            trouble=TroubleResponse.of(status),
            camera=CameraResponse.of(status),
            fps=round(status.live.fps, 1),
            hint=status.framing.blocking and status.framing.blocking.value,
            framing=FramingResponse.of(status.framing),
            countdown_left_s=status.captures.countdown_left_s,
            held=round(status.captures.held, 1),
            capturing=status.captures.in_progress,
            captures=status.captures.taken,
            failures=status.captures.failed,
            last_failure=status.captures.last_failure,
            disk_free_bytes=status.disk.free_bytes,
            disk_low=status.disk.low,
            archive_away=status.disk.away,
            review_s=status.review_s,
            settings=SettingsResponse.of(status.adjustments),
            presets=status.presets,
            subjects=SubjectsResponse.of(status.subjects),
            language=language,
            version=__version__,
        )


class FlawResponse(BaseModel):
    """Why a capture needs review: text ``flaw.<code>`` of /api/v1/words, with the values filled in."""

    code: str
    values: dict[str, str | int]


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

    @classmethod
    def of(cls, saved: Saved) -> CaptureResponse:
        return cls.model_validate(_fields(saved))


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


class CaptureRequest(BaseModel):
    """A request for a portrait."""

    model_config = ConfigDict(extra="forbid", strict=True)

    countdown_s: CountdownS | None = None
    """Countdown before the exposure; if left out, as in the settings."""
    subject: SubjectId | None = None
    """Whose portrait it is; if left out, that of who is checked in."""
    wait: bool = False
    """Respond only when the portrait is saved."""


class RequestStatusResponse(BaseModel):
    """The status of a capture request."""

    id: str
    status: Literal["pending", "done", "failed", "cancelled"]
    capture: CaptureResponse | None = None
    error: ErrorResponse | None = None


class CancelResponse(BaseModel):
    cancelled: bool


class LoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(max_length=1024)]


class MessagesResponse(BaseModel):
    language: Language
    texts: dict[str, str]


def _fields(saved: Saved) -> dict[str, Any]:
    return {
        "id": saved.id,
        "taken_at": saved.taken_at,
        "verdict": saved.verdict,
        "reasons": saved.reasons,
        "flaws": [{"code": flaw.code, "values": flaw.values} for flaw in saved.flaws],
        "kept": saved.kept,
        "subject": None if saved.subject is None else PersonResponse.of(saved.subject),
        "pictures": tuple(saved.pictures),
    }
