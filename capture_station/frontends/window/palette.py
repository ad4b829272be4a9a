"""The window's colours, RGB, and how well two of them can be told apart."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Rgb: TypeAlias = tuple[int, int, int]

SURROUND = (19, 22, 27)
RAISED = (44, 50, 59)
KEY = (62, 70, 82)
INK = (244, 246, 248)
SOFT_INK = (176, 184, 194)
DISABLED_INK = (120, 128, 138)
WHITE = (255, 255, 255)
DARK = (10, 12, 15)
ACCENT = (13, 131, 117)
GOOD = (46, 204, 170)
WARNING = (255, 193, 71)
WARNING_INK = (46, 30, 0)

LEGIBLE = 4.5
"""Contrast of text that everybody can read (WCAG 2.2, 1.4.3)."""
_GONE = 0.72


class Accent(NamedTuple):
    """The colour of what is to be touched first."""

    face: Rgb
    gone: Rgb
    """Of the part of a button whose time is gone."""
    ink: Rgb
    """Of text on it."""


def accent_of(face: Rgb) -> Accent:
    """An accent with the text colour that is easier to read on it."""
    r, g, b = (round(_GONE * level) for level in face)
    return Accent(face, (r, g, b), max(WHITE, DARK, key=lambda ink: contrast(ink, face)))


def contrast(a: Rgb, b: Rgb) -> float:
    """How well two colours can be told apart, from 1 to 21 (contrast ratio, WCAG 2.2)."""
    low, high = sorted((_luminance(a), _luminance(b)))
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: Rgb) -> float:
    """Relative luminance of an sRGB colour, in [0, 1] (WCAG 2.2)."""
    linear = [
        level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in (c / 255 for c in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


DEFAULT_ACCENT = accent_of(ACCENT)
