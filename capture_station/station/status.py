"""What a station tells its frontends: immutable snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from capture_station.errors import Trouble
from capture_station.flaws import Flaw
from capture_station.station.adjustments import Adjustments
from capture_station.station.disk_status import DiskStatus as DiskStatus
from capture_station.station.disk_status import DiskTrouble as DiskTrouble

if TYPE_CHECKING:  # The clients of the control socket import this file and need no numpy.
    from capture_station.camera.contract import CameraInfo
    from capture_station.frames import Head, Image
    from capture_station.release import Lack
    from capture_station.segmentation.contract import SegmenterInfo


class State(Enum):
    """``STARTING`` until the first frame or the first failed open; ``DEGRADED`` while there is no camera."""

    STARTING = "starting"
    RUNNING = "running"
    DEGRADED = "degraded"
    STOPPING = "stopping"


class Hint(Enum):
    """What the person in front of the camera should do, most urgent first. Frontends have the words."""

    NOBODY = "nobody"
    TWO_PEOPLE = "two-people"
    NO_FACE = "no-face"
    BACKLIT = "backlit"
    TOO_DARK = "too-dark"
    TOO_BRIGHT = "too-bright"
    HOLD_STILL = "hold-still"
    UNCLEAR = "unclear"
    """The person is hard to tell from the background."""
    STEP_CLOSER = "step-closer"
    STEP_BACK = "step-back"
    MOVE_LEFT = "move-left"
    MOVE_RIGHT = "move-right"
    MOVE_UP = "move-up"
    MOVE_DOWN = "move-down"
    LEVEL_HEAD = "level-head"
    LOOK_STRAIGHT = "look-straight"
    LIFT_CHIN = "lift-chin"
    LOWER_CHIN = "lower-chin"
    NO_GLASSES = "no-glasses"
    STEP_OUT = "step-out"  # Hands free: it may still be the person of the last portrait.


@dataclass(frozen=True, slots=True)
class Guide:
    """Where the head belongs in the live picture, or is in a portrait, and what the preset allows.

    All but ``centre`` are shares of the picture's height.
    """

    eye_line: float = 0.43
    """Eyes below the upper edge."""
    head_height: float = 0.5
    """Crown to chin."""
    eye_lines: tuple[float, float] = (0.43, 0.43)
    """Least and most that the preset allows; likewise the next."""
    head_heights: tuple[float, float] = (0.5, 0.5)
    centre: float = 0.5
    """The face's centre right of the left edge, as a share of the width."""


@dataclass(frozen=True, slots=True)
class FramingStatus:
    """Whether a portrait taken now would be good, decided by the code that frames the saved one."""

    ready: bool = False
    """True: a portrait taken now is expected to get the verdict ``ok``, or to need a review only for what nobody can do
    anything about. So did one of this person at this place, made in the background a moment ago."""
    blocking: Hint | None = None
    """What is in the way; shown for at least 0.7 s."""
    nobody: bool = False
    """Nobody is in this very picture, whatever hint is still shown."""
    crop: tuple[tuple[float, float], ...] = ()
    """Corners of the portrait in the raw picture, clockwise from the upper left, as shares of its width and height.
    Empty while the white picture is not cropped."""
    guide: Guide = Guide()
    """For the white picture as it is shown."""
    aspect: float | None = None
    """Width to height of the portrait; None without a preset."""
    neutral: bool = False
    """The preset wants a neutral face: mouth closed, eyes open."""


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """One live picture for viewers, not mirrored. Its arrays are read-only by agreement."""

    image_rgb: Image
    """(h, w, 3) the camera's picture at preview size."""
    white_rgb: Image
    """(h, w, 3) the person on the uniform background: the portrait that would be saved now, at preview size. Where the
    preset cannot be kept it is the whole picture."""
    head: Head | None
    framing: FramingStatus
    sequence: int
    """Grows by at least one from preview to preview, also across a reopened camera."""
    captured_at_s: float
    """``time.monotonic()`` at the frame's exposure. The time now minus this is the latency."""


PersonState = Literal["missing", "ok", "review"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is photographed, or could be."""

    id: str
    name: str = ""
    """For people to read; empty where it is not known."""
    on_roster: bool = True
    state: PersonState | None = None
    """The verdict of the newest kept portrait; ``review`` as well without a consent that is asked for here. Without a
    portrait it is ``missing`` in lists, and else None."""
    must_agree: bool = False
    """No picture is taken before the person agreed to the text of ``subjects.consent``.
    Of a portrait: its record has no consent. In lists: that of the newest kept portrait has none."""
    station: str = ""
    """The other booth that has taken the portrait; empty for this one."""
    detail: str = ""
    """What tells somebody on the roster apart from others of the same name, such as a department, or what a search has
    found beside the name, such as a class; else empty."""
    waits: bool = False
    """Checked in while somebody else was: comes once all those before are checked out."""
    refused: str = ""
    """What the roster says of somebody who must not be photographed; else empty."""
    has_captures: bool = False
    """In lists of a state: the archive has captures of the person, be they kept or not."""


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """A part of a list of people, and how long the list is."""

    people: Iterator[Person]
    """They are made while somebody reads them: a list may have 100,000."""
    total: int


CodeOutcome = Literal["checked-in", "waits", "ask", "refuse", "not-permitted", "unreadable"]


@dataclass(frozen=True, slots=True)
class CameraCode:
    """A code that was read through the camera, and what the station made of it."""

    number: int
    """Grows with every code; frontends react to a new number as to a scan of their own."""
    text: str
    outcome: CodeOutcome
    """``waits``: somebody else is checked in; ``ask``: it is not on the roster, and may be confirmed; ``refuse``: it is
    not on the roster; ``not-permitted``: its person must not be photographed; ``unreadable``: it cannot be an
    id."""
    person: str = ""
    """Name and id of who must not be photographed, and what the roster says; else empty."""
    says: str = ""


@dataclass(frozen=True, slots=True)
class SubjectStatus:
    """Whose portraits the station takes."""

    mode: Literal["off", "optional", "required"] = "off"
    current: Person | None = None
    """Who is photographed now."""
    waiting: tuple[Person, ...] = ()
    """Who was checked in meanwhile, in the order in which they come."""
    photographed: int | None = None
    """People on the roster who may be photographed and have a kept portrait, as of some seconds ago; None without a
    roster."""
    roster_size: int | None = None
    """People on the roster who may be photographed; None without one."""
    takes_unknown: bool = True
    """An id that is not on the roster is taken, at least when somebody says so."""
    roster_error: str = ""
    """Why the newest state of the roster is not used, in English; empty while it is."""
    reads_codes: bool = False
    """Codes are read through the camera."""
    camera_code: CameraCode | None = None
    """The newest code that was read through the camera since the start."""

    @property
    def next(self) -> Person | None:
        """Who comes after who is photographed now."""
        return self.waiting[0] if self.waiting else None

    def after(self, person: Person | None) -> tuple[Person, ...]:
        """Who comes after this person, whose portrait is taken or looked at; None: nobody is named in it.

        After a portrait of somebody else, who is checked in comes first.
        """
        if self.current is None or (person is not None and person.id == self.current.id):
            return self.waiting
        return (self.current, *self.waiting)


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
    """Why a person should look at it, in plain English."""
    flaws: tuple[Flaw, ...] = ()
    """The same as codes, for other languages."""
    kept: bool = True
    """False: the portrait is doubtful and is kept only by ``keep``."""
    subject: Person | None = None
    """Whose portrait it is, as far as anybody said."""
    guide: Guide | None = None
    """Where the head is in the portrait, and what the preset allows; None without a face or a preset."""
    portrait_px: tuple[int, int] | None = None
    """Width and height of the portrait, in which some flaws name a place."""
    retakes: str | None = None
    """Id of the capture that it is to replace."""
    lacks: Lack = ""
    """What somebody has to add: a name, or the person's consent."""


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
    """False after a retake."""
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Absolute paths by role: original, portrait, matte."""
    flaws: tuple[Flaw, ...] = ()
    """The reasons as codes."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """The whole record as JSON values; empty if it is damaged, and in lists."""
    subject: Person | None = None
    """Whose portrait it is; None where nobody said so."""
    guide: Guide | None = None
    """Where the head is in the portrait, and what the preset allows; None without a face or a preset, and in lists."""
    by_demo: bool = False
    """The demo camera took it, so that it shows no real person."""
    lacks: Lack = ""
    """What somebody has to add, be it kept or not: a name, or the person's consent."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values fell into each class."""

    bounds: tuple[float, ...]
    """Upper limits of all classes but the last, which has none."""
    counts: tuple[int, ...]
    """One more than ``bounds``; not cumulative."""
    total: float
    """Sum of all values."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Totals since the station's start."""

    frames: int
    """Frames taken from the camera."""
    segmented: int
    """Frames segmented for the preview."""
    previews: int
    waiting: int
    """Captures requested and not yet done."""
    verdicts: Mapping[str, int]
    """Captures by verdict."""
    inference_s: Histogram
    """Duration of one segmentation for the preview."""
    stages_s: Mapping[str, Histogram]
    """Duration of each stage of a capture, by the stage's name in the record."""
    confidence: Histogram
    """``matte_confidence`` of the captures. A drift points to changed light or a failing camera."""


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """How the live picture is doing."""

    fps: float = 0.0
    """Previews a second, over the last seconds."""
    previews: int = 0
    """Previews composed since the start."""
    loop_beats: int = 0
    """Grows with every frame and with every attempt to open the camera, also during the wait between two attempts.
    While it grows, the capture loop is alive."""
    reopens: int = 0
    """How often a lost camera was opened again."""


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    """The capture under way, and the captures since the start."""

    countdown_left_s: float | None = None
    """Seconds until the exposure; None without a countdown."""
    held: float = 0.0
    """Hands free: share of the time gone, in [0, 1], for which the framing must be good before the countdown."""
    in_progress: bool = False
    """True from the exposure until the files are durable."""
    subject: Person | None = None
    """Whose portrait it will be, which a retake decides and not the check-in; None without a capture or a name."""
    retakes: str | None = None
    """Id of the capture that it is to replace; None for none, and without a capture."""
    exposing: bool = False
    """True from the exposure until the frame is chosen: the light must not change meanwhile."""
    taken: int = 0
    """Portraits saved since the start."""
    last_shot: Shot | None = None
    """The newest of them."""
    failed: int = 0
    """Captures that were accepted and then failed. A cancelled countdown does not count."""
    last_failure: str = ""
    """Why the newest of them failed, in words."""
    refused_for: tuple[Flaw, ...] = ()
    """The same as codes where the picture was no portrait; else empty."""


_STOPS_PRINTING = frozenset(
    {
        "media-empty",
        "media-needed",
        "media-jam",
        "cover-open",
        "door-open",
        "marker-supply-empty",
        "toner-empty",
        "offline",
        "paused",
    }
)


@dataclass(frozen=True, slots=True)
class PrintingStatus:
    """The printer and what waits for it."""

    waiting: int = 0
    """Jobs that are not printed yet."""
    problems: tuple[str, ...] = ()
    """Such as ``media-empty`` and ``paused`` (RFC 8011, printer-state-reasons)."""
    trouble: str = ""
    """Why the printer cannot be reached, in English; empty while it can."""

    @property
    def stopped(self) -> bool:
        """Nothing is printed until somebody acts. Printers also name what does not stop them, such as little toner."""
        return bool(self.trouble) or not _STOPS_PRINTING.isdisjoint(self.problems)


@dataclass(frozen=True, slots=True)
class Status:
    """The station at one moment."""

    state: State
    reason: str = ""
    """Why there is no camera, or a demo in the place of one that is attached, in words; empty while it runs."""
    trouble: Trouble | None = None
    """The same reason as a code; None where it has none."""
    camera: CameraInfo | None = None
    segmenter: SegmenterInfo | None = None
    framing: FramingStatus = FramingStatus()
    """The newest preview's; not ready and nothing blocking without a camera."""
    live: LiveStatus = LiveStatus()
    captures: CaptureStatus = CaptureStatus()
    disk: DiskStatus = field(default_factory=DiskStatus)
    adjustments: Adjustments = field(default_factory=Adjustments)
    subjects: SubjectStatus = SubjectStatus()
    printing: PrintingStatus | None = None
    """None without a printer."""
    presets: tuple[tuple[str, str], ...] = ()
    """Name and title of each preset that can be chosen."""
    review_s: float = 6.0
    """How long frontends show a new portrait before it is kept; 0 for not at all."""
