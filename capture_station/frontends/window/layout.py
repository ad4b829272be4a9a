"""The position of everything on a screen of a given size: rectangles, no drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from capture_station.frontends.window.scene import Button, Scene, View

SMALLEST = 320
"""Pixels. A window can be dragged smaller, but is not used so."""
COUNTDOWN = 0.4
"""Diameter of the countdown, as a share of the stage's short side."""
OVER_HAIR = 0.4
"""Share of the countdown that must lie above the picture; the rest covers the free room above the head."""
NARROWEST = 5 / 8
"""Width to height. A live picture is never cropped to a narrower aspect."""


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

    def inset(self, margin: int) -> Rect:
        """Smaller by a margin on every side, but never empty."""
        return Rect(self.x + margin, self.y + margin, max(1, self.w - 2 * margin), max(1, self.h - 2 * margin))


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a screen. None overlap, and all lie inside the screen. On a 7 inch screen of 800x480 the buttons
    are at least 9 mm high."""

    unit: float
    """Pixels per design unit. The design is 600 units on its short side."""
    banners: tuple[Rect, ...]
    stage: Rect
    panels: tuple[Rect, ...]
    """The live pictures inside the stage: white before raw."""
    picture: Rect
    """The portrait under review, inside the stage."""
    text: Rect
    """The review's text, inside the stage."""
    buttons: tuple[tuple[Rect, Button], ...]

    def button_at(self, x: int, y: int) -> Button | None:
        """The enabled button under a point."""
        return next((button for rect, button in self.buttons if button.enabled and rect.contains(x, y)), None)


def arrange(screen_wh: tuple[int, int], scene: Scene, *frames_wh: tuple[int, int]) -> Layout:
    """Place a scene's parts. Below ``SMALLEST`` edges are cut off.

    Args:
        screen_wh: Width and height of the window.
        scene: What to show.
        frames_wh: Sizes of the live pictures in the order of their panels; the last one stands for those missing.
    """
    width, height = max(screen_wh[0], SMALLEST), max(screen_wh[1], SMALLEST)
    unit = min(width, height) / 600
    gap, bar_h, banner_h = round(12 * unit), round(104 * unit), round((68 if width > height else 96) * unit)
    banners = tuple(
        Rect(gap, gap + index * (banner_h + gap), width - 2 * gap, banner_h) for index in range(len(scene.banners))
    )
    top = gap + len(banners) * (banner_h + gap)
    stage = Rect(gap, top, width - 2 * gap, height - top - bar_h)
    wide = stage.w > stage.h
    count = 2 if scene.view is View.BOTH else 1
    if wide:
        cells = [Rect(stage.x + i * (stage.w + gap) // count, stage.y, 0, stage.h) for i in range(count)]
        cells = [cell._replace(w=(stage.w - (count - 1) * gap) // count) for cell in cells]
    else:
        cells = [Rect(stage.x, stage.y + i * (stage.h + gap) // count, stage.w, 0) for i in range(count)]
        cells = [cell._replace(h=(stage.h - (count - 1) * gap) // count) for cell in cells]
    share = round(stage.w * 0.5) if wide else round(stage.h * 0.68)
    picture = stage._replace(w=share) if wide else stage._replace(h=share)
    text = (
        Rect(stage.x + share + gap, stage.y, stage.w - share - gap, stage.h)
        if wide
        else Rect(stage.x, stage.y + share + gap, stage.w, stage.h - share - gap)
    )
    bar = Rect(gap, height - bar_h, width - 2 * gap, bar_h)
    return Layout(
        unit=unit,
        banners=banners,
        stage=stage,
        panels=tuple(_panels(cells, scene, frames_wh)),
        picture=picture,
        text=text,
        buttons=_row(bar, scene.buttons, unit, gap),
    )


def countdown_disc(layout: Layout) -> Rect:
    """A square for the countdown at the upper edge: beside the picture, above it, or in its upper corner."""
    stage, panel = layout.stage, layout.panels[-1]
    size, margin = round(min(stage.w, stage.h) * COUNTDOWN), round(12 * layout.unit)
    beside = stage.x + stage.w - (panel.x + panel.w)
    if beside >= size:
        return Rect(panel.x + panel.w + (beside - size) // 2, stage.y + margin, size, size)
    if panel.y - stage.y >= OVER_HAIR * size:
        return Rect(stage.centre[0] - size // 2, stage.y, size, size)
    return Rect(panel.x + panel.w - size - margin, panel.y + margin, size, size)


def fitted(cell: Rect, aspect: float) -> Rect:
    """The largest rectangle of an aspect (width to height) in the middle of a cell."""
    w = min(cell.w, round(cell.h * aspect))
    h = min(cell.h, round(cell.w / aspect))
    return Rect(cell.x + (cell.w - w) // 2, cell.y + (cell.h - h) // 2, w, h)


def covering_crop(frame_wh: tuple[int, int], panel: Rect) -> Rect:
    """The middle part of a frame that has a panel's aspect."""
    return fitted(Rect(0, 0, *frame_wh), panel.w / panel.h)


def _panels(cells: list[Rect], scene: Scene, frames_wh: tuple[tuple[int, int], ...]) -> Iterator[Rect]:
    for index, cell in enumerate(cells):
        width, height = frames_wh[min(index, len(frames_wh) - 1)]
        # Nothing of a portrait is cut off: it is shown as it would be saved.
        portrait = scene.cropped and index == 0
        yield fitted(cell, width / height) if portrait else _panel(cell, width / height)


def _panel(cell: Rect, aspect: float) -> Rect:
    """The part of a cell that a frame fills without losing its upper or lower edge, or too much of its sides."""
    return fitted(cell, min(aspect, max(cell.w / cell.h, min(NARROWEST, aspect))))


def _row(bar: Rect, buttons: tuple[Button, ...], unit: float, gap: int) -> tuple[tuple[Rect, Button], ...]:
    """Buttons centred in the bar, the primary one wider. Together they are never wider than the bar."""
    widths = [(280 if button.primary else 130 if len(buttons) > 2 else 210) * unit for button in buttons]
    room = bar.w - gap * (len(buttons) - 1)
    shrink = min(1.0, room / sum(widths)) if widths else 1.0
    h = round(72 * unit)
    x = bar.x + (room - sum(widths) * shrink) / 2
    placed = []
    for width, button in zip(widths, buttons, strict=True):
        placed.append((Rect(round(x), bar.y + (bar.h - h) // 2, round(width * shrink), h), button))
        x += width * shrink + gap
    return tuple(placed)
