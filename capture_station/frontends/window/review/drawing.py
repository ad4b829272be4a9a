"""Draws the portrait under review, what its preset allows, and what it replaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from capture_station.frames import Image
from capture_station.frontends.window.controls import Pill, draw_pill
from capture_station.frontends.window.layout import Layout
from capture_station.frontends.window.palette import DARK, GOOD, INK, RAISED, SOFT_INK, SURROUND, WARNING
from capture_station.frontends.window.rect import Rect, fitted
from capture_station.frontends.window.scene import Review
from capture_station.station.status import Guide

if TYPE_CHECKING:
    from capture_station.frontends.window.canvas import Canvas

Part: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and lower edge as shares of a picture's width and height."""
LoadPicture: TypeAlias = Callable[[str, Part, tuple[int, int]], "Image | None"]
"""Reads a part of a picture from a file, reduced to fit into a width and height; None if it cannot be read."""
WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
FACE_ROOM = 1.25
"""Height of the part that a zoom shows, in heads."""
CROWN_TO_EYES = 0.5
"""Of crown to chin."""


def draw_review(canvas: Canvas, layout: Layout, review: Review, load: LoadPicture) -> None:
    place, radius = layout.review, round(18 * layout.unit)
    whole = load(review.portrait, WHOLE, (place.picture.w, place.picture.h))
    if whole is None:
        canvas.panel(place.picture, RAISED, radius, 0.5)
    else:
        part = face_part(review.ranges, whole, place.picture) if review.zoomed and review.ranges is not None else WHOLE
        shown = whole if part == WHOLE else load(review.portrait, part, (2 * place.picture.w, 2 * place.picture.h))
        if shown is not None:
            rect = fitted(place.picture, shown.shape[1] / shown.shape[0])
            canvas.image(rect, shown, Rect(0, 0, shown.shape[1], shown.shape[0]))
            _boxes(canvas, rect, review, part, layout.unit)
            canvas.corners(rect, SURROUND, radius)
    if place.ranges is not None and review.ranges is not None and whole is not None:
        _small(canvas, place.ranges, whole)
        _ranges(canvas, place.ranges, review.ranges, layout.unit)
        _caption(canvas, place.ranges, review.ranges_caption, layout.unit)
    if place.previous is not None:
        previous = load(review.previous, WHOLE, (place.previous.w, place.previous.h))
        canvas.panel(place.previous, RAISED, radius // 2)
        if previous is not None:
            _small(canvas, place.previous, previous)
        _caption(canvas, place.previous, review.previous_caption, layout.unit)
    _text(canvas, layout, review)


def face_part(ranges: Guide, whole: Image, place: Rect) -> Part:
    """The part of a portrait around the face that has the place's aspect; never beyond the portrait."""
    aspect = whole.shape[1] / whole.shape[0]
    h = min(1.0, FACE_ROOM * ranges.head_height)
    w = min(1.0, h * place.w / place.h / aspect)
    middle = ranges.eye_line + (0.5 - CROWN_TO_EYES) * ranges.head_height
    left = min(max(0.0, ranges.centre - w / 2), 1 - w)
    top = min(max(0.0, middle - h / 2), 1 - h)
    return left, top, left + w, top + h


def _small(canvas: Canvas, rect: Rect, image: Image) -> None:
    canvas.image(rect, image, Rect(0, 0, image.shape[1], image.shape[0]))


def _ranges(canvas: Canvas, rect: Rect, ranges: Guide, unit: float) -> None:
    """Bands in which crown, eyes and chin may be, and lines where they are."""
    eyes, half = ranges.eye_line, ranges.head_height * CROWN_TO_EYES
    least, most = (height * CROWN_TO_EYES for height in ranges.head_heights)
    line_px = max(2, round(2.5 * unit))
    for at, (low, high) in (
        (eyes - half, (eyes - most, eyes - least)),
        (eyes, ranges.eye_lines),
        (eyes + half, (eyes + least, eyes + most)),
    ):
        top, bottom = (rect.y + round(rect.h * min(1.0, max(0.0, share))) for share in (low, high))
        # A band that allows one value only is still to be seen.
        canvas.veil(Rect(rect.x, top - 1, rect.w, max(3, bottom - top)), GOOD, 0.45)
        right = low - 0.01 <= at <= high + 0.01
        y = rect.y + round(rect.h * min(1.0, max(0.0, at)))
        canvas.panel(Rect(rect.x, y - line_px, rect.w, 2 * line_px), DARK, 1, 0.5)
        canvas.panel(Rect(rect.x, y - line_px // 2, rect.w, line_px), GOOD if right else WARNING, 1)


def _caption(canvas: Canvas, rect: Rect, text: str, unit: float) -> None:
    draw_pill(canvas, Pill(rect.centre[0], rect.y + rect.h - round(4 * unit), 0.5, 1.0), text, round(17 * unit), rect.w)


def _boxes(canvas: Canvas, rect: Rect, review: Review, part: Part, unit: float) -> None:
    """What to look at, where it lies in the part that is shown."""
    left, top, right, bottom = part
    for x, y, w, h in review.boxes:
        xs = [rect.x + rect.w * (at - left) / (right - left) for at in (x, x + w)]
        ys = [rect.y + rect.h * (at - top) / (bottom - top) for at in (y, y + h)]
        corners = [(xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[0], ys[1])]
        canvas.outline(rect, corners, DARK, max(5, round(7 * unit)))
        canvas.outline(rect, corners, WARNING, max(3, round(4 * unit)))


def _text(canvas: Canvas, layout: Layout, review: Review) -> None:
    """Whose portrait it is, what became of it and why; all of it, as large as it and its longest word fit."""
    unit = layout.unit
    column = layout.review.text.inset(round(10 * unit))
    bar_px, gap = round(6 * unit), round(12 * unit)
    room = column.w - bar_px - gap
    wanted = [(review.title, max(layout.hint_px, round(40 * unit)), True, INK)]
    wanted += [(line, max(round(0.62 * layout.hint_px), round(28 * unit)), False, SOFT_INK) for line in review.reasons]
    if review.person:
        wanted.insert(0, (review.person, layout.hint_px, True, INK))
    scale = 1.0
    while True:
        # What is large shrinks first.
        rows = [
            (text, max(9, round(px * (scale**1.5 if bold else scale))), bold, colour)
            for text, px, bold, colour in wanted
        ]
        widths, heights = zip(
            *(canvas.text_wh(text, px, room, bold, lines=True) for text, px, bold, _ in rows), strict=True
        )
        total = sum(heights) + gap * (len(rows) - 1)
        if (total <= column.h and max(widths) <= room) or scale < 0.2:
            break
        scale *= 0.94
    y = max(column.y, column.centre[1] - total // 2)
    bar_x, x = (column.x + room + gap, column.x) if canvas.leftward else (column.x, column.x + bar_px + gap)
    canvas.panel(Rect(bar_x, y, bar_px, min(total, column.h)), GOOD if review.good else WARNING, bar_px // 2)
    for (text, px, bold, colour), h in zip(rows, heights, strict=True):
        canvas.column_text((x, y), text, px, room, colour, bold, lines=True)
        y += h + gap
