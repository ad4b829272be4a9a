"""The frontend without a window: prints one line for each event, and the frame rate once a minute."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import State, Status

POLL_S = 0.2
RATE_EVERY_S = 60.0


class Console:
    """Prints changes of the station's status as plain lines without control characters."""

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
        self._next_rate_at_s = clock_s() + RATE_EVERY_S

    def run(self, stop: threading.Event) -> None:
        """Report until ``stop`` is set. Blocks its thread."""
        self.report_changes()
        while not stop.wait(POLL_S):
            self.report_changes()
        self.report_changes()

    def report_changes(self) -> None:
        """Print what changed since the last call."""
        status, before = self._station.status(), self._before
        self._before = status
        free = self._messages.size(status.disk.free_bytes)
        if before is None or (status.state, status.reason) != (before.state, before.reason):
            demo = status.camera is not None and status.camera.kind == "demo"
            name = "" if status.camera is None else status.camera.name
            camera = self._messages("camera.demo") if demo else name
            reason = self._messages.trouble(status.trouble) if status.trouble else status.reason.rstrip(".")
            over = status.trouble is not None and status.trouble.final
            self._print("console.over" if over else f"console.{status.state.value}", camera=camera, reason=reason)
        self._report_camera(status, before)
        trouble, known = status.disk.trouble, "" if before is None else before.disk.trouble
        if trouble != known:
            gone = "archive-back" if known == "archive-away" else "disk-fine"
            self._print(f"console.{trouble or gone}", free=free)
        shot, last = status.captures.last_shot, None if before is None else before.captures.last_shot
        if shot is not None and (last is None or shot.id != last.id):
            verdict = ", ".join((self._messages(f"console.{shot.verdict}"), *self._messages.flaws(shot.flaws)))
            self._print("console.capture", verdict=verdict, path=shot.portrait)
        if status.captures.failed > (0 if before is None else before.captures.failed):
            refused = status.captures.refused_for
            said = self._messages.flaws(refused)[0] if refused else status.captures.last_failure
            self._print("console.failed", reason=said)
        if status.state is State.RUNNING and self._clock_s() >= self._next_rate_at_s:
            self._next_rate_at_s = self._clock_s() + RATE_EVERY_S
            self._print("console.rate", fps=f"{status.live.fps:.0f}", captures=status.captures.taken, free=free)

    def _report_camera(self, status: Status, before: Status | None) -> None:
        """Print once which cameras were passed over and which settings the camera did not take."""
        camera, known = status.camera, None if before is None else before.camera
        if camera is None or camera == known:
            return
        for reason in camera.passed_over:
            if known is None or reason not in known.passed_over:
                self._print("console.passed-over", reason=reason.rstrip("."))
        for difference in camera.differences:
            if known is None or difference not in known.differences:
                self._print("console.difference", difference=difference)

    def _print(self, key: str, **values: object) -> None:
        tell(self._messages(key, **values), self._out)


def tell(text: str, out: TextIO | None = None) -> None:
    """Print a line, or leave it out where its disk is full or its terminal gone: the station goes on without."""
    with contextlib.suppress(OSError):
        print(text, file=out, flush=True)
