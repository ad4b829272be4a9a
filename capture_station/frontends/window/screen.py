"""The station's end of the window's process: sends scenes, collects presses, survives its death."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from capture_station.errors import DisplayError
from capture_station.frames import Image
from capture_station.frontends.window.scene import Action, Chosen, Picked, Press, Scene, Typed
from capture_station.frontends.window.shared_pixels import Pixels
from capture_station.subjects.keyboard_wedge import Code

if TYPE_CHECKING:
    from capture_station.config import WindowSettings  # The painter imports this file and needs no pydantic.

log = logging.getLogger(__name__)

ANSWER_S = 20.0
"""A painter that takes longer to open the window or to draw a scene is taken to be hung."""
CLOSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Opened:
    """The painter's first message: it has a screen."""

    driver: str
    """SDL's name for it, such as x11, wayland, kmsdrm."""
    size_wh: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """The painter's last message: it has no screen."""

    reason: str


@dataclass(frozen=True, slots=True)
class Silent:
    """No loudspeaker opens."""

    reason: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """The scene is on the screen. Its shared pixels may be overwritten."""


class Screen:
    """The painter's process. Used by one thread.

    At most one scene is in flight, so a slow screen skips pictures instead of queueing them.
    """

    def __init__(self, settings: WindowSettings) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        self._pixels = Pixels()
        self._last_words = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process that writes to it
        width, height = settings.size_px
        arguments = [theirs.fileno(), self._pixels.fd, settings.driver, width, height]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "capture_station.frontends.window.painter", *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stderr=self._last_words,
                pass_fds=(theirs.fileno(), self._pixels.fd),
                env=os.environ | {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEO_X11_WMCLASS": "capture-station"},
            )
        self._asked_s = time.monotonic()
        self.opened: Opened | None = None
        """None until the screen has answered."""
        self.idle = False
        """True while the painter waits for a scene."""
        self.drawn = False
        """True once something was on the screen."""

    @property
    def pid(self) -> int:
        return self._process.pid

    def show(self, scene: Scene, live: tuple[Image, ...]) -> None:
        """Send a scene and its live pictures (each copied once). Only while ``idle``."""
        self.idle = False
        self._asked_s = time.monotonic()
        with contextlib.suppress(OSError):  # The process is gone; `collect` finds out why.
            self._connection.send((scene, self._pixels.write(live)))

    def wait(self, timeout_s: float) -> bool:
        """Wait for a message from the painter, at most so long. Returns whether ``collect`` has something to do."""
        try:
            return self._connection.poll(timeout_s)
        except OSError:  # As above.
            return True

    def collect(self) -> list[Press | Code]:
        """Presses and scanned codes since the last call.

        Raises:
            DisplayError: There is no screen, or it is gone; close this object.
        """
        presses: list[Press | Code] = []
        try:
            while self._connection.poll():
                match self._connection.recv():
                    case (Action() | Typed() | Chosen() | Picked() | Code()) as press:
                        presses.append(press)
                    case Drawn():
                        self.drawn = True
                        self.idle = True
                    case Opened() as opened:
                        self.opened = opened
                        self.idle = True
                    case Silent(reason):
                        log.warning("sounds and voice are not heard, because no loudspeaker opens: %s", reason)
                    case Refused(reason):
                        raise DisplayError(reason)
        except (EOFError, OSError) as error:
            raise DisplayError(f"the window's process ended: {self._why()}") from error
        if not self.idle and time.monotonic() - self._asked_s > ANSWER_S:
            raise DisplayError(f"the screen has not answered for {ANSWER_S:.0f} s")
        return presses

    def close(self) -> None:
        """End the process, by force if it hangs, and release everything. Returns within seconds."""
        self._connection.close()
        try:
            self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pixels.close()
        self._last_words.close()

    def _why(self) -> str:
        """The process's last line on stderr, and how it ended."""
        try:
            code = self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            return "it hung up"
        self._last_words.seek(0)
        lines = self._last_words.read().decode(errors="replace").strip().splitlines()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"{lines[-1].strip()} ({how})" if lines else how
