"""A kiosk at which Ada and Bo check in, and what happens at it."""

from __future__ import annotations

from capture_station.config import WindowSettings
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action, Scene
from capture_station.locales.messages import Messages
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation

MESSAGES = Messages("en")
ADA, BO = Subject("20417", "Ada Lovelace"), Subject("20418", "Bo")


def kiosk_of_two(station: FakeStation, clock: Clock) -> Kiosk:
    """Nobody is checked in, and nobody is photographed without a name."""
    station.see()
    station.subjects.use("required", ADA, BO)
    return Kiosk(station, WindowSettings(review_s=6), MESSAGES, clock)


def look(kiosk: Kiosk, station: FakeStation) -> Scene:
    return kiosk.scene(station.preview())


def person(station: FakeStation) -> str | None:
    """The id of who is checked in."""
    current = station.status().subjects.current
    return None if current is None else current.id


def may_capture(scene: Scene) -> bool:
    return any(button.action is Action.CAPTURE and button.enabled for button in scene.buttons)


def press(kiosk: Kiosk, clock: Clock, action: Action) -> None:
    clock.pass_s(1)
    kiosk.press(action)


def take_good(kiosk: Kiosk, station: FakeStation, clock: Clock, meanwhile: str = "") -> Scene:
    """Ada's good portrait is shown; ``meanwhile``: whose badge is scanned during the countdown."""
    kiosk.scan("20417")
    return taken(kiosk, station, clock, meanwhile)


def take_agreed(kiosk: Kiosk, station: FakeStation, clock: Clock, meanwhile: str = "") -> Scene:
    """The same where people have to agree, as Ada does."""
    station.subjects.use("required", ADA, BO, consent={"en": "Agreed?"})
    kiosk.scan("20417")
    look(kiosk, station)
    press(kiosk, clock, Action.AGREE)
    return taken(kiosk, station, clock, meanwhile)


def taken(kiosk: Kiosk, station: FakeStation, clock: Clock, meanwhile: str) -> Scene:
    """Whoever is checked in is photographed."""
    press(kiosk, clock, Action.CAPTURE)
    if meanwhile:
        kiosk.scan(meanwhile)
    station.finish()
    return look(kiosk, station)


def take_doubtful(kiosk: Kiosk, station: FakeStation, clock: Clock) -> None:
    """Ada's portrait is shown and waits for an answer."""
    kiosk.scan("20417")
    press(kiosk, clock, Action.CAPTURE)
    station.finish(verdict="review", kept=False)
    look(kiosk, station)
