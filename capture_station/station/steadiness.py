"""Filters that keep the live picture calm: a crop that neither trembles nor lags, and hints that do not flicker."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from capture_station.portrait.head_placement import Placement
from capture_station.station.status import Hint

CALMEST_HZ = 0.7
"""Cutoff of the crop's filter while the head is still."""
SPEED_HZ = 6.0
"""Added to the cutoff for a speed of one crop height a second."""
SPEED_CUTOFF_HZ = 1.0
FORGET_AFTER_S = 0.5
"""After a pause of this length the crop starts anew instead of sliding."""
JUMP, BELIEVED_AFTER_S = 0.25, 0.15
"""A crop that jumps by more than this share of its height is one misread picture, unless it stays there for so long."""
LEAP, LEAPS_PER_S, LEAP_BELIEVED_AFTER_S = 0.025, 0.5, 0.25
"""The same for the height alone, in one picture and in a second: where the frame cuts the person off, the crop that the
preset allows may leap back and forth while the head hardly moves."""
SPEED_OVER_S = 0.2
"""Over a shorter time the landmarks' noise looks like movement."""
SETTLES_S = 0.25
"""What blocks the portrait must last this long before its hint appears or goes."""
SHOWS_AT_LEAST_S = 0.7


class Crop(NamedTuple):
    """A rectangle in the picture, turned about its centre; pixels and degrees."""

    x: float
    y: float
    """The centre."""
    height: float
    roll_deg: float


class SteadyCrop:
    """The One-Euro filter (Casiez et al., CHI 2012) over a crop. Used by one thread."""

    def __init__(self) -> None:
        self._last: NDArray[np.float64] | None = None
        self._speed = np.zeros(4)
        self._at_s = -math.inf
        self._believed = np.zeros(4)
        self._believed_s = -math.inf

    def follow(self, crop: Crop, at_s: float) -> Crop:
        """The filtered crop at a time."""
        wanted = np.array([crop.x, crop.y, math.log(crop.height), crop.roll_deg])
        step_s, self._at_s = at_s - self._at_s, at_s
        if self._last is None or not 0 < step_s < FORGET_AFTER_S:
            self._last = self._believed = wanted
            self._speed, self._believed_s = np.zeros(4), at_s
            return crop
        # In crop heights; a turn moves the corners by about its radians.
        unit = np.array([crop.height, crop.height, 1, 57.3])
        change, since_s = np.abs((wanted - self._believed) / unit), at_s - self._believed_s
        misread = change.max() > JUMP and since_s < BELIEVED_AFTER_S
        leaps = change[2] > max(LEAP, LEAPS_PER_S * step_s) and since_s < LEAP_BELIEVED_AFTER_S
        if misread or leaps:
            return self._crop()
        self._believed, self._believed_s = wanted, at_s
        speed = (wanted - self._last) / unit / step_s
        self._speed += _weight(SPEED_CUTOFF_HZ, step_s) * (speed - self._speed)
        cutoff_hz = CALMEST_HZ + SPEED_HZ * float(np.abs(self._speed).max())
        self._last = self._last + _weight(cutoff_hz, step_s) * (wanted - self._last)
        return self._crop()

    def _crop(self) -> Crop:
        assert self._last is not None
        x, y, log_height, roll_deg = self._last.tolist()
        return Crop(x, y, math.exp(log_height), roll_deg)


def _weight(cutoff_hz: float, step_s: float) -> float:
    return 1 / (1 + 1 / (2 * math.pi * cutoff_hz * step_s))


class HeadSpeed:
    """How fast the head moves across the picture. Used by one thread."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, Placement]] = deque()

    def follow(self, placement: Placement | None, at_s: float) -> float:
        """The speed over the last pictures, in heads (crown to chin) a second; 0 until the head has been seen for long
        enough."""
        if placement is None or (self._past and not 0 < at_s - self._past[-1][0] < FORGET_AFTER_S):
            self._past.clear()
        if placement is None:
            return 0.0
        self._past.append((at_s, placement))
        while len(self._past) > 2 and at_s - self._past[1][0] >= SPEED_OVER_S:
            self._past.popleft()
        since_s, before = self._past[0]
        if at_s - since_s < SPEED_OVER_S:
            return 0.0
        return math.dist(placement.eyes_px, before.eyes_px) / max(1.0, placement.head_px) / (at_s - since_s)


class SteadyHint:
    """Shows a hint only when it lasts, and then long enough to be read. Used by one thread."""

    def __init__(self) -> None:
        self.shown: Hint | None = None
        self.ready = False
        """Nothing is in the way."""
        self._raw: Hint | None = None
        self._since_s = self._shown_s = -math.inf

    def update(self, raw: Hint | None, complete: bool, at_s: float) -> None:
        """Take up what blocks the portrait now.

        Args:
            raw: The hint of the newest picture.
            complete: Whether the portrait would be good; a picture without a hint may still lack something.
            at_s: The picture's time.
        """
        if raw is not self._raw:
            self._raw, self._since_s = raw, at_s
        settled = at_s - self._since_s >= SETTLES_S
        readable = self.shown is None or at_s - self._shown_s >= SHOWS_AT_LEAST_S
        if raw is not self.shown and settled and readable:
            self.shown, self._shown_s = raw, at_s
        self.ready = complete and raw is None and self.shown is None
