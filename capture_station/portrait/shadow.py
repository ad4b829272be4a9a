"""A soft shadow on the ground, where the picture shows the ground."""

from __future__ import annotations

import numpy as np

from capture_station.frames import Image

DARKEST = 0.5
"""Share of the background's light that a shadow of strength 1 takes under the feet."""
FLATNESS = 0.12
"""Height of the shadow's ellipse, as a share of its width: the ground seen by a camera at chest height."""


def cast_shadow(picture: Image, alpha: Image, strength: float) -> Image:
    """The picture (H, W, 3) with an elliptic shadow below the person's lowest part; alpha (H, W) uint8.

    A person whom the picture cuts off at the bottom stands on nothing that is seen, and casts none.
    """
    rows = np.flatnonzero((alpha > 127).any(axis=1))
    if not rows.size or rows[-1] >= alpha.shape[0] - 2:
        return picture
    low = rows[-1]
    feet = np.flatnonzero((alpha[max(0, low - (low - rows[0]) // 20) : low + 1] > 127).any(axis=0))
    half_width = 0.75 * (feet[-1] - feet[0] + 1)
    half_height = max(1.0, FLATNESS * half_width)
    top, bottom = max(0, int(low - 2 * half_height)), min(alpha.shape[0], int(low + 2 * half_height) + 1)
    y, x = np.mgrid[top:bottom, 0 : alpha.shape[1]].astype(np.float32)
    squared = ((x - (feet[0] + feet[-1]) / 2) / half_width) ** 2 + ((y - low) / half_height) ** 2
    # A bell that ends at two half axes, so that the background beyond stays exact.
    dark = strength * DARKEST * np.maximum(0, 1 - squared / 4) ** 2
    share = alpha[top:bottom].astype(np.float32) / 255
    shaded = picture.copy()
    light = 1 - dark * (1 - share)
    shaded[top:bottom] = np.round(picture[top:bottom] * light[..., None]).astype(np.uint8)
    return shaded
