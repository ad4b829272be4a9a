"""The frame by which keys choose one of a menu's tiles and buttons."""

from __future__ import annotations

from collections.abc import Sequence

from capture_station.frontends.window.scene import Action, Press

_STEPS = {Action.FOCUS_NEXT: 1, Action.FOCUS_PREVIOUS: -1}


class MenuFocus:
    """Where the frame is. Used by one thread."""

    def __init__(self) -> None:
        self.at: Press | None = None
        """What has the frame; None while nobody uses keys."""

    def meant(self, press: Press, choices: Sequence[Press]) -> Press | None:
        """What a press stands for: keys move the frame, and press what has it; None for nothing more to do."""
        if press in _STEPS:
            if choices:
                first = -1 if press is Action.FOCUS_NEXT else 0
                at = choices.index(self.at) if self.at in choices else first
                self.at = choices[(at + _STEPS[press]) % len(choices)]
            return None
        if press is Action.FOCUSED:
            return self.at if self.at in choices else None
        if press != self.at:
            self.at = None  # Somebody touches; the frame is for keys.
        return press
