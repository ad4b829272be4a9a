"""A station without a screen: one line for each thing that happens, and the rate now and then."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from capture_station.locales.messages import Messages, in_bytes
from capture_station.station.contract import PublicStation
from capture_station.station.status import State, Status

POLL_S = 0.2
RATE_EVERY_S = 60.0


class Console:
    """Writes what changes, in plain lines without control characters."""

    def __init__(
        self,
        station: PublicStation,
        language: str = "en",
        out: TextIO | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._station = station
        self._messages = Messages(language)
        self._out = sys.stdout if out is None else out
        self._clock_s = clock_s
        self._before: Status | None = None
        self._rate_after_s = clock_s() + RATE_EVERY_S

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set. Blocks its thread."""
        self.look()
        while not stop.wait(POLL_S):
            self.look()
        self.look()

    def look(self) -> None:
        """Write what has changed since the last look."""
        status, before = self._station.status(), self._before
        self._before = status
        free = in_bytes(status.disk.free_bytes)
        if before is None or (status.state, status.reason) != (before.state, before.reason):
            camera = status.camera.name if status.camera is not None else ""
            reason = self._messages.trouble(status.trouble) if status.trouble else status.reason.rstrip(".")
            over = status.trouble is not None and status.trouble.final
            self._say("console.over" if over else f"console.{status.state.value}", camera=camera, reason=reason)
        self._introduce(status, before)
        room, known = _room(status), "disk-fine" if before is None else _room(before)
        if room != known:
            back = (known, room) == ("archive-away", "disk-fine")
            self._say("console.archive-back" if back else f"console.{room}", free=free)
        shot, last = status.captures.last_shot, None if before is None else before.captures.last_shot
        if shot is not None and (last is None or shot.id != last.id):
            verdict = ", ".join((self._messages(f"console.{shot.verdict}"), *self._messages.flaws(shot.flaws)))
            self._say("console.capture", verdict=verdict, path=shot.portrait)
        if status.captures.failed > (0 if before is None else before.captures.failed):
            self._say("console.failed", reason=status.captures.last_failure)
        if status.state is State.RUNNING and self._clock_s() >= self._rate_after_s:
            self._rate_after_s = self._clock_s() + RATE_EVERY_S
            self._say("console.rate", fps=f"{status.live.fps:.0f}", captures=status.captures.taken, free=free)

    def _introduce(self, status: Status, before: Status | None) -> None:
        """Say what the camera is not, though it was wished for; once."""
        camera, known = status.camera, None if before is None else before.camera
        if camera is None or camera == known:
            return
        for reason in camera.passed_over:
            if known is None or reason not in known.passed_over:
                self._say("console.passed-over", reason=reason.rstrip("."))
        for difference in camera.differences:
            if known is None or difference not in known.differences:
                self._say("console.difference", difference=difference)

    def _say(self, key: str, **values: object) -> None:
        print(self._messages(key, **values), file=self._out, flush=True)


def _room(status: Status) -> str:
    """What is to be said of the archive's disk."""
    if status.disk.away:
        return "archive-away"
    return "disk-low" if status.disk.low else "disk-fine"
