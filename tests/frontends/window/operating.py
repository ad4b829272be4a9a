"""An operator at a kiosk: enters the PIN and goes through every page, by touch or by key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from capture_station.config import WindowSettings
from capture_station.errors import Trouble
from capture_station.frames import Flaw
from capture_station.frontends.kept_settings import KeptSettings
from capture_station.frontends.web.share_links import ShareLink
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.operator.services import OperatorServices, Pairing
from capture_station.frontends.window.scene import Action, Picked, Press, Scene, Typed
from capture_station.locales.messages import Messages
from capture_station.station.adjustments import Adjustments
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation

PIN = "4711"
ADDRESS = "http://192.168.178.20:8480"


class FakeMachine:
    """A machine that notes what it was asked for."""

    def __init__(self, allowed: bool = True) -> None:
        self.allowed = allowed
        self.asked: list[str] = []

    def allows(self) -> bool:
        return self.allowed

    def restart(self) -> None:
        self.asked.append("restart")

    def switch_off(self) -> None:
        self.asked.append("switch off")


class OperatedBooth:
    """A kiosk with a PIN in one language, with everything that an operator can use."""

    def __init__(self, station: FakeStation, clock: Clock, folder: Path, language: str = "en") -> None:
        self.station, self.clock = station, clock
        self.messages = Messages(language)
        self.machine = FakeMachine()
        self.kept = KeptSettings(folder)
        self.pairings = 0
        self.services = OperatorServices(
            kept=self.kept,
            configured=lambda: Adjustments(preset="portrait-4x5"),
            pair=self._pair,
            machine=self.machine,
            archive=Path("/srv/portraits/capture-station"),
        )
        settings = WindowSettings.model_validate({"operator_pin": PIN})
        self.kiosk = Kiosk(station, settings, self.messages, clock, services=self.services)
        station.see()

    def press(self, *presses: Press) -> Scene:
        for press in presses:
            self.clock.pass_s(0.4)
            self.kiosk.press(press)
        return self.look()

    def look(self) -> Scene:
        return self.kiosk.scene(self.station.preview())

    def enter(self, pin: str = PIN) -> Scene:
        return self.press(Action.OPERATOR, *map(Typed, pin), Action.SUBMIT)

    def open(self, page: str) -> Scene:
        """A page of the operator's home page, which must be open."""
        return self.press(Picked("page", page))

    def _pair(self) -> Pairing:
        self.pairings += 1
        return Pairing((ADDRESS, "http://booth.local:8480"), qr_modules(f"{ADDRESS}/#pair=7K2M9QX4"), 5)


def qr_modules(url: str) -> tuple[tuple[bool, ...], ...]:
    from datetime import datetime, timezone

    return ShareLink(url, datetime(2026, 1, 31, tzinfo=timezone.utc)).qr_modules


def operator_screens(booth: OperatedBooth) -> Iterator[tuple[str, Scene]]:
    """Everything that an operator can see, by name."""
    station = booth.station
    yield "guest", booth.look()
    yield "pin", booth.press(Action.OPERATOR)
    yield "pin typed", booth.press(*map(Typed, "12345678"))
    yield "wrong pin", booth.press(Action.SUBMIT)
    for _ in range(2):
        booth.press(Typed("1"), Action.SUBMIT)
    yield "pin pause", booth.look()
    booth.clock.pass_s(30)
    for verdict, flaws in (("ok", ()), ("review", (Flaw("face-dark"), Flaw("limb-cut"))), ("damaged", ())):
        for _ in range(3):
            station.save(verdict, flaws, portrait=station.portrait)
    station.use_printer()
    yield "home", booth.press(*map(Typed, PIN), Action.SUBMIT)
    yield "home focused", booth.press(Action.FOCUS_NEXT, Action.FOCUS_NEXT)
    yield "settings kept", booth.press(Picked("keep"))
    yield "settings forgotten", booth.press(Picked("forget"))
    booth.clock.pass_s(5)
    yield "presets", booth.open("preset")
    yield "more presets", booth.press(Picked("more"))
    booth.press(Action.BACK)
    yield "camera", booth.open("camera")
    yield "cameras", booth.open("cameras")
    booth.press(Action.BACK)
    yield "sizes", booth.open("sizes")
    booth.press(Action.BACK)
    station.become(differences=("rate: asked for 30 frames/s, got 15", "controls.gain: the camera does not accept it"))
    yield "camera that differs", booth.look()
    booth.press(Action.BACK)
    yield "picture", booth.open("picture")
    yield "picture, both", booth.press(Action.VIEW)
    booth.press(Action.BACK)
    yield "portraits", booth.open("portraits")
    newest = sorted(station.archive)[-4]
    yield "portrait", booth.press(Picked("portrait", newest))
    yield "delete", booth.press(Picked("delete", newest))
    yield "deleted", booth.press(Picked("delete", newest))
    booth.clock.pass_s(5)
    booth.press(Action.BACK)
    kept = sorted(station.archive)[0]
    printer = station.use_printer()
    printer.request([kept])
    printer.request([kept], copies=12)
    station.use_printer(problems=("media-empty", "cover-open"))
    yield "home, printer empty", booth.look()
    yield "printer", booth.open("printer")
    yield "printer, sure", booth.press(Picked("cancel-job", printer.jobs()[0].id))
    station.use_printer(trouble="printer Canon_SELPHY_CP1500: lpstat: Connection refused", problems=())
    yield "printer away", booth.look()
    booth.press(Action.BACK)
    yield "phone", booth.open("phone")
    booth.press(Action.BACK)
    yield "disk", booth.open("disk")
    station.fill_disk()
    booth.press(Action.BACK)
    yield "diagnostics", booth.open("diagnostics")
    booth.press(Action.BACK)
    yield "power", booth.open("power")
    yield "power, sure", booth.press(Picked("switch-off"))
    booth.press(Action.BACK)
    station.unplug("", Trouble("missing", {"camera": "USB camera (/dev/video0)"}))
    yield "home, no camera", booth.look()
    yield "guest, no camera", booth.press(Action.BACK)
