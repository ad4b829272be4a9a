"""Which presses count: not those of a bouncing touch screen, nor the second one of a double click."""

from __future__ import annotations

import math

from capture_station.frontends.window.scene import Action, Picked, Press, Typed

DEBOUNCE_S = 0.35
"""Two presses closer than this count as one."""
IMPATIENT_S = 1.5
"""So long after the press that asked for a capture, a finger may still ask for it."""
TAPPING_S = 0.6
"""A finger that goes on tapping taps again within this time."""

_CAPTURING = {
    *(Action.CAPTURE, Action.CANCEL, Action.KEEP, Action.RETAKE, Action.DONE, Action.PRINT, Action.LANGUAGE),
    *(Action.NEXT, Action.SEARCH, Action.WRONG_PERSON),
}
_REPEATABLE = {Action.FOCUS_NEXT, Action.FOCUS_PREVIOUS}


class Debounce:
    """The presses at one kiosk. Used by one thread."""

    def __init__(self) -> None:
        self._counted_s: dict[Press, float] = {}
        self._last_s = -math.inf

    def counts(self, press: Press, now_s: float) -> bool:
        """Take note of a press; returns whether it counts."""
        self._last_s = now_s
        # People do type the same letter twice.
        if isinstance(press, Typed) or press in _REPEATABLE:
            return True
        # Another button may appear where the touched one was, so all buttons of a capture are debounced together.
        capturing = press in _CAPTURING or (isinstance(press, Picked) and press.what == "language")
        group = Action.CAPTURE if capturing else press
        if now_s - self._counted_s.get(group, -math.inf) < DEBOUNCE_S:
            return False
        self._counted_s[group] = now_s
        return True

    def pause(self, now_s: float, for_s: float = DEBOUNCE_S) -> None:
        """The screen has changed by itself: a tap meant for what was there before must not act on what is there now."""
        counted_s = self._counted_s.get(Action.CAPTURE, -math.inf)
        self._counted_s[Action.CAPTURE] = max(counted_s, now_s + for_s - DEBOUNCE_S)

    def insists(self, now_s: float) -> bool:
        """Whether somebody may still be tapping for the capture that has begun, where the button to cancel is now."""
        asked_s = now_s - self._counted_s.get(Action.CAPTURE, -math.inf)
        return asked_s < IMPATIENT_S or now_s - self._last_s < TAPPING_S
