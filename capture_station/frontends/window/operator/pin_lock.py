"""Checks the operator's PIN, and makes guessing it take too long."""

from __future__ import annotations

import hashlib
import hmac

FREE_TRIES = 3
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
"""Four digits then last for more than a month."""


class PinLock:
    """One kiosk's PIN. After a few wrong tries each further one doubles the pause. Used by one thread."""

    def __init__(self, pin: str) -> None:
        self._digest = _digest(pin)
        self._wrong = 0
        self._locked_until_s = 0.0

    def opens(self, pin: str, now_s: float) -> bool:
        """Whether this is the PIN; never during a pause. Takes the same time for every wrong one."""
        if self.pause_s(now_s) > 0:
            return False
        if hmac.compare_digest(_digest(pin), self._digest):
            self._wrong = 0
            return True
        self._wrong += 1
        if self._wrong >= FREE_TRIES:
            self._locked_until_s = now_s + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(9, self._wrong - FREE_TRIES))
        return False

    def pause_s(self, now_s: float) -> float:
        """Seconds until the next try."""
        return max(0.0, self._locked_until_s - now_s)


def _digest(pin: str) -> bytes:
    return hashlib.sha256(pin.encode()).digest()
