"""What an operator does at the kiosk: enters the PIN, looks at pages, changes settings, leaves."""

from __future__ import annotations

import logging
import math
from dataclasses import asdict, replace

from capture_station.config import WindowSettings
from capture_station.errors import StationError
from capture_station.frontends.window.menu.focus import MenuFocus
from capture_station.frontends.window.operator.display_options import DISPLAY_ACTIONS, DisplayOptions
from capture_station.frontends.window.operator.pages import PORTRAITS, TILES, Opened, OperatorPages, Page
from capture_station.frontends.window.operator.pin_lock import PinLock
from capture_station.frontends.window.operator.services import OperatorServices
from capture_station.frontends.window.people.touch_keyboard import BACKSPACE
from capture_station.frontends.window.scene import (
    Action,
    Button,
    Menu,
    Picked,
    PinPad,
    Press,
    Scene,
    Tile,
    Typed,
    View,
)
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation

UNTOUCHED_S = 60.0
"""Operator mode ends by itself when nobody touches anything."""
POSTPONED_S = 3.0
"""Renewed with every scene; what is left is the time to step aside."""
LONGEST_PIN = 12
COUNTDOWNS_S = (0.0, 3.0, 5.0, 10.0)
_KEYS = ("123", "456", "789")
_TWICE = frozenset({"delete", "cancel-job", "restart-station", "quit", "restart-machine", "switch-off"})
"""Is done by a second touch only."""
_ABOUT_CAMERA = frozenset({Page.CAMERA, Page.CAMERAS, Page.SIZES})
_ABOVE = {Page.PORTRAIT: Page.PORTRAITS, Page.CAMERAS: Page.CAMERA, Page.SIZES: Page.CAMERA}
"""Where the way back does not lead home."""
_OPERATORS = DISPLAY_ACTIONS | {Action.QUIT}
"""With a PIN, guests cannot do these."""

log = logging.getLogger(__name__)


class OperatorMode:
    """One kiosk's operator mode. Used by one thread.

    Args:
        station: What it operates.
        settings: Without ``operator_pin`` there is no operator mode.
        messages: In the kiosk's language.
        services: What it can do beyond the station.
    """

    def __init__(
        self, station: PublicStation, settings: WindowSettings, messages: Messages, services: OperatorServices
    ) -> None:
        self._station = station
        self._say = messages
        self._services = services
        self._pages = OperatorPages(messages, services)
        pin = settings.operator_pin.get_secret_value()
        self._lock = PinLock(pin) if pin else None
        self._pin: str | None = None
        """What was typed of the PIN; None while nobody is asked for it."""
        self._wrong = False
        """The last try was wrong."""
        self._opened: Opened | None = None
        self._tiles: tuple[Tile, ...] = ()
        """Of the page as it was shown last."""
        self._focus = MenuFocus()
        self._used_s = 0.0
        self.quits = self.restarts = False
        """The station is to end, or to end and start again."""

    @property
    def guards(self) -> bool:
        """Whether whoever stands there is a guest: there is a PIN, and nobody has entered it."""
        return self._lock is not None and self._opened is None

    def refuses(self, press: Press) -> bool:
        """Whether the press is for operators only, and a guest stands there."""
        return self.guards and press in _OPERATORS

    @property
    def has_pin(self) -> bool:
        return self._lock is not None

    @property
    def is_shown(self) -> bool:
        return self._pin is not None or self._opened is not None

    def ask(self, now_s: float) -> None:
        """Ask for the PIN, if there is one."""
        if self._lock is not None and self._opened is None:
            self._pin, self._wrong, self._used_s = "", False, now_s

    def leave(self) -> None:
        self._pin = self._opened = None

    def follow(self, now_s: float) -> None:
        """Leave when nobody has touched anything for a while. Until then no operator is photographed hands free."""
        if self.is_shown and now_s - self._used_s >= UNTOUCHED_S:
            self.leave()
        if self.is_shown:
            self._station.postpone_auto(POSTPONED_S)
        if self._opened is not None and self._opened.page in _ABOUT_CAMERA:
            self._look_at_camera(self._opened)

    def meant(self, press: Press, now_s: float) -> Press | None:
        """What a press stands for: keys move a frame, and press what has it; None for nothing more to do."""
        if not self.is_shown:
            return press
        self._used_s = now_s
        return self._focus.meant(press, self._choices())

    def press(self, press: Press, now_s: float) -> str:
        """Do what a press of this mode asks for; returns what to tell, empty for nothing."""
        if self._pin is not None:
            return self._enter(press, now_s)
        opened = self._opened
        if opened is None:
            return ""
        if isinstance(press, Picked) and press.what in _TWICE and opened.sure != press:
            opened.sure = press
            return ""
        opened.sure = None
        try:
            match press:
                case Action.BACK:
                    self._back(opened)
                case Picked(what, value):
                    return self._pick(opened, what, value)
        except StationError as error:
            log.warning("the operator asked in vain: %s", error)
            return str(error)
        return ""

    def shown(self, scene: Scene, notice: str, display: DisplayOptions, now_s: float) -> Scene:
        """The scene with the page or the PIN pad in place of what guests see."""
        about_camera = self._opened is not None and self._opened.page in _ABOUT_CAMERA
        return replace(
            scene,
            view=View.RAW if about_camera else display.view,
            hint=notice,
            banners=(),
            person="",
            following="",
            review=None,
            take_home=None,
            question=None,
            search=None,
            menu=self._menu(display),
            pin_pad=self._pin_pad(now_s),
            buttons=self._buttons(),
        )

    def _menu(self, display: DisplayOptions) -> Menu | None:
        """The open page; None without one."""
        if self._opened is None:
            return None
        menu = self._pages.menu(self._opened, self._station.status(), self._station.figures(), display)
        self._tiles = menu.tiles
        return replace(menu, focus=self._focus.at)

    def _pin_pad(self, now_s: float) -> PinPad | None:
        """The keys for the PIN; None while nobody is asked for it."""
        if self._pin is None or self._lock is None:
            return None
        pause_s = self._lock.pause_s(now_s)
        if pause_s > 0:
            notice = self._say("operator.pin-wait", seconds=math.ceil(pause_s))
        else:
            notice = self._say("operator.wrong-pin") if self._wrong else ""
        rows = [tuple(Button(Typed(key), key, enabled=pause_s <= 0) for key in row) for row in _KEYS]
        rows.append(
            (
                Button(Typed(BACKSPACE), "⌫", enabled=pause_s <= 0),
                Button(Typed("0"), "0", enabled=pause_s <= 0),
                Button(Action.SUBMIT, "OK", primary=True, enabled=pause_s <= 0),
            )
        )
        return PinPad(self._say("operator.pin"), len(self._pin), notice, tuple(rows))

    def _buttons(self) -> tuple[Button, ...]:
        """The row below pad or page."""
        if self._pin is not None:
            return (Button(Action.BACK, self._say("button.cancel")),)
        return () if self._opened is None else self._pages.buttons(self._opened, self._station.status())

    def _enter(self, press: Press, now_s: float) -> str:
        assert self._pin is not None
        assert self._lock is not None
        match press:
            case Typed(key) if key == BACKSPACE:
                self._pin = self._pin[:-1]
            case Typed(key) if key.isascii() and key.isdecimal() and self._lock.pause_s(now_s) <= 0:
                self._pin = f"{self._pin}{key}"[:LONGEST_PIN]
                self._wrong = False
            case Action.SUBMIT if self._pin:
                if self._lock.opens(self._pin, now_s):
                    self._pin = None
                    self._open(Page.HOME)
                    log.info("an operator entered the PIN at the window")
                    return ""
                self._pin, self._wrong = "", True
                log.warning("somebody entered a wrong PIN at the window")
            case Action.BACK:
                self.leave()
        return ""

    def _open(self, page: Page, before: str | None = None) -> None:
        """Open a page and look up what it shows, since scenes are made thirty times a second."""
        opened, services = Opened(page, before=before), self._services
        if services.kept is not None:
            opened.kept = services.kept.read()
        if page is Page.PORTRAITS:
            # The oldest ones may all have been deleted; then it begins with the newest again.
            opened.portraits = self._station.saved(PORTRAITS + 1, before) or self._station.saved(PORTRAITS + 1)
        elif page is Page.PRINTER and self._station.printing is not None:
            opened.jobs = self._station.printing.jobs()
        elif page in _ABOUT_CAMERA:
            self._look_at_camera(opened)
        elif page is Page.PHONE and services.pair is not None:
            opened.pairing = services.pair()
        elif page is Page.POWER and services.machine is not None:
            opened.may_switch_off = services.machine.allows()
        self._opened, self._focus = opened, MenuFocus()

    def _look_at_camera(self, opened: Opened) -> None:
        """Somebody may plug one in, or another one has been opened."""
        opened.cameras = self._station.cameras()
        info = self._station.status().camera
        camera = "" if info is None else info.name
        if camera != opened.camera:
            opened.camera, opened.sizes_wh = camera, self._station.camera_sizes()

    def _back(self, opened: Opened) -> None:
        if opened.page is Page.HOME:
            self.leave()
        else:
            above = _ABOVE.get(opened.page, Page.HOME)
            self._open(above, opened.before if above is Page.PORTRAITS else None)

    def _pick(self, opened: Opened, what: str, value: str) -> str:
        station, before = self._station, opened.before
        match what:
            case "page":
                self._open(Page(value))
            case "preset":
                station.adjust(preset=value)
            case "size":
                station.adjust(camera_size=value)
            case "use":
                station.adjust(camera=value)
            case "hold":
                station.adjust(camera_held=not station.status().adjustments.camera_held)
            case "more":
                first = opened.first + TILES - 1
                opened.first = first if first < len(station.status().presets) else 0
            case "countdown":
                now_s = station.status().adjustments.countdown_s
                longer = [one for one in COUNTDOWNS_S if one > now_s]
                station.adjust(countdown_s=longer[0] if longer else COUNTDOWNS_S[0])
            case "older":
                self._open(Page.PORTRAITS, value)
            case "portrait":
                self._open(Page.PORTRAIT, before)
                self._show(value)
            case "delete":
                station.remove(value)
                self._open(Page.PORTRAITS, before)
                return self._say("page.deleted")
            case "keep-portrait":
                station.keep(value)
                self._show(value)
                return self._say("notice.kept")
            case "print" if station.printing is not None:
                station.printing.request([value])
                return self._say("notice.printing")
            case "cancel-job" if station.printing is not None:
                station.printing.cancel(value)
                self._open(Page.PRINTER)
            case "keep" | "forget":
                return self._keep_settings(keep=what == "keep")
            case _:
                self._end(what)
        return ""

    def _show(self, capture_id: str) -> None:
        """Look a portrait up for its page; somebody may have deleted it meanwhile."""
        assert self._opened is not None
        self._opened.portrait = self._station.find(capture_id)
        if self._opened.portrait is None:
            self._open(Page.PORTRAITS, self._opened.before)

    def _keep_settings(self, keep: bool) -> str:
        kept, configured = self._services.kept, self._services.configured
        if kept is None:
            return ""
        if keep:
            kept.keep(self._station.status().adjustments)
        else:
            kept.forget()
            if configured is not None:
                self._station.adjust(**asdict(configured()))
        self._open(Page.HOME)
        return self._say("operator.kept" if keep else "operator.forgotten")

    def _end(self, what: str) -> None:
        machine = self._services.machine
        match what:
            case "restart-station":
                self.quits = self.restarts = True
            case "quit":
                self.quits = True
            case "restart-machine" if machine is not None:
                machine.restart()
            case "switch-off" if machine is not None:
                machine.switch_off()

    def _choices(self) -> list[Press]:
        """What keys can choose: tiles, then buttons."""
        if self._opened is None:
            return []
        return [*(tile.press for tile in self._tiles), *(button.action for button in self._buttons())]
