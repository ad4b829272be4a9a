"""Steady mattes over time: flicker is averaged away, motion passes at once."""

from __future__ import annotations

import numpy as np

from capture_station.frames import Alpha, Head, Matte

MOTION_FROM = 0.35
"""A change of alpha from which on it is motion and not flicker."""
HEAD_MOTION_FROM = 0.03
"""The same for a landmark, as a share of the picture."""


class TemporalSmoother:
    """Recursive average of mattes, pixel by pixel, whose weight grows with the change.

    One step: ``a += w * (new - a)`` with ``w`` from ``1 - strength`` for no change to 1 for motion, so that a still
    edge settles and a moving one leaves no trail. Thread-bound.
    """

    def __init__(self, strength: float) -> None:
        self.strength = strength
        """In [0, 1]; may be changed at any time."""
        self._alpha: Alpha | None = None
        self._head: Head | None = None

    def smooth(self, matte: Matte) -> Matte:
        """The matte with its past taken in; a new grid size starts afresh."""
        if self._alpha is None or self._alpha.shape != matte.alpha.shape:
            self._alpha = matte.alpha
        else:
            change = matte.alpha - self._alpha
            self._alpha = self._alpha + change * self._weight(np.abs(change) / MOTION_FROM)
        if self._head is None or matte.head is None:
            self._head = matte.head
        else:
            step = matte.head.points - self._head.points
            weight = self._weight(np.abs(step).max(axis=1, keepdims=True) / HEAD_MOTION_FROM)
            self._head = Head(self._head.points + step * weight, matte.head.score)
        return Matte(self._alpha, self._head, matte.sequence)

    def reset(self) -> None:
        """Forget the past, as after a reopened camera."""
        self._alpha = self._head = None

    def _weight(self, motion: Alpha) -> Alpha:
        return np.asarray(1 - np.float32(self.strength) * (1 - np.minimum(motion, 1)), np.float32)
