"""Finds what was left out though it may be the person by its colour."""

from __future__ import annotations

import cv2
import numpy as np

from capture_station.frames import Image
from capture_station.portrait.colour import lab
from capture_station.portrait.refine import SolvedMatte

LEFT_OUT = 0.4
"""Below this alpha, a pixel of the band became background."""
MARGIN_DE76 = 3.0
"""Colours that are nearer to the background's by no more than this are as well the person's (measured)."""


def lookalikes(image_rgb: Image, working: SolvedMatte) -> Image:
    """Pixels of the band (h, w) uint8 that became background and look no less like the person beside them: 1, else 0.

    Colours are compared in CIELAB with both layers' ones at the same place. Single pixels do not count.

    Args:
        image_rgb: (h, w, 3), what ``refine`` was given.
        working: What it made.
    """
    places = working.unknown & (working.alpha < LEFT_OUT)
    size_wh = (places.shape[1], places.shape[0])
    seen = lab(image_rgb[places])
    person, background = (
        np.linalg.norm(seen - lab(cv2.resize(layer, size_wh)[places]), axis=-1) for layer in working.layers
    )
    found = np.zeros(places.shape, np.uint8)
    found[places] = person < background + MARGIN_DE76
    return np.asarray(cv2.erode(found, np.ones((3, 3), np.uint8)), np.uint8)
