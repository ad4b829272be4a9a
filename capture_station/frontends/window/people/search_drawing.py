"""Draws the search for a person: what was typed, who is found, and the touch keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture_station.frontends.window.controls import draw_line, fitting_px
from capture_station.frontends.window.palette import (
    DISABLED_INK,
    GOOD,
    INK,
    KEY,
    RAISED,
    SOFT_INK,
    SURROUND,
    WARNING,
    WHITE,
)
from capture_station.frontends.window.people.search_layout import SearchLayout
from capture_station.frontends.window.rect import Rect, fitted
from capture_station.frontends.window.review.drawing import WHOLE, LoadPicture
from capture_station.frontends.window.scene import Listed, Search

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas


def draw_search(canvas: Canvas, layout: SearchLayout, search: Search, unit: float, load: LoadPicture) -> None:
    radius, pad = round(12 * unit), round(14 * unit)
    canvas.panel(layout.field, WHITE, radius)
    if layout.portrait is not None:
        portrait = load(search.portrait, WHOLE, (layout.portrait.w, layout.portrait.h))
        if portrait is not None:
            rect = fitted(layout.portrait, portrait.shape[1] / portrait.shape[0])
            canvas.image(rect, portrait, Rect(0, 0, portrait.shape[1], portrait.shape[0]))
            canvas.corners(rect, SURROUND, radius)
    place = layout.field.inset(pad)
    size_px = round(30 * unit)
    text, colour = (f"{search.text}|", (20, 24, 30)) if search.text else (search.prompt, DISABLED_INK)
    _, h = canvas.text_wh(text, size_px, place.w, bold=bool(search.text))
    canvas.column_text((place.x, place.centre[1] - h // 2), text, size_px, place.w, colour, bold=bool(search.text))
    for rect, person in layout.people:
        _person(canvas, rect, person, unit)
    if not layout.people:
        results = layout.results.inset(pad)
        notice_px = fitting_px(canvas, search.notice, round(28 * unit), (results.w, results.h))
        w, h = canvas.text_wh(search.notice, notice_px, results.w, bold=True, lines=True)
        at = results.centre[0] - w // 2, results.centre[1] - h // 2
        canvas.text(at, search.notice, notice_px, results.w, SOFT_INK, bold=True, lines=True, centred=True)
    for rect, key in layout.keys:
        canvas.panel(rect, canvas.accent.face if key.primary else KEY, radius)
        draw_line(canvas, rect, key.label, round(30 * unit), canvas.accent.ink if key.primary else INK)


def _cut(canvas: Canvas, text: str, size_px: int, width_px: int) -> str:
    """The text, or as much of its beginning as fits into one line."""
    if canvas.fits(text, size_px, width_px):
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if canvas.fits(f"{text[:middle]}…", size_px, width_px):
            fits = middle
        else:
            too_long = middle
    return f"{text[:fits].rstrip()}…"


def _person(canvas: Canvas, rect: Rect, person: Listed, unit: float) -> None:
    """Name in large letters, id and state below."""
    pad = round(10 * unit)
    canvas.panel(rect, RAISED, round(10 * unit))
    colour = SOFT_INK if person.good is None else GOOD if person.good else WARNING
    bar_px = max(4, pad // 2)
    bar_x = rect.x + (rect.w - bar_px if canvas.leftward else 0)
    canvas.panel(Rect(bar_x, rect.y + pad // 2, bar_px, rect.h - pad), colour, 2)
    room = rect.w - 3 * pad
    title_px, below_px = round(24 * unit), round(18 * unit)
    title = _cut(canvas, person.name or person.id, title_px, room * title_px // below_px)
    whose = " · ".join(filter(None, (person.id if person.name else "", person.detail)))
    below = " · ".join(filter(None, (whose, person.state)))
    if not canvas.fits(below, below_px, room) and person.detail:
        below = whose  # The bar's colour says the state as well; only the detail tells namesakes apart.
    below = _cut(canvas, below, below_px, room)
    title_h = canvas.text_wh(title, title_px, room, bold=True)[1]
    below_h = canvas.text_wh(below, below_px, room)[1]
    x = rect.x + (pad if canvas.leftward else 2 * pad)
    y = rect.centre[1] - (title_h + below_h) // 2
    canvas.column_text((x, y), title, title_px, room, INK, bold=True)
    canvas.column_text((x, y + title_h), below, below_px, room, SOFT_INK)
