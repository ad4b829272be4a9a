"""What a screen shows at one moment and which actions it offers: plain values, texts already translated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What a key, a touch or the window's close button requests."""

    CAPTURE = "capture"
    CANCEL = "cancel"
    KEEP = "keep"
    RETAKE = "retake"
    VIEW = "view"
    GUIDE = "guide"
    PRESET = "preset"
    """Chooses the next preset."""
    FPS = "fps"
    FULL_SCREEN = "full-screen"
    AGREE = "agree"
    CONFIRM = "confirm"
    """Takes a person who is not on the roster."""
    NEXT = "next"
    """Lets the person go who is checked in."""
    QUIT = "quit"
    """Closes the window."""


class View(Enum):
    """Which live pictures are shown."""

    WHITE = "white"
    BOTH = "both"
    RAW = "raw"


class Arrow(Enum):
    """The direction in which the person should move, in the picture as shown."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Button:
    """A button to touch."""

    action: Action
    label: str
    primary: bool = False
    enabled: bool = True
    filled: float = 0.0
    """Share of the time gone, in [0, 1], until the button is pressed automatically."""


@dataclass(frozen=True, slots=True)
class Banner:
    """A fault that lasts until somebody acts."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Review:
    """The portrait just taken."""

    portrait: str
    """Absolute path of its picture."""
    title: str
    good: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody has to agree to before a picture is taken."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything on the screen except the live pictures."""

    title: str
    view: View = View.WHITE
    mirrored: bool = True
    guide: bool = False
    eye_line: float = 0.43
    """Where the guide wants the eyes, below the upper edge, as a share of the white picture's height."""
    head_height: float = 0.5
    """Crown to chin of the guide's oval, as a share of that height."""
    cropped: bool = False
    """The white picture is the portrait that would be saved; else it is the whole frame."""
    crop: tuple[tuple[float, float], ...] = ()
    """Corners of that portrait in the raw picture, as shares of its width and height."""
    aligned: bool = False
    """The framing is good; the guide turns green."""
    stale: bool = False
    """The live picture has stopped."""
    hint: str = ""
    arrow: Arrow | None = None
    countdown: str = ""
    countdown_share: float = 0.0
    """Share of the current second that is left, in [0, 1]."""
    held: float = 0.0
    """Hands free: share of the time gone, in [0, 1], until the countdown starts."""
    flash: float = 0.0
    """Brightness of the flash in [0, 1]."""
    banners: tuple[Banner, ...] = ()
    review: Review | None = None
    person: str = ""
    """Who is photographed, in large letters."""
    question: Question | None = None
    """Takes the place of the live pictures."""
    buttons: tuple[Button, ...] = ()
    corner: str = ""
    """Small text in the upper left corner."""
    full_screen: bool = False
