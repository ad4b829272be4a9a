"""What a kiosk shows, and a capture from the press to the review."""

from __future__ import annotations

from capture_station.frames import Flaw
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.scene import Action, Press, Scene
from tests.frontends.fake_station import FakeStation


def look(kiosk: Kiosk, station: FakeStation) -> Scene:
    return kiosk.scene(station.preview())


def actions(scene: Scene) -> set[Press]:
    return {button.action for button in scene.buttons if button.enabled}


def labels(scene: Scene) -> list[tuple[str, bool]]:
    return [(button.label, button.primary) for button in scene.buttons]


def take(kiosk: Kiosk, station: FakeStation, verdict: str = "ok", flaws: tuple[Flaw, ...] = ()) -> str:
    """A capture from the press to the review; the shot's id."""
    kiosk.press(Action.CAPTURE)
    look(kiosk, station)
    station.expose()
    look(kiosk, station)
    shot = station.finish(verdict, flaws)
    look(kiosk, station)
    return shot.id
