"""Reads the grey card's picture that the configuration names."""

from __future__ import annotations

from capture_station.config import PortraitSettings
from capture_station.errors import ConfigError
from capture_station.images import read_reference
from capture_station.portrait.colour import Correction
from capture_station.portrait.grey_card import correction_from_card


def locked_correction(settings: PortraitSettings) -> Correction | None:
    """The correction from ``portrait.reference``; None where no reference is set.

    Raises:
        ConfigError: The reference is not a picture, or it is too dark, too bright or too uneven.
    """
    if settings.reference is None:
        return None
    image = read_reference(settings.reference, "portrait.reference")
    try:
        return correction_from_card(image, settings.reference_rgb)
    except ValueError as error:
        raise ConfigError(f"portrait.reference: {settings.reference}: {error}") from error
