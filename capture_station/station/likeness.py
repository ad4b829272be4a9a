"""How much a face, or a whole picture, looks like an earlier one: tells when a hand came up or somebody moved."""

from __future__ import annotations

import cv2
import numpy as np

from capture_station.frames import Head, Image, Landmark
from capture_station.station.consensus import thumbnail

_FACE_PX = 32
"""Side of the square that is compared."""
_FACE_SIDE = 3.0
"""The same in eye distances: forehead to below the chin."""
_LEVELS = 20
"""Noise changes a pixel of the thumbnail by 1 to 3 levels, a hand before a wall by over 50."""


def face_difference(one: tuple[Image, Head], other: tuple[Image, Head]) -> float:
    """Mean difference of two faces in levels, apart from their brightness: each is a picture (H, W, 3) and a head.

    The same face a moment later differs by 1 to 8, one that nods by up to 15, one behind a hand by 15 to 30.
    """
    patches = [_face(*pair) for pair in (one, other)]
    return float(np.abs(np.subtract(*(patch - patch.mean() for patch in patches))).mean())


def changed_share(one: Image, other: Image) -> float:
    """Share of two pictures (H, W, 3) of one aspect that looks different, in [0, 1]. Takes a millisecond."""
    reduced = thumbnail(one)
    again = cv2.resize(thumbnail(other), (reduced.shape[1], reduced.shape[0]))
    change = cv2.absdiff(reduced, again).max(axis=2)
    return float(np.mean(change > _LEVELS))


def _face(image_rgb: Image, head: Head) -> np.ndarray:
    """(32, 32) luma around the landmarks."""
    points = head.points_px((image_rgb.shape[1], image_rgb.shape[0])).astype(np.float64)
    half = _FACE_SIDE / 2 * max(1.0, float(np.hypot(*(points[Landmark.LEFT_EYE] - points[Landmark.RIGHT_EYE]))))
    x, y = points.mean(axis=0)
    low = np.maximum(0, np.floor([y - half, x - half])).astype(int)
    part = image_rgb[low[0] : int(y + half) + 1, low[1] : int(x + half) + 1]
    if not part.size:
        return np.zeros((_FACE_PX, _FACE_PX))
    reduced = cv2.resize(part, (_FACE_PX, _FACE_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY), np.float64)
