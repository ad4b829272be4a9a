"""Baseline without a network: thresholds the CIELUV distance of each pixel from the background."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import WHOLE, Frame, Image, Matte
from capture_station.segmentation.contract import SegmenterInfo, SinglePass

GRID_WH = (256, 256)
BACKGROUND_BELOW = 12.0
PERSON_ABOVE = 30.0
"""Distances in CIE 1976 L*u*v*; between the two, alpha rises linearly."""
BORDER_SHARE = 0.06

Luv = NDArray[np.float32]


class LuvSegmenter(SinglePass):
    """Person is what differs from the empty booth, or, without a picture of it, from the colour of the frame's border.

    The distance is the Euclidean one in CIELUV (CIE 15:2004, section 8.2.2). It fails on clothes in the colour of the
    wall, which is why it is the baseline and not the default; before an evenly painted wall it needs no network. It
    finds no faces, so that it cannot crop.

    Thread-bound: used only by the thread that opened it.
    """

    def __init__(self, clean_plate_rgb: Image | None = None) -> None:
        self._plate_rgb = clean_plate_rgb
        self._plate = None if clean_plate_rgb is None else luv(clean_plate_rgb)
        self.info = SegmenterInfo("luv", "", "", "", GRID_WH)

    def segment(self, frame: Frame) -> Matte:
        picture = luv(frame.image_rgb)
        distance = np.sqrt(np.square(picture - self._background(frame, picture)).sum(axis=2))
        alpha = np.clip((distance - BACKGROUND_BELOW) / (PERSON_ABOVE - BACKGROUND_BELOW), 0, 1)
        return Matte(cv2.medianBlur(alpha.astype(np.float32), 5), None, frame.sequence)

    def _background(self, frame: Frame, picture: Luv) -> Luv:
        """The empty booth as this frame would show it, on the grid, or a single colour (3,)."""
        if self._plate_rgb is None or self._plate is None:
            return border_colour(picture)
        if frame.shows == WHOLE:
            return self._plate
        height, width = self._plate_rgb.shape[:2]
        left, top, right, bottom = np.rint(np.array(frame.shows) * (width, height, width, height)).astype(int)
        return luv(self._plate_rgb[top : max(bottom, top + 1), left : max(right, left + 1)])


def luv(image_rgb: Image) -> Luv:
    """A picture (H, W, 3) on the grid, (256, 256, 3) float32: L* in [0, 100], u* and v* about [-134, 220]."""
    small = cv2.resize(image_rgb, GRID_WH, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LUV), np.float32)


def border_colour(picture: Luv) -> Luv:
    """Median (3,) of the strips left, right and above, where nobody stands."""
    strip = int(BORDER_SHARE * GRID_WH[0])
    strips = [picture[:strip], picture[strip:, :strip], picture[strip:, -strip:]]
    return np.asarray(np.median(np.concatenate([s.reshape(-1, 3) for s in strips]), axis=0), np.float32)
