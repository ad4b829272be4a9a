"""Says when links and cookies end; a clock that is corrected neither ends nor prolongs what this process gave out."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_REMEMBERED = 1024


def since_boot_s() -> float:
    """Seconds that nobody can set, and that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lifetimes:
    """Texts that are valid for a while, which they say themselves by the wall clock. Thread-safe.

    Of the newest ``MAX_REMEMBERED`` that this process gave out, the time since boot decides. After a restart only the
    wall clock is left.

    Args:
        lifetime_s: How long a text is valid.
        clock_s: Seconds since 1970.
        uptime_s: Seconds since boot.
    """

    def __init__(
        self,
        lifetime_s: float,
        clock_s: Callable[[], float] = time.time,
        uptime_s: Callable[[], float] = since_boot_s,
    ) -> None:
        self._lifetime_s = lifetime_s
        self._clock_s = clock_s
        self._uptime_s = uptime_s
        self._lock = threading.Lock()
        self._ends_s: OrderedDict[str, float] = OrderedDict()
        """By the time since boot, also of those that are over: the wall clock may say otherwise."""

    def expires_s(self) -> int:
        """When a text ends that is given out now, in seconds since 1970."""
        return int(self._clock_s() + self._lifetime_s)

    def begin(self, text: str) -> None:
        """A text is given out now."""
        with self._lock:
            self._ends_s[text] = self._uptime_s() + self._lifetime_s
            if len(self._ends_s) > MAX_REMEMBERED:
                self._ends_s.popitem(last=False)

    def is_over(self, text: str, expires_s: int) -> bool:
        """Whether a text has ended; ``expires_s`` is what it says itself."""
        with self._lock:
            end_s = self._ends_s.get(text)
        return expires_s <= self._clock_s() if end_s is None else end_s <= self._uptime_s()
