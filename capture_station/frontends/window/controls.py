"""Draws what many screens have: buttons, banners, lines of text on a pill, and text that fits its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from capture_station.frontends.window.palette import (
    DARK,
    DISABLED_INK,
    GOOD,
    INK,
    RAISED,
    WARNING,
    WARNING_INK,
)
from capture_station.frontends.window.rect import Rect
from capture_station.frontends.window.scene import Action, Arrow, Banner, Button
from capture_station.text_runs import unbroken

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas, Colour

SMALLEST_PX = 9
"""Text is never drawn smaller."""
QUARTERS = {Arrow.UP: 0, Arrow.RIGHT: 1, Arrow.DOWN: 2, Arrow.LEFT: 3}


class Pill(NamedTuple):
    """Position of a pill: a point, and the shares of its width and height that lie left of and above the point."""

    x: int
    y: int
    left: float
    above: float


def draw_pill(canvas: Canvas, at: Pill, text: str, size_px: int, room_px: int, arrow: Arrow | None = None) -> Rect:
    """A text on a dark pill, in two lines where one is too short, with an arrow on the side to which it points."""
    pad, above = round(size_px * 0.5), round(size_px * 0.2)
    side = size_px if arrow is not None else 0
    room = max(1, room_px - 2 * pad - side)
    one_line = canvas.fits(text, size_px, room)
    if not one_line:
        size_px = fitting_px(canvas, text, size_px, (room, round(2.6 * size_px)))
    w, h = canvas.text_wh(text, size_px, room, bold=True, lines=not one_line)
    pill_w, pill_h = w + 2 * pad + side, h + 2 * above
    rect = Rect(at.x - round(pill_w * at.left), at.y - round(pill_h * at.above), pill_w, pill_h)
    canvas.panel(rect, DARK, min(pill_h // 2, size_px), 0.78)
    start = rect.x + pad + (side if arrow is Arrow.LEFT else 0)
    canvas.text((start, rect.centre[1] - h // 2), text, size_px, room, INK, bold=True, lines=not one_line)
    if arrow is not None:
        half = size_px // 2
        tip_x = rect.x + pad if arrow is Arrow.LEFT else rect.x + pill_w - pad - half
        canvas.arrow(Rect(tip_x, rect.centre[1] - half // 2, half, half), GOOD, QUARTERS[arrow])
    return rect


def fitting_px(canvas: Canvas, text: str, size_px: int, room_wh: tuple[int, int], bold: bool = True) -> int:
    """The size, at most ``size_px``, at which a wrapped text fits into a place, and no word is divided."""
    longest = max(unbroken(text), key=len, default="")
    while size_px > SMALLEST_PX and (
        canvas.text_wh(text, size_px, room_wh[0], bold, lines=True)[1] > room_wh[1]
        or not canvas.fits(longest, size_px, room_wh[0])
    ):
        size_px = max(SMALLEST_PX, size_px * 14 // 15)
    return size_px


def draw_line(canvas: Canvas, rect: Rect, text: str, size_px: int, colour: Colour) -> None:
    """One bold line in the middle of a rectangle, shrunk where it is too long."""
    w, h = canvas.text_wh(text, size_px, rect.w, bold=True)
    canvas.text((rect.centre[0] - w // 2, rect.centre[1] - h // 2), text, size_px, rect.w, colour, bold=True)


def draw_banner(canvas: Canvas, rect: Rect, banner: Banner, unit: float) -> None:
    pad = round(20 * unit)
    canvas.panel(rect, WARNING, round(14 * unit))
    room = rect.w - 2 * pad
    title_px = fitting_px(canvas, banner.title, round(28 * unit), (room, round(0.6 * rect.h)))
    _, title_h = canvas.text_wh(banner.title, title_px, room, bold=True, lines=True)
    detail_px = fitting_px(
        canvas, banner.detail, round(23 * unit), (room, rect.h - title_h - round(8 * unit)), bold=False
    )
    _, detail_h = canvas.text_wh(banner.detail, detail_px, room, lines=True)
    y = rect.y + (rect.h - title_h - detail_h) // 2
    canvas.column_text((rect.x + pad, y), banner.title, title_px, room, WARNING_INK, bold=True, lines=True)
    canvas.column_text((rect.x + pad, y + title_h), banner.detail, detail_px, room, WARNING_INK, lines=True)


def draw_button(canvas: Canvas, rect: Rect, button: Button, unit: float) -> None:
    radius = rect.h // 2
    if not button.enabled:
        face, ink = RAISED, DISABLED_INK
    elif button.primary:
        face, ink = canvas.accent.face, canvas.accent.ink
    else:
        face, ink = RAISED, INK
    canvas.panel(rect, face, radius)
    if button.filled > 0:
        gone = min(rect.w, max(rect.h, round(rect.w * button.filled / 4) * 4))
        begin = rect.x + (rect.w - gone if canvas.leftward else 0)
        canvas.panel(rect._replace(x=begin, w=gone), canvas.accent.gone, radius)
    size_px = round((29 if button.primary else 25) * unit)
    icon = round(26 * unit) if button.action is Action.CAPTURE else 0
    gap = icon // 2
    room = rect.w - radius - icon - gap
    w, h = canvas.text_wh(button.label, size_px, room, bold=True)
    x = rect.centre[0] - (w + icon + gap) // 2
    if icon:
        shutter = Rect(x + (w + gap if canvas.leftward else 0), rect.centre[1] - icon // 2, icon, icon)
        canvas.oval(shutter, ink, max(2, icon // 9))
        dot = shutter.inset(icon // 4)
        canvas.panel(dot, ink, dot.h // 2)
    canvas.text(
        (x + (0 if canvas.leftward else icon + gap), rect.centre[1] - h // 2),
        button.label,
        size_px,
        room,
        ink,
        bold=True,
    )
