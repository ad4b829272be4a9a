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
LEAST_WEIGHT = 0.05
"""Of a new matte where nothing changed: what was wrong is forgotten in a second or two."""
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
    so that slow motion adds up until it is seen. Thread-bound.
    """

    def __init__(self, strength: float) -> None:
        self.strength = strength
        """In [0, 1]; may be changed at any time."""
        self._alpha: Alpha | None = None
        self._head: Head | None = None
        self._luma: NDArray[np.float32] | None = None

    def smooth(self, matte: Matte, image_rgb: Image) -> Matte:
        """The matte of a picture (H, W, 3) with its past taken in; a new grid size starts afresh."""
        still = max((1 - self.strength) ** 2, LEAST_WEIGHT)
        changed = self._changed(image_rgb, still)
        if self._alpha is None or self._alpha.shape != matte.alpha.shape:
            self._alpha = matte.alpha
        else:
            difference = matte.alpha - self._alpha
            moving = self._weight(np.abs(difference) / MOTION_FROM)
            on_grid = cv2.resize(changed, self._alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
            self._alpha = np.asarray(self._alpha + difference * (still + (moving - still) * on_grid), np.float32)
        if self._head is None or matte.head is None:
            self._head = matte.head
        else:
            step = matte.head.points - self._head.points
            weight = self._weight(np.abs(step).max(axis=1, keepdims=True) / HEAD_MOTION_FROM)
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

    def _weight(self, motion: Alpha) -> Alpha:
        return np.asarray(1 - np.float32(self.strength) * (1 - np.minimum(motion, 1)), np.float32)
