"""Draws the screen that is shown while nobody is there: a logo that sways, a line, and the languages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from capture_station.frontends.window.attract.layout import AttractLayout
from capture_station.frontends.window.controls import fitting_px
from capture_station.frontends.window.menu.drawing import draw_tile
from capture_station.frontends.window.palette import INK, RAISED, SURROUND
from capture_station.frontends.window.rect import Rect, fitted
from capture_station.frontends.window.review.drawing import WHOLE, LoadPicture
from capture_station.frontends.window.scene import Attract

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas, Colour

SWAY = 0.035
"""Of the logo's height, to either side."""
LENS = 0.62
"""Diameter of the lens that stands for a missing logo, as a share of its place."""


def draw_attract(canvas: Canvas, layout: AttractLayout, attract: Attract, unit: float, load: LoadPicture) -> None:
    sway = math.sin(2 * math.pi * attract.turn)
    shift = round(SWAY * layout.logo.h * sway)
    place = layout.logo.inset(round(SWAY * layout.logo.h) + 1)
    place = place._replace(y=place.y + shift)
    logo = load(attract.logo, WHOLE, (place.w, place.h)) if attract.logo else None
    if logo is not None:
        rect = fitted(place, logo.shape[1] / logo.shape[0])
        # A small logo stays sharp: it is never enlarged beyond twice its size.
        w, h = min(rect.w, 2 * logo.shape[1]), min(rect.h, 2 * logo.shape[0])
        rect = Rect(place.centre[0] - w // 2, place.centre[1] - h // 2, w, h)
        canvas.image(rect, logo, Rect(0, 0, logo.shape[1], logo.shape[0]))
    else:
        _lens(canvas, place, attract.turn)
    line = layout.line
    size_px = fitting_px(canvas, attract.line, round(64 * unit), (line.w, line.h))
    w, h = canvas.text_wh(attract.line, size_px, line.w, bold=True, lines=True)
    ink = _mixed(SURROUND, INK, attract.shade)
    at = line.centre[0] - w // 2, line.centre[1] - h // 2
    canvas.text(at, attract.line, size_px, line.w, ink, bold=True, lines=True, centred=True)
    for cell, tile in layout.languages:
        draw_tile(canvas, cell, tile, False, unit, load)


def _lens(canvas: Canvas, place: Rect, turn: float) -> None:
    """A lens with a ring that goes round it."""
    side = round(LENS * min(place.w, place.h))
    x, y = place.centre
    outer = Rect(x - side // 2, y - side // 2, side, side)
    canvas.panel(outer, RAISED, side // 2)
    ring = max(4, side // 16)
    canvas.ring(outer, canvas.accent.face, ring, max(turn, 0.02))
    inner = outer.inset(side // 4)
    canvas.panel(inner, canvas.accent.face, inner.w // 2)
    glint = Rect(inner.x + inner.w // 4, inner.y + inner.h // 4, max(2, inner.w // 5), max(2, inner.w // 5))
    canvas.panel(glint, canvas.accent.ink, glint.w // 2, 0.6)


def _mixed(below: Colour, above: Colour, share: float) -> Colour:
    r, g, b = (round(low + (high - low) * share) for low, high in zip(below, above, strict=True))
    return r, g, b
