"""A grey card's picture becomes the correction that every portrait gets."""

from __future__ import annotations

import cv2
import numpy as np

from capture_station.config import PortraitSettings
from capture_station.errors import ConfigError
from capture_station.frames import Image
from capture_station.portrait.colour import Correction
from capture_station.reference import read_reference

EVEN_BELOW = 0.35
"""A card whose far end gets 40 % less light has 0.29, with much noise; a person has 1.3."""
CELLS = 8
"""A side: cells this large average a picture's noise out."""


def locked_correction(settings: PortraitSettings) -> Correction | None:
    """What makes the middle ninth of the reference what it should be; None without a reference.

    Raises:
        ConfigError: The reference is not a picture, or too dark, too bright or too uneven to tell anything.
    """
    if settings.reference is None:
        return None
    image = read_reference(settings.reference, "portrait.reference")
    height, width = image.shape[:2]
    middle = image[height // 3 : height - height // 3, width // 3 : width - width // 3]
    if (spread := _spread(middle)) > EVEN_BELOW:
        raise ConfigError(
            f"portrait.reference: {settings.reference}: its middle is no even area, levels differ by {spread:.0%}; "
            "hold the card so that it fills the middle and take it again"
        )
    try:
        return Correction.from_reference(middle, settings.reference_rgb)
    except ValueError as error:
        raise ConfigError(f"portrait.reference: {settings.reference}: {error}; take it again in other light") from error


def _spread(patch_rgb: Image) -> float:
    """How far apart the levels of a patch (h, w, 3) are from place to place, as a share of its level."""
    cells = cv2.resize(patch_rgb, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32)
    level = np.median(cells, axis=(0, 1)).max()
    return float(np.ptp(cells, axis=(0, 1)).max() / max(1.0, level))
