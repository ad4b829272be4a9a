"""What the interface says and takes, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from capture_station import __version__
from capture_station.config import Language
from capture_station.station.status import Adjustments, Saved, Status

CaptureId = Annotated[str, Field(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}$")]
CountdownS = Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)]


class Failure(BaseModel):
    """What went wrong, in a sentence."""

    error: str
    code: int


class CameraAnswer(BaseModel):
    kind: str
    name: str
    size_wh: tuple[int, int]
    fps: float

    @classmethod
    def of(cls, status: Status) -> CameraAnswer | None:
        camera = status.camera
        if camera is None:
            return None
        return cls(kind=camera.kind, name=camera.name, size_wh=camera.mode.size_wh, fps=round(camera.mode.fps, 2))


class TroubleAnswer(BaseModel):
    """Why there is no camera: ``trouble.<code>`` of the words, filled in with the values."""

    code: str
    values: dict[str, str]

    @classmethod
    def of(cls, status: Status) -> TroubleAnswer | None:
        trouble = status.trouble
        return None if trouble is None else cls(code=trouble.code, values=dict(trouble.values))


class SettingsAnswer(BaseModel):
    guide: bool
    countdown_s: float
    smoothing: float
    mirrored: bool

    @classmethod
    def of(cls, adjustments: Adjustments) -> SettingsAnswer:
        return cls(
            guide=adjustments.guide,
            countdown_s=adjustments.countdown_s,
            smoothing=adjustments.smoothing,
            mirrored=adjustments.mirrored,
        )


class SettingsChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    guide: bool | None = None
    countdown_s: CountdownS | None = None
    smoothing: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    mirrored: bool | None = None


class StateAnswer(BaseModel):
    """The station at one moment."""

    state: Literal["starting", "running", "degraded", "stopping"]
    reason: str
    """Why there is no camera, in English."""
    trouble: TroubleAnswer | None
    """The same for any language, where it has a code."""
    camera: CameraAnswer | None
    fps: float
    hint: str | None
    countdown_left_s: float | None
    capturing: bool
    captures: int
    failures: int
    last_failure: str
    disk_free_bytes: int
    disk_low: bool
    archive_away: bool
    """Its folder is not there or does not answer; captures are refused until it is back."""
    review_s: float
    """The portrait taken is shown for so long, then it is kept; 0 for not at all."""
    settings: SettingsAnswer
    language: str
    version: str

    @classmethod
    def of(cls, status: Status, language: str) -> StateAnswer:
        return cls(
            state=status.state.value,
            reason=status.reason,
            trouble=TroubleAnswer.of(status),
            camera=CameraAnswer.of(status),
            fps=round(status.live.fps, 1),
            hint=status.hint and status.hint.value,
            countdown_left_s=status.captures.countdown_left_s,
            capturing=status.captures.in_progress,
            captures=status.captures.taken,
            failures=status.captures.failed,
            last_failure=status.captures.last_failure,
            disk_free_bytes=status.disk.free_bytes,
            disk_low=status.disk.low,
            archive_away=status.disk.away,
            review_s=status.review_s,
            settings=SettingsAnswer.of(status.adjustments),
            language=language,
            version=__version__,
        )


class FlawAnswer(BaseModel):
    """Why a capture should be looked at: ``flaw.<code>`` of the words, filled in with the values."""

    code: str
    values: dict[str, str | int]


class CaptureAnswer(BaseModel):
    """One capture in the archive."""

    id: str
    taken_at: datetime | None
    verdict: Literal["ok", "review", "damaged"]
    reasons: tuple[str, ...]
    """In English, as in the record."""
    flaws: tuple[FlawAnswer, ...]
    """The same for any language."""
    kept: bool
    pictures: tuple[str, ...]
    """Of portrait, original and matte those that there are."""

    @classmethod
    def of(cls, saved: Saved) -> CaptureAnswer:
        return cls.model_validate(_summary(saved))


class WholeCaptureAnswer(CaptureAnswer):
    record: Mapping[str, Any]

    @classmethod
    def of(cls, saved: Saved) -> WholeCaptureAnswer:
        return cls.model_validate({**_summary(saved), "record": saved.record})


class RemovedAnswer(BaseModel):
    """A capture that is gone."""

    id: str


class CapturesAnswer(BaseModel):
    captures: list[CaptureAnswer]
    next: str | None


class CaptureWish(BaseModel):
    """A portrait is wanted."""

    model_config = ConfigDict(extra="forbid", strict=True)

    countdown_s: CountdownS | None = None
    """Seconds before the exposure; left out: as in the settings."""
    wait: bool = False
    """Answer when the portrait is on disk."""


class RequestAnswer(BaseModel):
    """What became of a wish."""

    id: str
    status: Literal["pending", "done", "failed", "cancelled"]
    capture: CaptureAnswer | None = None
    error: Failure | None = None


class CancelAnswer(BaseModel):
    cancelled: bool


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(max_length=1024)]


class WordsAnswer(BaseModel):
    language: Language
    texts: dict[str, str]


def _summary(saved: Saved) -> dict[str, Any]:
    return {
        "id": saved.id,
        "taken_at": saved.taken_at,
        "verdict": saved.verdict,
        "reasons": saved.reasons,
        "flaws": [{"code": flaw.code, "values": flaw.values} for flaw in saved.flaws],
        "kept": saved.kept,
        "pictures": tuple(saved.pictures),
    }
