"""The position of the portrait under review, of its text and of the small pictures beside it."""

from __future__ import annotations

from dataclasses import dataclass

from capture_station.frontends.window.rect import Rect, fitted
from capture_station.frontends.window.scene import Review

WIDEST = 0.74
"""Most of a wide stage's width that the portrait takes; the rest is text."""
TALLEST = 0.84
"""The same for the height of an upright stage."""
COLUMN = 1.35
"""Widest column beside the portrait, in widths of the portrait; a wider stage has room on both sides instead."""
SMALL = 0.48
"""Height of the small pictures, as a share of the column beside the portrait."""


@dataclass(frozen=True, slots=True)
class ReviewLayout:
    """The parts of a review. None overlap, and all lie inside the stage."""

    picture: Rect
    """The portrait, at the stage's full height or width."""
    text: Rect
    ranges: Rect | None
    """A small copy of the portrait with what its preset allows."""
    previous: Rect | None
    """What it replaces."""
    zooms: bool
    """A touch on the portrait shows its face."""


def place_review(stage: Rect, review: Review | None, portrait_wh: tuple[int, int], unit: float) -> ReviewLayout:
    """Place a review, or what would be one, on a stage."""
    gap, aspect = round(12 * unit), portrait_wh[0] / portrait_wh[1]
    wide, whole_w = stage.w > stage.h, stage.w
    cell = stage._replace(w=round(stage.w * WIDEST)) if wide else stage._replace(h=round(stage.h * TALLEST))
    picture = fitted(cell, aspect)
    if wide:
        stage = stage._replace(w=min(stage.w, picture.w + gap + max(round(COLUMN * picture.w), stage.w // 2)))
        stage = stage._replace(x=cell.x + (whole_w - stage.w) // 2)
    picture = picture._replace(x=stage.x) if wide else picture._replace(y=stage.y)
    if wide:
        column = Rect(picture.x + picture.w + gap, stage.y, stage.x + stage.w - picture.x - picture.w - gap, stage.h)
    else:
        column = Rect(stage.x, picture.y + picture.h + gap, stage.w, stage.y + stage.h - picture.y - picture.h - gap)
    shown = [review is not None and review.ranges is not None, review is not None and bool(review.previous)]
    count = sum(shown)
    if not count:
        return ReviewLayout(picture, column, None, None, shown[0])
    if wide:
        h = round(min(column.h * SMALL, (column.w - (count - 1) * gap) / count / aspect))
        text = column._replace(h=column.h - h - gap)
        places = [Rect(column.x, column.y + column.h - h, round(h * aspect), h)]
    else:
        h = round(min(column.h, (column.w / 2 - (count - 1) * gap) / count / aspect))
        w = round(h * aspect)
        text = column._replace(w=column.w - count * (w + gap))
        places = [Rect(text.x + text.w + gap, column.y, w, h)]
    places.append(places[0]._replace(x=places[0].x + places[0].w + gap))
    ranges = places.pop(0) if shown[0] else None
    return ReviewLayout(picture, text, ranges, places[0] if shown[1] else None, shown[0])
