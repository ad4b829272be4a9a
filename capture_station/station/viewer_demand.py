"""Whether anybody watches: full rate for them, a low one for nobody, so that an idle station costs little."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LINGERS_S = 2.0
"""Whoever asked for a picture may ask again; longer than any pause between two frames."""


class ViewerDemand:
    """Paces the capture loop. ``look`` is thread-safe, ``pause`` the camera thread's."""

    def __init__(self, idle_fps: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._interval_s = 1 / idle_fps
        self._clock_s = clock_s
        self._changed = threading.Condition()
        self._until_s = clock_s() + LINGERS_S
        self._due_s = clock_s()

    def look(self) -> None:
        """Somebody wants pictures now."""
        with self._changed:
            now_s = self._clock_s()
            idle = now_s >= self._until_s
            self._until_s = now_s + LINGERS_S
            if idle:
                self._changed.notify_all()

    def pause(self) -> None:
        """Return when the next frame is to be taken."""
        with self._changed:
            left_s = self._due_s - self._clock_s()
            if left_s > 0:
                self._changed.wait_for(lambda: self._clock_s() < self._until_s, left_s)
            self._due_s = self._clock_s() + self._interval_s
