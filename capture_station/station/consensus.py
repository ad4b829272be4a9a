"""Finds the frames of a burst that the other frames confirm, so that a damaged one is never chosen."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from capture_station.frames import Image

_SAMPLED_PX = 640
_THUMBNAIL_PX = 80
"""Long side. A pixel of the thumbnail stands for 16x16 pixels of 1280x720, the largest block of a JPEG."""
_WORST_SHARE = 0.01
"""Two thumbnails are as different as the mean of this share of their pixels, those that differ most."""
_LEAST_TOLERANCE = 25.0
"""Levels by which two frames of one scene may differ: noise gives 1 to 3, a blink about 20, a torn picture over 100."""
_TOLERATED_STEPS = 3.0
"""Frames of a moving scene may differ by this many times the typical difference between neighbours."""


def thumbnail(image_rgb: Image) -> Image:
    """(h, w, 3) uint8 with a long side of 80 pixels, from an RGB picture of any size. Takes less than a millisecond."""
    height, width = image_rgb.shape[:2]
    step = max(1, max(width, height) // _SAMPLED_PX)
    scale = _THUMBNAIL_PX / max(width, height)
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image_rgb[::step, ::step], size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def confirmed(thumbnails: Sequence[Image]) -> list[bool]:
    """Which frames the others confirm, given their thumbnails in the order of exposure, all of one size.

    A frame is confirmed if at least half as many others resemble it as resemble the frame with the most. What is
    similar depends on how fast the scene moves, so motion is no contradiction. A frame that a bad cable tore, a flash
    or a hand before the lens resembles few others. Of fewer than three frames none can be told from the others, and
    all count as confirmed.
    """
    count = len(thumbnails)
    if count < 3:
        return [True] * count
    distances = np.full((count, count), np.inf)
    for one in range(count):
        for other in range(one):
            distances[one, other] = distances[other, one] = _distance(thumbnails[one], thumbnails[other])
    # Not the median: up to half of the frames may be damaged.
    typical_step = float(np.sort(distances.min(axis=1))[(count - 1) // 3])
    similar = (distances <= max(_LEAST_TOLERANCE, _TOLERATED_STEPS * typical_step)).sum(axis=1)
    needed = max(1, int(similar.max()) / 2)
    return [bool(number >= needed) for number in similar]


def _distance(one: Image, other: Image) -> float:
    difference = cv2.absdiff(one, other).max(axis=2).ravel()
    worst = max(1, round(difference.size * _WORST_SHARE))
    return float(np.partition(difference, -worst)[-worst:].mean())
