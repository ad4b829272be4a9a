"""The papers that sheets are made for."""

from __future__ import annotations

from typing import NamedTuple

MM_PER_INCH = 25.4


class Paper(NamedTuple):
    """A paper held upright."""

    width_mm: float
    height_mm: float
    margin_mm: float
    """What printers for this paper leave white at most, on each side."""
    media: str
    """Its self-describing media name (PWG 5101.1)."""


PAPERS = {
    "10x15": Paper(100, 150, 2, "om_small-photo_100x150mm"),
    "13x18": Paper(130, 180, 2, "om_medium-photo_130x180mm"),
    "4x6in": Paper(4 * MM_PER_INCH, 6 * MM_PER_INCH, 2, "na_index-4x6_4x6in"),
    "5x7in": Paper(5 * MM_PER_INCH, 7 * MM_PER_INCH, 2, "na_5x7_5x7in"),
    "2x6in": Paper(2 * MM_PER_INCH, 6 * MM_PER_INCH, 2, "custom_2x6_2x6in"),
    "a4": Paper(210, 297, 5, "iso_a4_210x297mm"),
    "a5": Paper(148, 210, 5, "iso_a5_148x210mm"),
    "letter": Paper(8.5 * MM_PER_INCH, 11 * MM_PER_INCH, 6.35, "na_letter_8.5x11in"),
}
"""By the name that people give them."""
