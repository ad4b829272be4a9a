"""Reads pictures from files for the window, reduced to the size at which they are shown."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from capture_station.frames import Image
from capture_station.frontends.window.palette import SURROUND
from capture_station.frontends.window.review.drawing import Part

REMEMBERED = 16
"""A page of thumbnails and a review."""


@lru_cache(maxsize=REMEMBERED)
def picture(path: str, part: Part, within_wh: tuple[int, int]) -> Image | None:
    """A part of a picture, (h, w, 3) RGB, that fits into a width and height; None if it cannot be read.

    What is transparent shows the colour of the window's surround.
    """
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED if path.lower().endswith(".png") else cv2.IMREAD_COLOR)
    if image is None:
        return None
    image_bgr = _opaque(image)
    height, width = image_bgr.shape[:2]
    left, top, right, bottom = (
        round(share * side) for share, side in zip(part, (width, height, width, height), strict=True)
    )
    image_bgr = image_bgr[top : max(top + 1, bottom), left : max(left + 1, right)]
    height, width = image_bgr.shape[:2]
    share = min(1.0, within_wh[0] / width, within_wh[1] / height)
    size_wh = max(1, round(width * share)), max(1, round(height * share))
    return np.asarray(
        cv2.cvtColor(cv2.resize(image_bgr, size_wh, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB), np.uint8
    )


def _opaque(image: np.ndarray) -> np.ndarray:
    """(h, w, 3) BGR uint8 of what a PNG may hold: grey, colours, colours with opacity, 8 or 16 bits."""
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if image.shape[2] == 3:
        return image
    opacity = image[..., 3:].astype(np.float32) / 255
    below = np.array(SURROUND[::-1], np.float32)
    return np.asarray(np.rint(image[..., :3] * opacity + below * (1 - opacity)), np.uint8)
