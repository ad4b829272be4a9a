"""Samples the colours of a region, in CIELAB: a face's skin, a hole, what is beside it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image, Landmark

Mask = NDArray[np.bool_]
Colours = NDArray[np.float32]

SAMPLES = 400


def palette(image_rgb: Image, mask: Mask) -> Colours:
    """CIELAB (n, 3) of at most ``SAMPLES`` of the mask's cells, evenly taken.

    Args:
        image_rgb: (H, W, 3).
        mask: (h, w), of the same picture; its grid may be coarser.
    """
    places = np.flatnonzero(mask)
    rows, columns = np.unravel_index(places[:: max(1, -(-places.size // SAMPLES))], mask.shape)
    height, width = image_rgb.shape[:2]
    taken = (2 * rows + 1) * height // (2 * mask.shape[0]), (2 * columns + 1) * width // (2 * mask.shape[1])
    colours = image_rgb[taken][None].astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2Lab)[0], np.float32) if places.size else colours[0]


def face_mask(points_px: NDArray[np.float32], shape: tuple[int, ...]) -> Mask:
    """Pixels of a plane (h, w) between eyes and mouth; landmarks (6, 2) x, y in its pixels, rows as in ``Landmark``."""
    corners = [Landmark.RIGHT_EYE, Landmark.LEFT_EYE, Landmark.MOUTH_LEFT, Landmark.MOUTH_RIGHT]
    face = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(face, np.round(points_px[corners]).astype(np.int32), 1)
    return face > 0


def unlike(colours: Colours, others: Colours) -> float:
    """Median distance of colours (n, 3) from their nearest among others (m, 3); infinite where there are none."""
    if not len(others):
        return float("inf")
    # The square multiplied out: a matrix product takes a fifth of the time of differences.
    squared = np.square(others).sum(axis=1) - 2 * (colours @ others.T)
    nearest = squared.min(axis=1) + np.square(colours).sum(axis=1)
    return float(np.median(np.sqrt(np.maximum(nearest, 0))))
