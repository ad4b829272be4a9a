"""A grey card's picture becomes the correction that every portrait gets."""

from __future__ import annotations

from capture_station.config import PortraitSettings
from capture_station.errors import ConfigError
from capture_station.portrait.colour import Correction
from capture_station.reference import read_reference


def locked_correction(settings: PortraitSettings) -> Correction | None:
    """What makes the middle ninth of the reference what it should be; None without a reference.

    Raises:
        ConfigError: The reference is not a picture, or too dark or too bright to tell anything.
    """
    if settings.reference is None:
        return None
    image = read_reference(settings.reference, "portrait.reference")
    height, width = image.shape[:2]
    middle = image[height // 3 : height - height // 3, width // 3 : width - width // 3]
    try:
        return Correction.from_reference(middle, settings.reference_rgb)
    except ValueError as error:
        raise ConfigError(f"portrait.reference: {settings.reference}: {error}; take it again in other light") from error
