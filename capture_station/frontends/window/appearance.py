"""Checks what a booth's owner chose for the window's looks."""

from __future__ import annotations

from collections.abc import Iterator

from capture_station.config import WindowSettings
from capture_station.frontends.window.palette import LEGIBLE, SURROUND, accent_of, contrast
from capture_station.frontends.window.picture_files import picture
from capture_station.frontends.window.review.drawing import WHOLE

DISTINCT = 3.0
"""Contrast of a button's edge (WCAG 2.2, 1.4.11)."""
_ICON_WH = (64, 64)


def problems(settings: WindowSettings) -> Iterator[str]:
    """A sentence in English for everything that guests would see badly."""
    if settings.accent is not None:
        accent = accent_of(settings.accent)
        text, edge = contrast(accent.face, accent.ink), contrast(accent.face, SURROUND)
        if text < LEGIBLE:
            yield f"window.accent: text on it has a contrast of {text:.1f}, and {LEGIBLE} is legible; make it darker"
        if edge < DISTINCT:
            yield f"window.accent: it hardly differs from the dark window (contrast {edge:.1f}); make it lighter"
    if settings.logo is not None and picture(str(settings.logo), WHOLE, _ICON_WH) is None:
        yield f"window.logo: {settings.logo} is no picture that can be read; use a PNG or JPEG"
