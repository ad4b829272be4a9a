"""One line that the window shows for a few seconds, and what ends it earlier."""

from __future__ import annotations

import math

from capture_station.station.status import Hint

NOTICE_S = 2.5
READ_AFTER_S = 1.0
"""A line that is no longer true is shown for at least so long."""


class Notice:
    """Used by one thread."""

    def __init__(self) -> None:
        self._text = ""
        self._told_s = -math.inf
        self._while: Hint | None = None

    def tell(self, text: str, now_s: float, blocking: Hint | None = None) -> None:
        """Show a line; nothing happens without one.

        Args:
            text: The line.
            now_s: The time.
            blocking: The line says why a picture was refused, and is over once this hint is: whoever steps in front of
                the camera is not told that nobody is there.
        """
        if text:
            self._text, self._told_s, self._while = text, now_s, blocking

    def clear(self) -> None:
        self._text = ""

    def shown(self, now_s: float, blocking: Hint | None) -> str:
        """The line to show now, while ``blocking`` keeps the live picture from being a portrait."""
        over = self._while is not None and self._while is not blocking
        return self._text if now_s - self._told_s < (READ_AFTER_S if over else NOTICE_S) else ""
