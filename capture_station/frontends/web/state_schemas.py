"""JSON schemas of the station's state."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from capture_station import __version__
from capture_station.frontends.web.schemas import CountdownS, FlawResponse, PersonResponse, SubjectsResponse
from capture_station.station.adjustments import Adjustments
from capture_station.station.status import DiskTrouble, FramingStatus, PrintingStatus, Status


class CameraResponse(BaseModel):
    kind: str
    name: str
    size_wh: tuple[int, int]
    fps: float
    stands_in: bool
    """The demo camera, for want of another."""

    @classmethod
    def of(cls, status: Status) -> CameraResponse | None:
        camera = status.camera
        if camera is None:
            return None
        mode, fps = camera.mode, round(camera.mode.fps, 2)
        return cls(kind=camera.kind, name=camera.name, size_wh=mode.size_wh, fps=fps, stands_in=camera.stands_in)


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
    camera: str
    """A ``choice`` of /api/v1/cameras."""
    camera_size: str
    """``auto``, or such as ``1920x1080``."""
    camera_held: bool
    """Exposure, white balance and focus stay as they were soon after the camera opened."""

    @classmethod
    def of(cls, adjustments: Adjustments) -> SettingsResponse:
        return cls(
            guide=adjustments.guide,
            countdown_s=adjustments.countdown_s,
            smoothing=adjustments.smoothing,
            mirrored=adjustments.mirrored,
            preset=adjustments.preset,
            camera=adjustments.camera,
            camera_size=adjustments.camera_size,
            camera_held=adjustments.camera_held,
        )


class SettingsUpdate(BaseModel):
    """Fields that are left out do not change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    guide: bool | None = None
    countdown_s: CountdownS | None = None
    smoothing: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    mirrored: bool | None = None
    preset: Annotated[str, Field(max_length=40)] | None = None
    camera: Annotated[str, Field(max_length=512)] | None = None
    camera_size: Annotated[str, Field(pattern=r"^(auto|[1-9][0-9]{1,4}x[1-9][0-9]{1,4})$")] | None = None
    camera_held: bool | None = None


class CameraOptionResponse(BaseModel):
    choice: str
    """Value for ``camera`` in the settings."""
    name: str
    """Empty for ``auto``."""
    attached: bool


class CamerasResponse(BaseModel):
    """What the camera can be chosen from, and the sizes that the one in use offers."""

    cameras: list[CameraOptionResponse]
    sizes: list[str]
    """Such as ``1920x1080``; ``auto`` is possible, too."""


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


class PrintingResponse(BaseModel):
    """The printer and what waits for it."""

    waiting: int
    """Jobs that are not printed yet."""
    problems: tuple[str, ...]
    """Such as ``media-empty``; texts ``printer.<problem>`` of /api/v1/words where there is one."""
    trouble: str
    """Why the printer cannot be reached, in English; empty while it can."""

    @classmethod
    def of(cls, status: PrintingStatus) -> PrintingResponse:
        return cls(waiting=status.waiting, problems=status.problems, trouble=status.trouble)


class StateResponse(BaseModel):
    """The current state of the station."""

    state: Literal["starting", "running", "degraded", "stopping"]
    reason: str
    """Why there is no camera, or a demo in the place of one that is attached, in English."""
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
    capture_subject: PersonResponse | None
    """Whose portrait is being taken, from the countdown until it is saved; null for nobody who is named. With a retake
    it may be somebody else than who is checked in."""
    capture_retakes: str | None
    """The capture that the one being taken is to replace; null for none. If no portrait comes of it, that one stays."""
    captures: int
    failures: int
    last_failure: str
    refused_for: tuple[FlawResponse, ...]
    """Why the newest capture that failed was no portrait; empty if it failed for another reason."""
    disk_free_bytes: int
    disk_low: bool
    disk_trouble: DiskTrouble
    """Why captures are refused; ``disk-files``: there is space, but the disk cannot hold more files (inodes)."""
    archive_away: bool
    """The archive's folder is missing or does not respond. Captures are refused until it is back."""
    review_s: float
    """How long a new portrait is shown before it is kept; 0: it is not shown."""
    settings: SettingsResponse
    presets: tuple[tuple[str, str], ...]
    """Name and title of each preset that can be chosen."""
    subjects: SubjectsResponse
    printing: PrintingResponse | None
    """null without a printer."""
    sharing: bool
    """A link to a portrait can be made for the person on it."""
    language: str
    version: str

    @classmethod
    def of(cls, status: Status, language: str, sharing: bool) -> StateResponse:
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
            capture_subject=None if status.captures.subject is None else PersonResponse.of(status.captures.subject),
            capture_retakes=status.captures.retakes,
            captures=status.captures.taken,
            failures=status.captures.failed,
            last_failure=status.captures.last_failure,
            refused_for=tuple(map(FlawResponse.of, status.captures.refused_for)),
            disk_free_bytes=status.disk.free_bytes,
            disk_low=status.disk.low,
            disk_trouble=status.disk.trouble,
            archive_away=status.disk.away,
            review_s=status.review_s,
            settings=SettingsResponse.of(status.adjustments),
            presets=status.presets,
            subjects=SubjectsResponse.of(status.subjects),
            printing=None if status.printing is None else PrintingResponse.of(status.printing),
            sharing=sharing,
            language=language,
            version=__version__,
        )
