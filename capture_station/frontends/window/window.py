"""The kiosk window: live preview, countdown, review, touch and keys; a lost screen never takes the station along.

Why SDL2 (pygame-ce) and not ``cv2.imshow``: without a display, highgui's Qt aborts the process (exit 134, which cannot
be caught), while SDL raises an error or falls back to a driver that can be recognised. The wheel with highgui conflicts
with opencv-python-headless over the same files. SDL also supports touch, Wayland and full screen without X (KMSDRM).

Why a process of its own: when an X server dies, Xlib ends the process (exit 1, seen under Xvfb). It also keeps the
drawing off the station's interpreter lock: a frame of 1280x720 costs the station about a quarter of the time.
"""

from __future__ import annotations

import logging
import threading
import time

from capture_station.config import Language, WindowSettings
from capture_station.errors import DisplayError
from capture_station.frames import Image
from capture_station.frontends.window.drawing import pictures
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.operator.services import OperatorServices
from capture_station.frontends.window.screen import Opened, Screen
from capture_station.frontends.window.take_home.flow import ShareCode
from capture_station.frontends.window.voice import voice_advice
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import Preview
from capture_station.subjects.keyboard_wedge import Code

TICK_S = 1 / 30
RESTING_S = 0.1
"""While nobody is there. The station then takes this window for no viewer, and looks at few frames."""
FOLLOW_S = 0.25
"""What happens while nothing can be shown is noticed so often."""
REOPEN_FIRST_S = 1.0
REOPEN_LONGEST_S = 30.0

log = logging.getLogger(__name__)


class Window:
    """Shows a station on a screen until the station stops or the window is closed."""

    def __init__(
        self,
        station: PublicStation,
        settings: WindowSettings,
        language: Language = "en",
        share: ShareCode | None = None,
        services: OperatorServices | None = None,
        hands_free: bool = False,
    ) -> None:
        self._station = station
        self._settings = settings
        self._messages = Messages(language)
        self._share = share
        self._services = services
        self._hands_free = hands_free
        self._preview: Preview | None = None
        """The newest that the kiosk knows, also while there is no screen."""

    def run(self, stop: threading.Event) -> bool:
        """Serve until ``stop`` is set or somebody closes the window. Blocks its thread.

        Returns:
            Whether somebody wants the station to start again.

        A screen that is lost later is opened again, with growing pauses, for ever. Captures go on meanwhile.

        Raises:
            DisplayError: There is no screen at the start.
        """
        kiosk = Kiosk(
            self._station,
            self._settings,
            self._messages,
            share=self._share,
            services=self._services,
            hands_free=self._hands_free,
        )
        if told := voice_advice(self._settings):
            log.warning("%s", told)
        seen = False
        pause_s = REOPEN_FIRST_S
        while not (stop.is_set() or kiosk.closed):
            opened_s = time.monotonic()
            screen = Screen(self._settings)
            try:
                self._serve(screen, kiosk, stop)
            except DisplayError as error:
                seen = seen or screen.drawn
                if not seen:
                    raise
                if time.monotonic() - opened_s > REOPEN_LONGEST_S:
                    pause_s = REOPEN_FIRST_S
                log.warning("%s; captures go on, next try for a window in %.0f s", error, pause_s)
                self._follow(kiosk, stop, pause_s)
                pause_s = min(2 * pause_s, REOPEN_LONGEST_S)
            finally:
                screen.close()
        return kiosk.restarts

    def _follow(self, kiosk: Kiosk, stop: threading.Event, pause_s: float) -> None:
        """Wait without a screen: portraits are kept and people leave meanwhile, and nobody later sees what is over."""
        until_s = time.monotonic() + pause_s
        while time.monotonic() < until_s and not stop.wait(FOLLOW_S):
            kiosk.scene(self._preview)

    def _serve(self, screen: Screen, kiosk: Kiosk, stop: threading.Event) -> None:
        preview: Preview | None = None
        shown = None
        while not (stop.is_set() or kiosk.closed):
            for press in screen.collect():
                if isinstance(press, Code):
                    kiosk.scan(press.text)
                else:
                    kiosk.press(press)
            if not screen.idle:
                if not screen.wait(FOLLOW_S):
                    kiosk.scene(self._preview)
                continue
            newer = None
            if kiosk.is_resting:
                screen.wait(RESTING_S)
            else:
                newer = self._station.preview(-1 if preview is None else preview.sequence, TICK_S)
            preview = newer or preview
            self._preview = preview or self._preview
            scene = kiosk.scene(preview)
            live: tuple[Image, ...] = ()
            if preview is not None and scene.is_live:
                live = tuple(getattr(preview, name) for name in pictures(scene.view))
            if scene != shown or (newer is not None and live):
                screen.show(scene, live)
                shown = scene
            elif newer is None and not kiosk.is_resting:
                screen.wait(TICK_S)


def probe(settings: WindowSettings) -> Opened:
    """The screen on which a window would open. Opens none.

    Raises:
        DisplayError: There is no screen.
    """
    screen = Screen(settings)
    try:
        while screen.opened is None:
            screen.collect()
            screen.wait(1.0)
    finally:
        screen.close()
    return screen.opened
