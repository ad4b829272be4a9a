"""Rectangles on a screen."""

from __future__ import annotations

from typing import NamedTuple


class Rect(NamedTuple):
    """x, y of the upper left corner, width and height, in pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def centre(self) -> tuple[int, int]:
        return self.x + self.w // 2, self.y + self.h // 2

    def contains(self, x: int, y: int) -> bool:
        return self.x <= x < self.x + self.w and self.y <= y < self.y + self.h

    def mirrored(self, screen_w: int) -> Rect:
        """The same place on a screen of this width whose left and right are exchanged."""
        return self._replace(x=screen_w - self.x - self.w)

    def inset(self, margin: int) -> Rect:
        """Smaller by a margin on every side, but never empty."""
        return Rect(self.x + margin, self.y + margin, max(1, self.w - 2 * margin), max(1, self.h - 2 * margin))


def fitted(cell: Rect, aspect: float) -> Rect:
    """The largest rectangle of an aspect (width to height) in the middle of a cell."""
    w = min(cell.w, round(cell.h * aspect))
    h = min(cell.h, round(cell.w / aspect))
    return Rect(cell.x + (cell.w - w) // 2, cell.y + (cell.h - h) // 2, w, h)


def covering_crop(frame_wh: tuple[int, int], panel: Rect) -> Rect:
    """The middle part of a frame that has a panel's aspect."""
    return fitted(Rect(0, 0, *frame_wh), panel.w / panel.h)
