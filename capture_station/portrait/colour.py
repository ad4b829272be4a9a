"""Colour: sRGB to CIELAB, the CIEDE2000 difference, and a session's locked correction."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from capture_station.frames import Image

Floats = NDArray[np.float32]

XYZ_FROM_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""IEC 61966-2-1: linear sRGB to XYZ under D65."""
WHITE_XYZ = XYZ_FROM_RGB.sum(axis=1)


def linear(srgb: ArrayLike) -> NDArray[np.float64]:
    """Light in [0, 1] of sRGB values in [0, 255], any shape (IEC 61966-2-1)."""
    share = np.asarray(srgb, np.float64) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def encoded(light: ArrayLike) -> NDArray[np.float64]:
    """sRGB values in [0, 255] of light, clipped to [0, 1], any shape (IEC 61966-2-1)."""
    share = np.clip(np.asarray(light, np.float64), 0, 1)
    return 255 * np.where(share <= 0.0031308, 12.92 * share, 1.055 * share ** (1 / 2.4) - 0.055)


LIGHT = linear(np.arange(256))
"""``linear`` of every level of a uint8 picture."""


def lab(rgb: ArrayLike) -> Floats:
    """CIELAB under D65 (..., 3) of sRGB values (..., 3) in [0, 255]; uint8 is the fast way."""
    values = np.asarray(rgb)
    light = LIGHT[values] if values.dtype == np.uint8 else linear(values)
    xyz = light @ (XYZ_FROM_RGB / WHITE_XYZ[:, None]).T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def ciede2000(first_lab: ArrayLike, second_lab: ArrayLike) -> Floats:
    """Colour difference (...) of CIELAB values (..., 3); shapes broadcast.

    Sharma, Wu, Dalal: The CIEDE2000 Color-Difference Formula, Color Research and Application 30 (2005).
    """
    l1, a1, b1 = np.moveaxis(np.asarray(first_lab, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(second_lab, np.float64), -1, 0)
    chroma7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(chroma7 / (chroma7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    coloured = c1 * c2 > 0
    turn = np.where(coloured, (h2 - h1 + 180) % 360 - 180, 0)
    hue = np.where(coloured, (h1 + h2 + np.where(np.abs(h1 - h2) > 180, 360, 0)) / 2, h1 + h2)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    weight = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    from_middle = (lightness - 50) ** 2
    d_lightness = (l2 - l1) / (1 + 0.015 * from_middle / np.sqrt(20 + from_middle))
    d_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * weight)
    folded = (hue % 360 - 275) / 25
    chroma7 = chroma**7
    rotation = -2 * np.sqrt(chroma7 / (chroma7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(folded**2))))
    squared = d_lightness**2 + d_chroma**2 + d_hue**2 + rotation * d_chroma * d_hue
    return np.asarray(np.sqrt(np.maximum(squared, 0)), np.float32)


BLOWN_OUT_FROM = 235
"""A pixel whose channels are all higher is the more neutral after a correction, the higher they are."""
UNKNOWN = np.maximum(np.arange(256) - BLOWN_OUT_FROM, 0).astype(np.uint8)
"""How little is known of the colour of a pixel whose lowest channel has this level; 0 where it is known."""
STRIP_ROWS = 64
"""So many rows are looked at together: all 12 megapixels of a picture at once would take much memory."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Exposure and white balance, locked for a session: every portrait of it gets the same."""

    gains: tuple[float, float, float]
    """Factors on linear red, green and blue (von Kries scaling)."""

    @classmethod
    def from_reference(cls, seen_rgb: Image, true_rgb: tuple[int, int, int]) -> Correction:
        """From a patch (h, w, 3) of a grey card, or of anything whose colour is known, as the camera saw it.

        Raises:
            ValueError: The patch is too dark or overexposed in a channel, so that it tells nothing.
        """
        seen = np.median(seen_rgb.reshape(-1, 3), axis=0)
        if seen.min() < 8 or seen.max() > 250:
            raise ValueError(
                f"the reference is {seen.astype(int).tolist()}: every channel must be within 8 and 250; "
                "take it again in other light"
            )
        red, green, blue = (linear(true_rgb) / linear(seen)).tolist()
        return cls((red, green, blue))

    def apply(self, image_rgb: Image) -> Image:
        """A corrected copy, (H, W, 3) uint8.

        Where all channels are nearly blown out, their colour is unknown, and the gains alone would tint them.
        """
        levels = encoded(LIGHT[:, None] * np.array(self.gains))
        corrected = np.asarray(cv2.LUT(image_rgb, np.round(levels).astype(np.uint8)[None]), np.uint8)
        for top in range(0, len(corrected), STRIP_ROWS):
            neutralise(image_rgb[top : top + STRIP_ROWS], corrected[top : top + STRIP_ROWS])
        return corrected


def neutralise(seen_rgb: Image, corrected_rgb: Image) -> None:
    """Take the tint off a corrected picture (h, w, 3), in place, where the seen one (h, w, 3) is nearly blown out."""
    red, green, blue = cv2.split(seen_rgb)
    unknown = cv2.LUT(cv2.min(cv2.min(red, green), blue), UNKNOWN)
    if not unknown.any():
        return
    red, green, blue = cv2.split(corrected_rgb)
    highest = cv2.max(cv2.max(red, green), blue)
    share = 1 / int(UNKNOWN[-1])
    neutral = [
        cv2.add(channel, cv2.multiply(cv2.subtract(highest, channel), unknown, scale=share))
        for channel in (red, green, blue)
    ]
    cv2.merge(neutral, corrected_rgb)
