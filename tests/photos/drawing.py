"""Draws photos with a dark figure on a bright background, which the fake segmenter takes for a person."""

from __future__ import annotations

import numpy as np

from capture_station.frames import Image


def drawn(width: int = 96, height: int = 64, shade: int = 40) -> Image:
    """Draw an RGB picture whose sides and corners all differ, so that any rotation or mirroring shows."""
    picture = np.full((height, width, 3), 220, np.uint8)
    picture[height // 4 :, width // 3 : width // 2] = (shade, 60, 90)
    picture[: height // 4, width // 3 : width // 2] = (90, 60, shade)
    return picture


def doubtful() -> Image:
    """A larger one whose lowest part is grey, as if its transfer had ended early: its portrait needs a review."""
    picture = drawn(640, 480)
    picture[400:] = 128
    return picture
