"""Draws text and shapes on a picture with Pillow, because OpenCV's fonts have no umlauts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont, features

from capture_station.frames import Image
from capture_station.text_runs import Run, runs
from capture_station.typefaces import Typeface, inter

Colour = tuple[int, int, int]
_SMOOTH = 3
_WIDEST = 1.2
"""More than the width of any letter of ASCII, in font sizes."""
LINE = 1.32
"""Line height, in font sizes."""


class RasterCanvas:
    """A picture under construction.

    Args:
        size_wh: Size in pixels.
        ground: Background colour.
    """

    def __init__(self, size_wh: tuple[int, int], ground: Colour) -> None:
        self._picture = Pillow.new("RGB", size_wh, ground)
        self._draw = ImageDraw.Draw(self._picture)

    @property
    def image_rgb(self) -> Image:
        """(H, W, 3) uint8."""
        return np.asarray(self._picture)

    def box(self, corners: tuple[float, float, float, float], fill: Colour, edge: Colour, radius: int = 0) -> None:
        """Draw a rectangle with corners (left, top, right, bottom)."""
        self._draw.rounded_rectangle(corners, radius, fill, edge, 2)

    def text(self, xy: tuple[float, float], text: str, size: int, colour: Colour, bold: bool = False) -> None:
        """Write one line of text with this upper left corner."""
        x, y = xy
        baseline = y + _font(inter(bold), size).getmetrics()[0]
        drawn = runs(text, bold)
        for index, run in enumerate(drawn):
            font, direction = _font(run.face, size), _direction(run)
            self._draw.text((x, baseline), run.text, colour, font, anchor="ls", direction=direction)
            # Measuring takes as long as drawing.
            if index < len(drawn) - 1:
                x += font.getlength(run.text, direction=direction)

    def text_left_of(self, xy: tuple[float, float], text: str, size: int, colour: Colour, bold: bool = False) -> None:
        """Write one line of text with this upper right corner."""
        self.text((xy[0] - length(text, size, bold), xy[1]), text, size, colour, bold)

    def paste(self, image_rgb: Image, xy: tuple[int, int]) -> None:
        """Draw a picture with this upper left corner."""
        self._picture.paste(Pillow.fromarray(image_rgb), xy)

    def line(self, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
        """Draw a line through the points without antialiasing, for horizontal and vertical lines."""
        self._draw.line(points, colour, round(width))

    def dots(self, points: Sequence[tuple[float, float]], radius: float, colour: Colour) -> None:
        """Draw antialiased discs."""
        size = 2 * int(radius + 2)
        disc = Pillow.new("L", (size * _SMOOTH, size * _SMOOTH))
        middle, reach = size * _SMOOTH / 2, radius * _SMOOTH
        ImageDraw.Draw(disc).ellipse((middle - reach, middle - reach, middle + reach, middle + reach), 255)
        disc = disc.reduce(_SMOOTH)
        for x, y in points:
            self._picture.paste(colour, (round(x - size / 2), round(y - size / 2)), disc)


@lru_cache(1024)
def length(text: str, size: int, bold: bool = False) -> float:
    """Width of a line, in pixels."""
    return sum(_font(run.face, size).getlength(run.text, direction=_direction(run)) for run in runs(text, bold))


@lru_cache(1024)
def wrapped(text: str, size: int, width: float, bold: bool = False) -> tuple[str, ...]:
    """Break a text into lines of at most this width. A longer word is split, behind a hyphen if it has one.

    Measuring is slow, and the sheets of many portraits repeat their texts.
    """
    if length(whole := " ".join(text.split()), size, bold) <= width:
        return (whole,) if whole else ()
    lines, line = list[str](), ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if length(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while (fits := _fitting_characters(line, size, width, bold)) < len(line):
            fits = line.rfind("-", 0, fits) + 1 or fits
            lines.append(line[:fits])
            line = line[fits:]
    return (*lines, line) if line else tuple(lines)


def shortened(text: str, size: int, width: float, most: int, bold: bool = False) -> tuple[str, ...]:
    """The same of at most so many lines; of a longer text the beginning, with an ellipsis at its end."""
    if text.isascii() and text.isalnum() and len(text) * size * _WIDEST <= width:  # Measuring takes as long as drawing.
        return (text,)
    lines = wrapped(text, size, width, bold)
    if len(lines) <= most:
        return lines
    fits = _fitting_characters(lines[most - 1], size, width - length("…", size, bold), bold)
    return (*lines[: most - 1], f"{lines[most - 1][:fits].rstrip()}…")


def _fitting_characters(text: str, size: int, width: float, bold: bool) -> int:
    """How many characters of a word are not wider than this; at least one. Never measures all of a long word."""
    fits, too_many = 1, 2
    while length(text[:too_many], size, bold) <= width:
        if too_many >= len(text):
            return len(text)
        fits, too_many = too_many, 2 * too_many
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if length(text[:middle], size, bold) <= width:
            fits = middle
        else:
            too_many = middle
    return fits


@lru_cache
def _font(face: Typeface, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(face.file), size, face.number)


def _direction(run: Run) -> str | None:
    """For Raqm, the library that joins letters. Pillow finds it where the system has FriBiDi."""
    return "rtl" if run.leftward and features.check("raqm") else None
