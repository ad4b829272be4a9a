"""Lowers the frame rate while nobody watches, so that an idle station uses little power."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

VIEWER_TIMEOUT_S = 2.0
"""A viewer who has not asked for a picture for so long is gone. Longer than any interval between two frames."""


class ViewerDemand:
    """Sets the pace of the capture loop. ``viewer_seen`` is thread-safe; the camera thread calls ``wait_for_turn``."""

    def __init__(self, idle_fps: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._interval_s = 1 / idle_fps
        self._clock_s = clock_s
        self._changed = threading.Condition()
        self._until_s = clock_s() + VIEWER_TIMEOUT_S
        self._due_s = clock_s()

    def viewer_seen(self) -> None:
        """A viewer asked for a picture: go to the full rate."""
        with self._changed:
            now_s = self._clock_s()
            idle = now_s >= self._until_s
            self._until_s = now_s + VIEWER_TIMEOUT_S
            if idle:
                self._changed.notify_all()

    def wait_for_turn(self) -> None:
        """Wait until the next frame is due: at once with a viewer, at the idle rate without."""
        with self._changed:
            left_s = self._due_s - self._clock_s()
            if left_s > 0:
                self._changed.wait_for(lambda: self._clock_s() < self._until_s, left_s)
            self._due_s = self._clock_s() + self._interval_s
