"""Measures how light the eyes are beside the cheeks, which tells dark glasses from faces of any colour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Head, Image, Landmark
from capture_station.images import resized

EYES_APART_PX = 40
"""The face is looked at in this size, turned level."""
LEAST_EYES_APART_PX = 18
"""In smaller faces a frame of glasses, a brow and the hair above them are one."""
SIZE_WH = (3 * EYES_APART_PX, 3 * EYES_APART_PX)
EYE_PX, BELOW_EYE_PX, CHEEK_PX = (11, 6), (9, 3), (6, 5)
"""Half width and half height of what is looked at."""
BELOW_PX = 9
"""So far below the eye a lens still reaches, and skin begins without one."""
TO_CHEEK = 0.55
"""Of the way from an eye to the mouth's corner below it."""


def eye_light(image_rgb: Image, head: Head) -> float | None:
    """Luma around the eyes, in cheeks: that of the lightest part of both eyes and of what is below them.

    It is 0.87 or more for about 93 of 100 faces without dark glasses: dark skin is dark on the cheeks, too. None where
    the face is too small or cut off.

    Args:
        image_rgb: (H, W, 3).
        head: Its landmarks.
    """
    points = head.points_px((image_rgb.shape[1], image_rgb.shape[0])).astype(np.float64)
    right, left = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE]
    apart = float(np.hypot(*(left - right)))
    if apart < LEAST_EYES_APART_PX:
        return None
    low = np.maximum(0, np.floor((right + left) / 2 - 2.5 * apart)).astype(int)
    high = np.ceil((right + left) / 2 + 2.5 * apart).astype(int)
    part = image_rgb[low[1] : high[1], low[0] : high[0]]
    if not part.size:
        return None
    scale = min(1.0, EYES_APART_PX / apart)
    part = resized(part, (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))))
    middle = ((right + left) / 2 - low) * scale
    across = (left - right) / apart
    level = EYES_APART_PX / (apart * scale) * np.array([across, (-across[1], across[0])])
    centre = np.array([SIZE_WH[0] / 2, SIZE_WH[1] / 3])
    matrix = np.column_stack([level, centre - level @ middle])
    turned = cv2.warpAffine(part, matrix, SIZE_WH, borderMode=cv2.BORDER_REPLICATE)
    luma = np.asarray(cv2.cvtColor(turned, cv2.COLOR_RGB2GRAY), np.uint8)
    eyes, mouth = (
        ((points[list(rows)] - low) * scale) @ level.T + matrix[:, 2]
        for rows in (
            (Landmark.RIGHT_EYE, Landmark.LEFT_EYE),
            (Landmark.MOUTH_RIGHT, Landmark.MOUTH_LEFT),
        )
    )
    cheeks = [_box(luma, eye + TO_CHEEK * (corner - eye), CHEEK_PX) for eye, corner in zip(eyes, mouth, strict=True)]
    if not all(cheek.size for cheek in cheeks):
        return None
    below = np.array([0, BELOW_PX])
    around = [_box(luma, at, size) for eye in eyes for at, size in ((eye, EYE_PX), (eye + below, BELOW_EYE_PX))]
    return max(float(np.median(box)) for box in around) / max(1.0, float(np.median(np.concatenate(cheeks))))


def _box(luma: NDArray[np.uint8], centre: NDArray[np.float64], half_px: tuple[int, int]) -> NDArray[np.uint8]:
    """The levels (n,) in a rectangle, as far as it lies in the picture."""
    (x, y), (width, height) = np.round(centre).astype(int), half_px
    return luma[max(0, y - height) : y + height + 1, max(0, x - width) : x + width + 1].reshape(-1)
