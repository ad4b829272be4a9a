"""Which presses count: not those of a bouncing touch screen, nor the second one of a double click."""

from __future__ import annotations

import math

from capture_station.frontends.window.scene import Action, Press, Typed

DEBOUNCE_S = 0.35
"""Two presses closer than this count as one."""

_CAPTURING = {Action.CAPTURE, Action.CANCEL, Action.KEEP, Action.RETAKE, Action.DONE}
_REPEATABLE = {Action.FOCUS_NEXT, Action.FOCUS_PREVIOUS}


class Debounce:
    """The presses at one kiosk. Used by one thread."""

    def __init__(self) -> None:
        self._counted_s: dict[Press, float] = {}

    def counts(self, press: Press, now_s: float) -> bool:
        """Take note of a press; returns whether it counts."""
        # People do type the same letter twice.
        if isinstance(press, Typed) or press in _REPEATABLE:
            return True
        # Another button may appear where the touched one was, so all buttons of a capture are debounced together.
        group = Action.CAPTURE if press in _CAPTURING else press
        if now_s - self._counted_s.get(group, -math.inf) < DEBOUNCE_S:
            return False
        self._counted_s[group] = now_s
        return True

    def pause(self, now_s: float) -> None:
        """A portrait is shown now: a tap meant for the capture button must not answer it, which nobody has read yet."""
        self._counted_s[Action.CAPTURE] = now_s
