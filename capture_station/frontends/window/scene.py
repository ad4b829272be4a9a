"""What a screen shows at one moment, and what a person can ask of it: plain values, in words already."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What a key, a touch or the window's frame asks for."""

    CAPTURE = "capture"
    CANCEL = "cancel"
    KEEP = "keep"
    RETAKE = "retake"
    VIEW = "view"
    GUIDE = "guide"
    FPS = "fps"
    FULL_SCREEN = "full-screen"
    LEAVE = "leave"
    """Ends a countdown; without one it closes a window, but not a kiosk's full screen."""
    QUIT = "quit"
    """Closes in any case."""


class View(Enum):
    """Which picture is on the stage."""

    WHITE = "white"
    BOTH = "both"
    RAW = "raw"


class Arrow(Enum):
    """Where, in the picture as it is shown, the person is to go."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to touch."""

    action: Action
    label: str
    primary: bool = False
    enabled: bool = True
    filled: float = 0.0
    """How much of the time until it is pressed by itself has gone, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Banner:
    """Something is wrong and stays so until somebody acts."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Review:
    """The portrait that was just taken."""

    portrait: str
    """Absolute path of the picture."""
    title: str
    good: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything on the screen except the live pixels."""

    title: str
    view: View = View.WHITE
    mirrored: bool = True
    guide: bool = False
    aligned: bool = False
    """The person stands right; the guide shows it."""
    stale: bool = False
    """The pixels are no longer live."""
    hint: str = ""
    arrow: Arrow | None = None
    countdown: str = ""
    countdown_share: float = 0.0
    """How much of the current second is left, in [0, 1]."""
    flash: float = 0.0
    """Brightness of the flash in [0, 1]."""
    banners: tuple[Banner, ...] = ()
    review: Review | None = None
    buttons: tuple[Button, ...] = ()
    corner: str = ""
    """Small print in the upper right corner."""
    full_screen: bool = False
