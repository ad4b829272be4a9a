"""Steady mattes over time: where the picture stands still the matte does too, and motion passes at once."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Head, Image, Matte
from capture_station.images import resized

MOTION_FROM = 0.35
"""A change of alpha from which on it is motion and not flicker, where the picture changed."""
HEAD_MOTION_FROM = 0.03
"""The same for a landmark, as a share of the picture."""
RATE_HZ = 30.0
"""Frames a second for which weights are given. The time between frames decides: a slow camera forgets in the same
seconds as a fast one."""
LEAST_WEIGHT = 0.05
"""Of a new matte where nothing changed: what was wrong is forgotten in a second or two."""
LEAST_INTERVAL_S = 0.001
GRID_PX = 128
"""Side of the square in which pictures are compared."""
NEARBY = np.ones((5, 5), np.uint8)
"""What changes within two cells counts: the matte is coarse."""
STILL_LEVELS = 2.0
"""Of 255, by which a cell of a still picture may differ …"""
TIMES_NOISE, LOUDEST_LEVELS = 2.0, 4.0
"""… and so many times the median cell's difference: noise, or light that flickers, up to so many levels."""


class TemporalSmoother:
    """Recursive average of mattes, pixel by pixel, guided by the picture.

    One step: ``a += w * (new - a)``. Where the picture is what it was, a matte that changes is wrong, and ``w`` is
    ``(1 - strength)²``. Where the picture changed, ``w`` goes from ``1 - strength`` for no change of the matte to 1
    for motion, so that a moving edge leaves no trail. The picture it is compared with is averaged by the same weights,
    so that slow motion adds up until it is seen. These are the weights at ``RATE_HZ``. After an interval ``t`` the past
    has the weight ``(1 - w) ** (t * RATE_HZ)``, an exponential decay in seconds. Thread-bound.
    """

    def __init__(self, strength: float) -> None:
        self.strength = strength
        """In [0, 1]; may be changed at any time."""
        self._alpha: Alpha | None = None
        self._head: Head | None = None
        self._luma: NDArray[np.float32] | None = None
        self._at_s = 0.0

    def smooth(self, matte: Matte, image_rgb: Image, at_s: float) -> Matte:
        """The matte of a picture (H, W, 3) with its past taken in; a new grid size starts afresh.

        Args:
            matte: Of this picture alone.
            image_rgb: The picture.
            at_s: When it was taken, in seconds of any clock that runs evenly.
        """
        steps = max(at_s - self._at_s, LEAST_INTERVAL_S) * RATE_HZ
        self._at_s = at_s
        still = 1 - (1 - max((1 - self.strength) ** 2, LEAST_WEIGHT)) ** steps
        past = self.strength**steps
        changed = self._changed(image_rgb, still)
        if self._alpha is None or self._alpha.shape != matte.alpha.shape:
            self._alpha = matte.alpha
        else:
            difference = matte.alpha - self._alpha
            moving = new_weight(np.abs(difference) / MOTION_FROM, past)
            on_grid = cv2.resize(changed, self._alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
            self._alpha = np.asarray(self._alpha + difference * (still + (moving - still) * on_grid), np.float32)
        if self._head is None or matte.head is None:
            self._head = matte.head
        else:
            step = matte.head.points - self._head.points
            weight = new_weight(np.abs(step).max(axis=1, keepdims=True) / HEAD_MOTION_FROM, past)
            self._head = replace(matte.head, points=self._head.points + step * weight)
        return Matte(self._alpha, self._head, matte.sequence)

    def move(self, alpha: Alpha) -> None:
        """Go on with another part of the frame, whose matte so far is this one."""
        self._alpha, self._luma = alpha, None

    def reset(self) -> None:
        """Forget the past, as after a reopened camera."""
        self._alpha = self._head = self._luma = None

    def _changed(self, image_rgb: Image, still: float) -> Alpha:
        """How far the picture is another one than it was, in [0, 1] a cell of the grid."""
        luma = cv2.cvtColor(resized(image_rgb, (GRID_PX, GRID_PX)), cv2.COLOR_RGB2GRAY).astype(np.float32)
        if self._luma is None:
            # There is no picture to compare with, so that nothing is known to stand still.
            self._luma = luma
            return np.ones_like(luma)
        difference = luma - self._luma
        levels = np.abs(difference)
        # A sixteenth of the cells tells the median.
        allowed = STILL_LEVELS + TIMES_NOISE * min(float(np.median(levels[::4, ::4])), LOUDEST_LEVELS)
        changed = cv2.dilate(np.clip(levels / np.float32(allowed) - 1, 0, 1), NEARBY)
        self._luma += difference * (still + (1 - still) * changed)
        return np.asarray(changed, np.float32)


def new_weight(motion: Alpha, past: float) -> Alpha:
    """Weights of what is new: from ``1 - past`` without motion to 1 for a motion of 1 or more."""
    return np.asarray(1 - np.float32(past) * (1 - np.minimum(motion, 1)), np.float32)
