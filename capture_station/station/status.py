"""What a station shows to whoever watches it: immutable snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from capture_station.camera.contract import CameraInfo
from capture_station.errors import Trouble
from capture_station.frames import Flaw, Head, Image
from capture_station.segmentation.contract import SegmenterInfo


class State(Enum):
    """``STARTING`` until the first frame or the first failed open; ``DEGRADED`` while there is no camera."""

    STARTING = "starting"
    RUNNING = "running"
    DEGRADED = "degraded"
    STOPPING = "stopping"


class Hint(Enum):
    """What the person in front of the camera should know, most urgent first. Frontends find the words."""

    NOBODY = "nobody"
    TWO_PEOPLE = "two-people"
    TOO_DARK = "too-dark"
    STEP_CLOSER = "step-closer"
    STEP_BACK = "step-back"
    MOVE_LEFT = "move-left"
    MOVE_RIGHT = "move-right"
    LOOK_STRAIGHT = "look-straight"


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """The newest picture for viewers, not mirrored. Nobody writes into its arrays."""

    image_rgb: Image
    """(h, w, 3) as the camera sees it, at preview size."""
    white_rgb: Image
    """(h, w, 3) the person on the uniform background."""
    head: Head | None
    hint: Hint | None
    sequence: int
    """Grows by at least one from preview to preview, also across a reopened camera."""
    captured_at_s: float
    """Monotonic time of the frame's exposure; now minus this is the latency."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One capture that is safely on disk."""

    id: str
    folder: str
    """Absolute path of the folder that holds its files."""
    portrait: str
    """Absolute path of the portrait."""
    verdict: str
    """``ok`` or ``review``."""
    reasons: tuple[str, ...]
    """Why it should be looked at, in plain English."""
    flaws: tuple[Flaw, ...] = ()
    """The same, for other languages."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One capture as the archive has it."""

    id: str
    taken_at: datetime | None
    """Aware local time; None where the record is damaged."""
    verdict: str
    """``ok``, ``review`` or ``damaged``."""
    reasons: tuple[str, ...]
    kept: bool
    """False once the person asked for a retake."""
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Absolute paths by role: original, portrait, matte."""
    flaws: tuple[Flaw, ...] = ()
    """The reasons as codes."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """The whole record as it would stand in JSON; empty where it is damaged."""


@dataclass(frozen=True, slots=True)
class Adjustments:
    """What may be changed while the station runs; lost when it ends."""

    guide: bool = True
    """Whether frontends draw oval and eye line."""
    countdown_s: float = 3.0
    """In [0, 30]; for captures that do not say it."""
    smoothing: float = 0.6
    """Of the preview's matte over time, in [0, 1]."""
    mirrored: bool = True
    """Whether frontends show the preview as a mirror."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values fell into each class."""

    bounds: tuple[float, ...]
    """Upper ends of all classes but the last."""
    counts: tuple[int, ...]
    """One more than bounds; not added up."""
    total: float
    """Sum of all values."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a station has done since its start."""

    frames: int
    """Taken from the camera."""
    segmented: int
    """Of them, for the preview."""
    previews: int
    waiting: int
    """Captures asked for and not done."""
    verdicts: Mapping[str, int]
    """Captures by verdict."""
    inference_s: Histogram
    """Time of one segmentation for the preview."""
    stages_s: Mapping[str, Histogram]
    """Time of each stage of a capture, by the names in its record."""
    confidence: Histogram
    """``matte_confidence`` of the captures; a drift tells of changed light or a worn camera."""


@dataclass(frozen=True, slots=True)
class Status:
    """The station at one moment."""

    state: State
    reason: str
    """Why it is degraded, in words; empty while it runs."""
    camera: CameraInfo | None
    segmenter: SegmenterInfo | None
    fps: float
    """Previews a second, over the last seconds."""
    countdown_left_s: float | None
    """Seconds until the exposure; None without a countdown."""
    capturing: bool
    """From the exposure until the files are durable."""
    captures: int
    """Captures since the start."""
    reopens: int
    """How often a lost camera was opened again."""
    disk_free_bytes: int
    disk_low: bool
    """Captures are refused until space is made."""
    last_shot: Shot | None
    failures: int = 0
    """Captures that failed after they were accepted, since the start; a cancelled countdown is none."""
    last_failure: str = ""
    """Why the newest of them failed, in words."""
    loop_beats: int = 0
    """Grows with every frame and every try to open the camera, also while waiting for the next: the loop is alive."""
    previews: int = 0
    """Previews composed since the start."""
    hint: Hint | None = None
    """Of the newest preview; None without a camera."""
    adjustments: Adjustments = Adjustments()
    trouble: Trouble | None = None
    """The reason as a code; None where it has none."""
    archive_away: bool = False
    """Its folder is not there or does not answer; captures are refused until it is back. Free bytes are then 0."""
    review_s: float = 6.0
    """Faces show the portrait taken for so long, then it is kept; 0 for not at all."""
