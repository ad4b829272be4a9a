"""The grey card's picture that the configuration names becomes the colour correction of every portrait."""

from __future__ import annotations

import cv2
import numpy as np

from capture_station.config import PortraitSettings
from capture_station.errors import ConfigError
from capture_station.frames import Image
from capture_station.images import read_configured_picture
from capture_station.portrait.colour import Correction

EVEN_BELOW = 0.35
"""A card whose far end gets 40 % less light has 0.29, with much noise; a person has 1.3."""
CELLS = 8
"""A side: cells this large average a picture's noise out."""


def locked_correction(settings: PortraitSettings) -> Correction | None:
    """The correction from ``portrait.reference``; None where no reference is set.

    Raises:
        ConfigError: The reference is not a picture, or it is too dark, too bright or too uneven.
    """
    if settings.reference is None:
        return None
    image = read_configured_picture(settings.reference, "portrait.reference")
    try:
        return correction_from_card(image, settings.reference_rgb)
    except ValueError as error:
        raise ConfigError(f"portrait.reference: {settings.reference}: {error}") from error


def correction_from_card(image_rgb: Image, card_rgb: tuple[int, int, int]) -> Correction:
    """The correction that gives the middle ninth of a picture the card's colour.

    Args:
        image_rgb: (H, W, 3) uint8; the card fills its middle.
        card_rgb: What the card is, 0 to 255.

    Raises:
        ValueError: The middle is too uneven, too dark or overexposed.
    """
    height, width = image_rgb.shape[:2]
    middle = image_rgb[height // 3 : height - height // 3, width // 3 : width - width // 3]
    if (spread := _spread(middle)) > EVEN_BELOW:
        raise ValueError(
            f"the middle of the picture is uneven, its levels differ by {spread:.0%}; "
            "hold the card so that it fills the middle and take it again"
        )
    return Correction.from_reference(middle, card_rgb)


def _spread(patch_rgb: Image) -> float:
    """How far apart the levels of a patch (h, w, 3) are from place to place, as a share of its level."""
    cells = cv2.resize(patch_rgb, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32)
    level = np.median(cells, axis=(0, 1)).max()
    return float(np.ptp(cells, axis=(0, 1)).max() / max(1.0, level))
