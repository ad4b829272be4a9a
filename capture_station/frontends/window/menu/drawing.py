"""Draws a menu's tiles, facts, picture and code, and the keys for a PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture_station.frontends.window.controls import Pill, draw_line, draw_pill, fitting_px
from capture_station.frontends.window.menu.layout import MenuLayout, PinPadLayout
from capture_station.frontends.window.palette import (
    DISABLED_INK,
    GOOD,
    INK,
    KEY,
    RAISED,
    SOFT_INK,
    SURROUND,
    WARNING,
)
from capture_station.frontends.window.rect import Rect, fitted
from capture_station.frontends.window.review.drawing import WHOLE, LoadPicture
from capture_station.frontends.window.scene import Fact, Menu, PinPad, Tile
from capture_station.frontends.window.take_home.drawing import draw_code

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas

LABEL, DETAIL = 25, 20
"""Units. Sizes of a tile's texts."""
NAME_SHARE = 0.36
"""Of a fact's width, for its name."""
LOWEST_LINE = 30
"""Units. A tile's picture leaves so much for each line of text."""


def draw_menu(canvas: Canvas, layout: MenuLayout, menu: Menu, notice: str, unit: float, load: LoadPicture) -> None:
    """Everything but the live pictures and the buttons. A notice takes the title's place: tiles are to be touched."""
    if notice:
        draw_pill(canvas, Pill(*layout.title.centre, 0.5, 0.5), notice, round(24 * unit), layout.title.w)
    else:
        draw_line(canvas, layout.title, menu.title, round(30 * unit), INK)
    if layout.aside is not None and menu.picture:
        _picture(canvas, layout.aside, menu.picture, load, round(18 * unit))
    if layout.aside is not None and menu.code is not None:
        side = min(layout.aside.w, layout.aside.h)
        x, y = layout.aside.centre
        draw_code(canvas, Rect(x - side // 2, y - side // 2, side, side), menu.code, round(12 * unit))
    if layout.note is not None:
        size_px = fitting_px(canvas, menu.note, round(26 * unit), (layout.note.w, layout.note.h))
        w, h = canvas.text_wh(menu.note, size_px, layout.note.w, bold=True, lines=True)
        y = layout.note.centre[1] - h // 2
        if menu.facts:
            canvas.column_text((layout.note.x, y), menu.note, size_px, layout.note.w, INK, bold=True, lines=True)
        else:
            x = layout.note.centre[0] - w // 2
            canvas.text((x, y), menu.note, size_px, layout.note.w, INK, bold=True, lines=True, centred=True)
    for rect, fact in layout.facts:
        _fact(canvas, rect, fact, unit)
    for rect, tile in layout.tiles:
        draw_tile(canvas, rect, tile, tile.press == menu.focus, unit, load)


def draw_focus(canvas: Canvas, rect: Rect, radius: int, unit: float) -> None:
    """The frame of what a key would press, below what it frames."""
    width = max(3, round(4 * unit))
    canvas.panel(rect.inset(-width), GOOD, radius + width)


def draw_pin_pad(canvas: Canvas, layout: PinPadLayout, pad: PinPad, unit: float) -> None:
    radius = round(14 * unit)
    draw_line(canvas, layout.title, pad.title, round(34 * unit), INK)
    if pad.typed:
        draw_line(canvas, layout.digits, "●" * pad.typed, round(30 * unit), INK)
    if pad.notice:
        draw_line(canvas, layout.notice, pad.notice, round(26 * unit), WARNING)
    for rect, key in layout.keys:
        canvas.panel(
            rect, canvas.accent.face if key.primary and key.enabled else KEY if key.enabled else RAISED, radius
        )
        ink = DISABLED_INK if not key.enabled else canvas.accent.ink if key.primary else INK
        draw_line(canvas, rect, key.label, round(40 * unit), ink)


def _fact(canvas: Canvas, rect: Rect, fact: Fact, unit: float) -> None:
    """The name where a line begins to be read and the value beside it; a value without a name takes the whole line."""
    begin = round(rect.w * NAME_SHARE) if fact.name else 0
    gap = round(12 * unit) if fact.name else 0
    for text, x, w, colour, bold in (
        (fact.name, 0, begin, SOFT_INK, False),
        (fact.value, begin + gap, rect.w - begin - gap, INK if fact.name else SOFT_INK, bool(fact.name)),
    ):
        if text:
            size_px = fitting_px(canvas, text, round(22 * unit), (w, rect.h), bold)
            wide, h = canvas.text_wh(text, size_px, w, bold, lines=True)
            # Addresses and numbers stand with the others, whichever way they are read themselves.
            left = rect.x + (rect.w - x - wide if canvas.leftward else x)
            canvas.text((left, rect.centre[1] - h // 2), text, size_px, w, colour, bold, lines=True)


def draw_tile(canvas: Canvas, rect: Rect, tile: Tile, focused: bool, unit: float, load: LoadPicture) -> None:
    radius, pad = round(14 * unit), round(10 * unit)
    if focused:
        draw_focus(canvas, rect, radius, unit)
    canvas.panel(rect, canvas.accent.face if tile.chosen else RAISED, radius)
    inner = rect.inset(pad)
    ink, soft = (canvas.accent.ink, canvas.accent.ink) if tile.chosen else (INK, WARNING if tile.warns else SOFT_INK)
    if tile.picture:
        lines = bool(tile.label) + bool(tile.detail)
        text_h = round(LOWEST_LINE * unit) * lines
        _picture(canvas, inner._replace(h=inner.h - text_h), tile.picture, load, 0)
        inner = inner._replace(y=inner.y + inner.h - text_h, h=text_h)
    texts = [(tile.label, LABEL, True, ink), (tile.detail, DETAIL, False, soft)]
    rows, share = [], 1.0
    while True:
        rows = [(text, max(9, round(size * unit * share)), bold, colour) for text, size, bold, colour in texts if text]
        sizes = [canvas.text_wh(text, px, inner.w, bold, lines=True) for text, px, bold, _ in rows]
        total = sum(h for _, h in sizes)
        if (total <= inner.h and all(w <= inner.w for w, _ in sizes)) or share < 0.4:
            break
        share *= 0.94
    y = inner.centre[1] - total // 2
    for (text, px, bold, colour), (w, h) in zip(rows, sizes, strict=True):
        canvas.text((inner.centre[0] - w // 2, y), text, px, inner.w, colour, bold, lines=True, centred=True)
        y += h


def _picture(canvas: Canvas, place: Rect, path: str, load: LoadPicture, radius: int) -> None:
    image = load(path, WHOLE, (place.w, place.h))
    if image is None:
        canvas.panel(place, KEY, max(1, radius), 0.5)
        return
    rect = fitted(place, image.shape[1] / image.shape[0])
    canvas.image(rect, image, Rect(0, 0, image.shape[1], image.shape[0]))
    if radius:
        canvas.corners(rect, SURROUND, radius)
