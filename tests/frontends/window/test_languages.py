"""Every screen of the window in every language on the smallest screen: nothing is cut off or too small."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from pydantic import SecretStr

from capture_station.config import PortraitSettings, WindowSettings
from capture_station.errors import Trouble
from capture_station.frames import Flaw
from capture_station.frontends.web.share_links import ShareLink
from capture_station.frontends.window.drawing import draw, pictures
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.layout import Rect
from capture_station.frontends.window.scene import Action, Code, Scene, Typed
from capture_station.locales.messages import CODES, Messages
from capture_station.station.status import Guide, Hint
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation
from tests.frontends.window.operating import OperatedBooth, operator_screens

pytest.importorskip("pygame", reason="the window needs pygame-ce (extra [kiosk])")

from capture_station.frontends.window.canvas import Canvas, Colour

SMALLEST_WH = (800, 480)
UPRIGHT_WH = (1080, 1920)
LEAST_PX = 14
"""2.7 mm on a 7 inch screen, for texts that are read by whoever touches it. Hints are larger: see test_drawing."""
ADA = Subject("20417", "Ada Lovelace")
PEOPLE = (
    ADA,
    Subject("20418", "Alexandrina Konstantinopoulou-Weatherby"),
    Subject("20419", "\u015eule Y\u0131ld\u0131r\u0131m"),
    Subject("20420", "Anna Schmidt", detail="Department of Theoretical Physics and Astronomy"),
    *(Subject(f"2042{number}", "Anna Schmidt", detail="Department of Thermodynamics") for number in range(1, 8)),
)
GUIDE = Guide(0.43, 0.5, (0.38, 0.48), (0.45, 0.55), 0.5)
VALUES = {
    "camera": "USB camera (/dev/video0)",
    "attached": "/dev/video2 (HD Webcam C615)",
    "count": "2",
    "preset": "Passport 35x45 mm",
    "reason": "the JPEG ends too early",
    "size": "9248x6944",
    "needed": "2.9 GB",
}
"""What stands for placeholders; numbers for the others."""


class Written(NamedTuple):
    """A text as it was drawn."""

    text: str
    rect: Rect
    size_px: float
    """Size of its letters, after it was shrunk to fit."""
    wanted_px: int


class NotingCanvas(Canvas):
    """Notes what is written on it; draws nothing, which takes much longer."""

    def __init__(self) -> None:
        super().__init__("dummy")
        self.written: list[Written] = []
        for shape in ("fill", "veil", "image", "panel", "corners", "oval", "ring", "outline", "arrow", "show"):
            setattr(self, shape, lambda *_: None)

    def text(
        self,
        xy: tuple[int, int],
        text: str,
        size_px: int,
        width_px: int,
        colour: Colour,
        bold: bool = False,
        lines: bool = False,
        centred: bool = False,
    ) -> None:
        w, h = self._text(text, size_px, width_px, colour, bold, lines, centred).get_size()
        share = 1.0 if lines else h / self.text_wh(text, size_px, 100_000, bold)[1]
        self.written.append(Written(text, Rect(*xy, w, h), size_px * share, size_px))


def code(capture_id: str) -> Code:
    address = f"http://192.168.1.20:8480/share/{capture_id}.6b0b4937.53062cadb95e25c07574760a8b"
    return ShareLink(address, datetime(2026, 1, 31, tzinfo=timezone.utc)).qr_modules


def values(text: str) -> dict[str, str]:
    names = (name for _, name, _, _ in string.Formatter().parse(text) if name)
    return {name: VALUES.get(name, "12") for name in names}


def sections(messages: Messages, section: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The keys of a section without its name, with values for their placeholders."""
    for key, text in messages.texts.items():
        if key.startswith(f"{section}."):
            yield key.partition(".")[2], values(text)


class Booth:
    """A kiosk in one language that is taken through its screens."""

    def __init__(self, station: FakeStation, clock: Clock, language: str) -> None:
        self.station, self.clock = station, clock
        self.messages = Messages(language)
        self.kiosk = Kiosk(station, WindowSettings(), self.messages, clock, share=code)
        station.see()

    def press(self, *presses: Action | Typed) -> Scene:
        for press in presses:
            self.clock.pass_s(1)
            self.kiosk.press(press)
        return self.look()

    def look(self) -> Scene:
        return self.kiosk.scene(self.station.preview())

    def take(self, verdict: str = "ok", *flaws: Flaw) -> Scene:
        self.press(Action.CAPTURE)
        self.station.expose()
        self.look()
        self.station.finish(verdict, flaws, kept=verdict == "ok", guide=GUIDE)
        self.clock.pass_s(1)
        return self.look()


def screens(booth: Booth) -> Iterator[tuple[str, Scene]]:
    """All screens of a kiosk, by name."""
    station = booth.station
    yield "live", booth.look()
    for hint in Hint:
        station.see(hint)
        yield f"hint {hint.value}", booth.look()
    station.see()
    yield "countdown", booth.press(Action.CAPTURE)
    station.expose()
    station.render()
    yield "capturing", booth.look()
    station.finish(guide=GUIDE)
    booth.clock.pass_s(1)
    yield "good portrait", booth.look()
    yield "taken home", booth.press(Action.KEEP)
    station.use_printer()
    booth.press(Action.DONE)
    booth.take()
    yield "to print", booth.press(Action.KEEP)
    yield "printing", booth.press(Action.PRINT)
    booth.press(Action.DONE)
    yield from portraits_to_review(booth)
    yield from people(booth)
    yield from faults(booth)


def portraits_to_review(booth: Booth) -> Iterator[tuple[str, Scene]]:
    flaws = [Flaw(flaw, found) for flaw, found in sections(booth.messages, "flaw")]
    for number in range(0, len(flaws), 2):
        yield f"flaws {number}", booth.take("review", *flaws[number : number + 2])
        if number == 0:
            booth.press(Action.RETAKE)
            booth.station.expose()
            booth.station.finish("review", tuple(flaws[:2]), kept=False, guide=GUIDE)
            yield "taken again", booth.look()
            yield "sure", booth.press(Action.KEEP)
        booth.press(Action.KEEP, Action.KEEP, Action.DONE)
    for flaw, found in sections(booth.messages, "refused"):
        booth.press(Action.CAPTURE)
        booth.station.refuse(Flaw(flaw, found))
        yield f"refused {flaw}", booth.look()
        booth.clock.pass_s(10)


def people(booth: Booth) -> Iterator[tuple[str, Scene]]:
    station = booth.station
    station.subjects.use("required", *PEOPLE, camera_codes=True)
    yield "badge to the camera", booth.look()
    station.subjects.use("required", *PEOPLE, consent={"en": "May we publish your portrait?"})
    yield "badge", booth.look()
    yield "search", booth.press(Action.SEARCH)
    yield "accents", booth.press(Action.SHIFT, Action.ACCENTS)
    yield "people found", booth.press(Action.ACCENTS, Typed("a"))
    yield "which of them", booth.press(Action.SUBMIT)
    yield "nobody found", booth.press(Typed("x"), Typed("x"))
    yield "unknown person", booth.press(Action.NOT_LISTED)
    booth.press(Action.NEXT)
    booth.kiosk.scan("20417")
    yield "consent", booth.look()
    booth.clock.pass_s(1)
    yield "person", booth.press(Action.AGREE)
    yield "portrait of a person", booth.take("review", Flaw("face-dark"))
    yield "whose", booth.press(Action.WRONG_PERSON)
    yield "corrected", booth.press(Typed("a"), Typed("l"), Action.SUBMIT)
    booth.press(Action.KEEP, Action.KEEP, Action.DONE)
    booth.clock.pass_s(5)
    yield "next person", booth.look()
    station.subjects.use("required", *PEOPLE)
    booth.kiosk.scan("20417")
    booth.press(Action.CAPTURE)
    for code in ("20418", "20419"):
        booth.kiosk.scan(code)
    yield "scanned during the countdown", booth.look()
    station.finish("ok", guide=GUIDE)
    booth.clock.pass_s(1)
    yield "review while two people wait", booth.look()
    booth.press(Action.KEEP, Action.DONE)
    for code in ("20420", "20420"):
        booth.kiosk.scan(code)
        yield "somebody else waits, too", booth.look()
    station.subjects.use("required", *PEOPLE, unknown="refuse")
    booth.kiosk.scan("999")
    yield "declined person", booth.look()
    booth.press(Action.NEXT)
    station.subjects.use("off")


def faults(booth: Booth) -> Iterator[tuple[str, Scene]]:
    station = booth.station
    for trouble, found in sections(booth.messages, "trouble"):
        station.unplug("", Trouble(trouble, found))
        yield f"trouble {trouble}", booth.look()
    station.fill_disk()
    yield "no camera and a full disk", booth.look()
    station.see()
    station.become(passed_over=("webcam: none is attached",))
    yield "demo and a full disk", booth.look()
    station.use_printer(problems=("media-empty", "cover-open"))
    yield "printer and a full disk", booth.look()
    station.stop()
    yield "stopping", booth.look()


@pytest.fixture(params=[SMALLEST_WH, UPRIGHT_WH], ids=["800x480", "1080x1920"])
def canvas(request: pytest.FixtureRequest) -> Iterator[NotingCanvas]:
    with NotingCanvas() as canvas:
        canvas.screen_wh = request.param
        canvas.open(False, request.param, "test")
        yield canvas


@pytest.mark.parametrize("language", CODES)
def test_every_screen_has_room_for_its_words(
    canvas: NotingCanvas, station: FakeStation, clock: Clock, language: str
) -> None:
    check_room(canvas, screens(Booth(station, clock, language)), 70)


@pytest.mark.parametrize("language", CODES)
def test_every_page_of_the_operator_has_room_for_its_words(
    canvas: NotingCanvas, station: FakeStation, clock: Clock, tmp_path: Path, language: str
) -> None:
    station.offer(PortraitSettings().choices)
    check_room(canvas, operator_screens(OperatedBooth(station, clock, tmp_path, language)), 30)


@pytest.mark.parametrize("language", CODES)
def test_the_screen_for_nobody_has_room_for_every_language(
    canvas: NotingCanvas, station: FakeStation, clock: Clock, language: str
) -> None:
    def screens() -> Iterator[tuple[str, Scene]]:
        for others in ((), CODES):
            settings = WindowSettings.model_validate({"idle_s": 30, "languages": others})
            for pin in ("", "4711"):
                station.see()
                guarded = settings.model_copy(update={"operator_pin": SecretStr(pin)})
                kiosk = Kiosk(station, guarded, Messages(language), clock)
                yield f"live {others} {pin}", kiosk.scene(station.preview())
                kiosk.press(Action.LANGUAGE)
                yield f"languages {others} {pin}", kiosk.scene(station.preview())
                kiosk.press(Action.BACK)
                station.see(Hint.NOBODY)
                clock.pass_s(31)
                for line in range(len(CODES)):
                    yield f"nobody {others} {pin} {line}", kiosk.scene(station.preview())
                    clock.pass_s(6)

    check_room(canvas, screens(), 30)


def check_room(canvas: NotingCanvas, scenes: Iterable[tuple[str, Scene]], least: int) -> None:
    """Every text of every scene is on the screen, large enough, and on its button or none."""
    picture = np.full((500, 400, 3), 128, np.uint8)
    screen = Rect(0, 0, *canvas.size_wh)
    names = set()
    for name, scene in scenes:
        names.add(name)
        canvas.written.clear()
        live = tuple(picture for _ in pictures(scene.view))
        layout = draw(canvas, scene, live, lambda *_: picture)
        for written in canvas.written:
            assert inside(written.rect, screen), (name, written)
            assert written.size_px >= LEAST_PX, (name, written)
            tiles = () if layout.menu is None else layout.menu.tiles
            for place in (*layout.banners, *(rect for rect, _ in (*layout.buttons, *tiles))):
                assert inside(written.rect, place) or not overlap(written.rect, place), (name, written)
    assert len(names) >= least


def inside(part: Rect, whole: Rect) -> bool:
    across = whole.x <= part.x and part.x + part.w <= whole.x + whole.w
    return across and whole.y <= part.y and part.y + part.h <= whole.y + whole.h


def overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


@pytest.mark.parametrize(("language", "begins_right"), [("ar", True), ("en", False)])
def test_facts_begin_where_the_language_is_begun_to_be_read(
    canvas: NotingCanvas, station: FakeStation, clock: Clock, tmp_path: Path, language: str, begins_right: bool
) -> None:
    booth = OperatedBooth(station, clock, tmp_path, language)
    booth.enter()
    scene = booth.open("disk")
    draw(canvas, scene, (), lambda *_: None)
    assert scene.menu is not None
    places = {one.text: one.rect for one in canvas.written}  # The last one of those with the same text as the title.
    for fact in scene.menu.facts:
        name, value = places[fact.name], places[fact.value]
        assert (name.x > value.x + value.w) == begins_right  # Also where the value is a path.
