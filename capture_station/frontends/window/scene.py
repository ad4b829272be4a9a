"""What a screen shows at one moment and which actions it offers: plain values, texts already translated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from capture_station.frontends.window.palette import DEFAULT_ACCENT, Accent
from capture_station.frontends.window.sounds import Cue
from capture_station.frontends.window.voice import Voice
from capture_station.station.status import Guide


class Action(Enum):
    """What a key, a touch or the window's close button requests."""

    CAPTURE = "capture"
    CANCEL = "cancel"
    KEEP = "keep"
    RETAKE = "retake"
    ZOOM = "zoom"
    """Shows the face of the portrait under review, or the whole portrait again."""
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
    """Lets the person go who is checked in, and closes the search."""
    SEARCH = "search"
    """Opens the search for a person."""
    SUBMIT = "submit"
    """Takes the person whom the search leaves, or the typed text as an id."""
    NOT_LISTED = "not-listed"
    """Takes the typed text as the id of somebody who is not on the roster."""
    SHIFT = "shift"
    ACCENTS = "accents"
    """Other characters on the touch keyboard."""
    MORE = "more"
    """Shows the next of the people who were found, and after the last ones the first."""
    WRONG_PERSON = "wrong-person"
    """Asks whose portrait it is."""
    REMOVE_NAME = "remove-name"
    """Answers that: it is nobody's that is known."""
    PRINT = "print"
    DONE = "done"
    """Ends the screen on which a portrait can be taken home."""
    QUIT = "quit"
    """Closes the window."""
    OPERATOR = "operator"
    """Asks for the operator's PIN."""
    BACK = "back"
    """Leaves a page of the operator's."""
    MIRROR = "mirror"
    LANGUAGE = "language"
    """Asks for the guest's language."""
    CUT_OFF = "cut-off"
    """A scanner has sent a part of a code."""
    WAKE = "wake"
    """Somebody is there."""
    FOCUS_NEXT = "focus-next"
    FOCUS_PREVIOUS = "focus-previous"
    """Moves the frame by which keys choose a tile or a button."""
    FOCUSED = "focused"
    """Presses what has the frame."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A character for the search, or ``backspace``."""

    key: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A person in the search's list."""

    subject_id: str


@dataclass(frozen=True, slots=True)
class Picked:
    """A tile of a menu."""

    what: str
    value: str = ""


Press: TypeAlias = Action | Typed | Chosen | Picked


class View(Enum):
    """Which live pictures are shown."""

    WHITE = "white"
    BOTH = "both"
    RAW = "raw"


class Arrow(Enum):
    """A direction on the screen: where the person should move, or where the camera is."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Button:
    """A button to touch."""

    action: Press
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


RelativeBox: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height as shares of a picture's width and height."""


@dataclass(frozen=True, slots=True)
class Review:
    """The portrait just taken."""

    portrait: str
    """Absolute path of its picture."""
    title: str
    good: bool
    reasons: tuple[str, ...]
    person: str = ""
    """Whose portrait it is."""
    ranges: Guide | None = None
    ranges_caption: str = ""
    previous: str = ""
    """Absolute path of the picture that this one replaces after a retake."""
    previous_caption: str = ""
    zoomed: bool = False
    """The face fills the picture."""
    boxes: tuple[RelativeBox, ...] = ()
    """What to look at."""


Code: TypeAlias = tuple[tuple[bool, ...], ...]
"""A QR code with its quiet zone, row by row; True is dark."""


@dataclass(frozen=True, slots=True)
class TakeHome:
    """The portrait that was kept, for the person on it."""

    title: str
    portrait: str
    """Absolute path of its picture."""
    code: Code | None
    """Leads a phone to it; None: portraits are not shared."""
    person: str = ""
    """Whose portrait it is."""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody has to agree to before a picture is taken."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A person in the search's list."""

    id: str
    name: str
    state: str
    """Whether there is a portrait of the person, in words."""
    good: bool | None
    """None: there is none."""
    detail: str = ""
    """What tells the person apart from others of the same name."""


@dataclass(frozen=True, slots=True)
class Search:
    """The search for a person, with a keyboard to touch."""

    text: str
    """What was typed."""
    prompt: str
    """Takes the place of the text while there is none."""
    notice: str
    """Takes the place of the people while there are none."""
    people: tuple[Listed, ...]
    keyboard: tuple[tuple[Button, ...], ...]
    """Rows of keys."""
    more: Button | None = None
    """Shows others who were found; it has the last place among the people."""
    portrait: str = ""
    """Absolute path of the picture whose person is asked for; empty where nobody's is."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A large button of a menu."""

    press: Press
    label: str
    detail: str = ""
    """What it is set to, or what it shows."""
    chosen: bool = False
    warns: bool = False
    """The detail is something to look after."""
    picture: str = ""
    """Absolute path of a picture above the label; empty for none."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a menu: what, and how it is."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Tiles and facts, beside a picture or a code."""

    title: str
    tiles: tuple[Tile, ...] = ()
    facts: tuple[Fact, ...] = ()
    live: bool = False
    """The live pictures of the scene's view are beside it."""
    picture: str = ""
    """Absolute path of a picture beside it; likewise the next."""
    code: Code | None = None
    note: str = ""
    """A sentence above the facts."""
    focus: Press | None = None
    """The tile or button that a key would press; None while nobody uses keys."""


@dataclass(frozen=True, slots=True)
class Attract:
    """What is shown while nobody is there."""

    logo: str
    """Absolute path of its picture; empty for none."""
    title: str
    line: str
    shade: float
    """How much of the line is to be seen, in [0, 1]."""
    turn: float
    """Of the motion's period, in [0, 1)."""
    languages: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class PinPad:
    """Keys for a PIN."""

    title: str
    typed: int
    """Digits so far."""
    notice: str
    keys: tuple[tuple[Button, ...], ...]
    """Rows of keys."""


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
    """The live picture has stopped. It is not shown: whoever is on it may have left."""
    hint: str = ""
    arrow: Arrow | None = None
    countdown: str = ""
    countdown_share: float = 0.0
    """Share of the current second that is left, in [0, 1]."""
    camera_at: Arrow = Arrow.UP
    """The screen's edge at which the camera is."""
    held: float = 0.0
    """Hands free: share of the time gone, in [0, 1], until the countdown starts."""
    flash: bool = False
    """The whole screen is white and lights the face."""
    banners: tuple[Banner, ...] = ()
    review: Review | None = None
    person: str = ""
    """Who is photographed, in large letters."""
    following: str = ""
    """Who comes after them, as a sentence; not while a search, a menu or the like covers the screen."""
    take_home: TakeHome | None = None
    """Takes the place of the live pictures; likewise the next."""
    question: Question | None = None
    search: Search | None = None
    """Takes the place of everything but the banners; likewise the next."""
    typing: bool = False
    """The search went while somebody typed: the next keys are meant for the search, and are no commands."""
    menu: Menu | None = None
    pin_pad: PinPad | None = None
    attract: Attract | None = None
    """Takes the place of everything."""
    buttons: tuple[Button, ...] = ()
    cue: Cue | None = None
    """Played once when it changes."""
    voice: Voice | None = None
    """How the hint is said aloud; None: it is not."""
    corner: str = ""
    """Small text in the upper left corner."""
    full_screen: bool = False
    leftward: bool = False
    """The language is read from right to left, and so is the screen."""
    accent: Accent = DEFAULT_ACCENT

    @property
    def is_live(self) -> bool:
        """Whether the live pictures are to be seen."""
        if self.stale:
            return False
        if self.menu is not None:
            return self.menu.live
        others = (self.review, self.question, self.search, self.take_home, self.pin_pad, self.attract)
        return all(one is None for one in others)
