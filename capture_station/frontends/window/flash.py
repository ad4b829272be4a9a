"""When the white screen lights the face."""

from __future__ import annotations

from capture_station.station.status import State, Status

BEFORE_S = 0.25
"""The flash is on the screen at least 0.15 s before the exposure, also where a screen takes a tenth of a second."""


class Flash:
    """Turns on before the exposure and off after it, never in between: the light must stay the same.

    Without a camera there is no light to keep, and the screen has to say so.
    """

    def __init__(self, used: bool) -> None:
        self._used = used
        self.is_on = False

    def follow(self, status: Status) -> None:
        left_s = status.captures.countdown_left_s
        if status.state is State.DEGRADED:
            self.is_on = False
        elif left_s is not None:
            self.is_on = self._used and left_s <= BEFORE_S
        elif not status.captures.exposing:
            self.is_on = False
