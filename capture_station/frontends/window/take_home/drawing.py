"""Draws the portrait that was kept, beside the QR code that leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capture_station.frontends.window.controls import draw_line
from capture_station.frontends.window.layout import Layout
from capture_station.frontends.window.palette import INK, SURROUND
from capture_station.frontends.window.rect import Rect, fitted
from capture_station.frontends.window.review.drawing import WHOLE, LoadPicture
from capture_station.frontends.window.scene import Code, TakeHome

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas


def draw_take_home(canvas: Canvas, layout: Layout, shown: TakeHome, notice: str, load: LoadPicture) -> None:
    """A notice stands where the title does: over the pictures it would hide a part of the code or of the face."""
    stage, gap = layout.stage, round(18 * layout.unit)
    title = Rect(stage.x, stage.y, stage.w, round(layout.hint_px * 1.5))
    draw_line(canvas, title, notice or shown.title, layout.hint_px, INK)
    top = stage.y + title.h
    if shown.person:
        draw_line(canvas, title._replace(y=top), shown.person, layout.hint_px, INK)
        top += title.h
    room = Rect(stage.x, top + gap, stage.w, stage.y + stage.h - top - gap)
    if shown.code is None:
        _portrait(canvas, room, shown, load, gap)
        return
    # The code is as large as it can be: phones read it from an arm's length.
    side = min(room.h, room.w) if room.w > room.h else min(room.w, room.h * 3 // 5)
    if room.w >= room.h:
        both = room.w >= 2 * side
        left = (room.w - side) // 2 if room.w < 2 * side else (room.w - 2 * side - gap) // 2
        places = [Rect(room.x + left, room.y, side, side), Rect(room.x + left + side + gap, room.y, side, side)]
        if both and canvas.leftward:
            places.reverse()
        draw_code(canvas, places[0], shown.code, gap)
        if both:
            _portrait(canvas, places[1], shown, load, gap)
        return
    draw_code(canvas, Rect(room.x + (room.w - side) // 2, room.y, side, side), shown.code, gap)
    below = room.y + side + gap
    _portrait(canvas, Rect(room.x, below, room.w, max(1, room.y + room.h - below)), shown, load, gap)


def _portrait(canvas: Canvas, place: Rect, shown: TakeHome, load: LoadPicture, radius: int) -> None:
    portrait = load(shown.portrait, WHOLE, (place.w, place.h))
    if portrait is not None:
        rect = fitted(place, portrait.shape[1] / portrait.shape[0])
        canvas.image(rect, portrait, Rect(0, 0, portrait.shape[1], portrait.shape[0]))
        canvas.corners(rect, SURROUND, radius)


def draw_code(canvas: Canvas, place: Rect, code: Code, radius: int) -> None:
    """The code with whole pixels a module, which is sharper than one of the exact size."""
    modules = np.array(code, bool)
    scale = max(1, place.h // len(modules))
    image = np.where(np.kron(modules, np.ones((scale, scale), bool)), 0, 255).astype(np.uint8)
    side = len(image)
    rect = Rect(place.x + (place.w - side) // 2, place.y + (place.h - side) // 2, side, side)
    canvas.image(rect, np.repeat(image[..., None], 3, axis=2), Rect(0, 0, side, side))
    canvas.corners(rect, SURROUND, min(radius, scale * 3))
