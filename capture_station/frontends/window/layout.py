"""The position of everything on a screen of a given size: rectangles, no drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from rich.cells import cell_len

from capture_station.frontends.window.attract.layout import AttractLayout, place_attract
from capture_station.frontends.window.menu.layout import (
    MenuLayout,
    PinPadLayout,
    place_menu,
    place_pin_pad,
    pressed,
)
from capture_station.frontends.window.mirroring import (
    mirrored_attract,
    mirrored_menu,
    mirrored_pin_pad,
    mirrored_places,
    mirrored_review,
    mirrored_search,
)
from capture_station.frontends.window.people.search_layout import SearchLayout, place_search
from capture_station.frontends.window.rect import Rect, covering_crop, fitted
from capture_station.frontends.window.review.layout import ReviewLayout, place_review
from capture_station.frontends.window.scene import Action, Arrow, Banner, Button, Chosen, Press, Scene, View

SMALLEST = 320
"""Pixels. A window can be dragged smaller, but is not used so."""
HELD = 0.25
"""Diameter of the ring that fills before a countdown, as a share of the stage's short side."""
STRIP = 0.42
"""The countdown's strip, as a share of the stage's short side."""
LETTER = 12.5
"""Units. Mean width of a banner's letters, with what is lost where lines are broken."""
FOLLOWING = 1.05
"""Height of the line that says who comes next, in sizes of the hint."""
LEAST_STAGE = 150
"""Units. Height of the stage that banners below the first one must leave."""
LEAST_SEARCH = 0.63
"""The same for a search, which has the place of the buttons too, as a share of the screen's height."""
NARROWEST = 5 / 8
"""Width to height. A live picture is never cropped to a narrower aspect."""
LEGIBLE_PX = 52
"""Size of text that is read from 2 m. Inter's capitals are .73 of it high: 12 arcmin on 7 inch with 800x480 pixels."""

__all__ = ["Layout", "Rect", "arrange", "covering_crop", "fitted", "held_ring", "legible_px"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a screen. None overlap, and all lie inside the screen. On a 7 inch screen of 800x480 everything to
    touch is at least 9 mm high."""

    unit: float
    """Pixels per design unit. The design is 600 units on its short side."""
    hint_px: int
    """Size of the text that is read from a distance: hints and the person's name."""
    banners: tuple[Rect, ...]
    """Of the scene's first banners: as many as leave room for the stage."""
    person: Rect | None
    """The line with the person's name, above the stage."""
    following: Rect | None
    """The line that says who comes next, below the stage."""
    stage: Rect
    panels: tuple[Rect, ...]
    """The live pictures inside the stage: white before raw."""
    strip: Rect | None
    """The countdown, at the camera's edge of the stage."""
    review: ReviewLayout
    search: SearchLayout | None
    menu: MenuLayout | None
    pin_pad: PinPadLayout | None
    attract: AttractLayout | None
    buttons: tuple[tuple[Rect, Button], ...]

    def button_at(self, x: int, y: int) -> Button | None:
        """The enabled button or key under a point."""
        keys = () if self.search is None else self.search.keys
        digits = () if self.pin_pad is None else self.pin_pad.keys
        button = pressed((*self.buttons, *keys, *digits), x, y)
        return button if button is not None and button.enabled else None

    def press_at(self, x: int, y: int) -> Press:
        """What a touch at a point asks for; any touch at least shows that somebody is there."""
        if self.attract is not None:
            tile = pressed(self.attract.languages, x, y)
            return Action.WAKE if tile is None else tile.press
        if (button := self.button_at(x, y)) is not None:
            return button.action
        if self.search is not None:
            return next((Chosen(one.id) for rect, one in self.search.people if rect.contains(x, y)), Action.WAKE)
        if self.menu is not None:
            tile = pressed(self.menu.tiles, x, y)
            return Action.WAKE if tile is None else tile.press
        return Action.ZOOM if self.review.zooms and self.review.picture.contains(x, y) else Action.WAKE


def legible_px(screen_wh: tuple[int, int]) -> int:
    """Size of the text that is read from two metres. Windows below 480 pixels are no booth's screen."""
    short = min(screen_wh)
    return round(max(short / 20, LEGIBLE_PX * min(1.0, short / 480)))


def arrange(screen_wh: tuple[int, int], scene: Scene, *frames_wh: tuple[int, int]) -> Layout:
    """Place a scene's parts. Below ``SMALLEST`` edges are cut off.

    Args:
        screen_wh: Width and height of the window.
        scene: What to show.
        frames_wh: Sizes of the live pictures in the order of their panels; the last one stands for those missing. In a
            review: size of the portrait.
    """
    width, height = max(screen_wh[0], SMALLEST), max(screen_wh[1], SMALLEST)
    unit = min(width, height) / 600
    gap, bar_h = round(12 * unit), round(96 * unit)
    hint_px = legible_px((width, height))
    person_h = round(1.3 * hint_px) if scene.person else 0
    following_h = round(FOLLOWING * hint_px) if scene.following else 0
    least_h = bar_h + round(LEAST_STAGE * unit) if scene.search is None else round(LEAST_SEARCH * height)
    lowest = height - person_h - following_h - gap - least_h
    banners = tuple(_banners(Rect(gap, gap, width - 2 * gap, 0), scene.banners, unit, gap, lowest))
    top = banners[-1].y + banners[-1].h + gap if banners else gap
    search = None
    if scene.search is not None:
        search = place_search(Rect(gap, top, width - 2 * gap, height - top - gap), scene.search, scene.buttons, unit)
    person = None
    if scene.person:
        person = Rect(gap, top, width - 2 * gap, person_h)
        top += person.h + gap // 2
    following = None
    bottom = height - bar_h
    if scene.following:
        bottom -= following_h + gap // 2
        following = Rect(gap, bottom + gap // 2, width - 2 * gap, following_h)
    stage = Rect(gap, top, width - 2 * gap, bottom - top)
    review = place_review(stage, scene.review, frames_wh[0], unit)
    menu = None if scene.menu is None else place_menu(stage, scene.menu, unit)
    pin_pad = None if scene.pin_pad is None else place_pin_pad(stage, scene.pin_pad, unit)
    attract = None if scene.attract is None else place_attract(Rect(0, 0, width, height), scene.attract, unit)
    row = _row(_bar(width, height, bar_h, gap), scene.buttons, unit, gap)
    if scene.leftward:
        review, row = mirrored_review(review, width), mirrored_places(row, width)
        search = None if search is None else mirrored_search(search, width)
        menu = None if menu is None else mirrored_menu(menu, width)
        pin_pad = None if pin_pad is None else mirrored_pin_pad(pin_pad, width)
        attract = None if attract is None else mirrored_attract(attract, width)
    if menu is not None and menu.aside is not None:
        stage = menu.aside
    strip, room = (None, stage) if not scene.countdown else _divided(stage, scene.camera_at, gap)
    cells = _cells(room, 2 if scene.view is View.BOTH else 1, gap)
    if scene.leftward and room.w > room.h:
        cells.reverse()
    return Layout(
        unit=unit,
        hint_px=hint_px,
        banners=banners,
        person=person,
        following=following,
        stage=stage,
        panels=tuple(_panels(cells, scene, frames_wh)),
        strip=strip,
        review=review,
        search=search,
        menu=menu,
        pin_pad=pin_pad,
        attract=attract,
        buttons=row if search is None else search.buttons,
    )


def held_ring(layout: Layout) -> Rect:
    """A square for the ring that fills before a countdown: beside the picture, or in its upper corner."""
    stage, panel = layout.stage, layout.panels[-1]
    size, margin = round(min(stage.w, stage.h) * HELD), round(12 * layout.unit)
    beside = stage.x + stage.w - (panel.x + panel.w)
    if beside >= size:
        return Rect(panel.x + panel.w + (beside - size) // 2, stage.y + margin, size, size)
    return Rect(panel.x + panel.w - size - margin, panel.y + margin, size, size)


def _divided(stage: Rect, edge: Arrow, gap: int) -> tuple[Rect, Rect]:
    """A strip at the camera's edge, and the rest: the countdown is never over face or shoulders."""
    depth = round(STRIP * min(stage.w, stage.h))
    if edge in (Arrow.UP, Arrow.DOWN):
        rest = stage._replace(h=stage.h - depth - gap)
        strip = stage._replace(h=depth)
        if edge is Arrow.UP:
            return strip, rest._replace(y=stage.y + depth + gap)
        return strip._replace(y=stage.y + stage.h - depth), rest
    rest = stage._replace(w=stage.w - depth - gap)
    strip = stage._replace(w=depth)
    if edge is Arrow.LEFT:
        return strip, rest._replace(x=stage.x + depth + gap)
    return strip._replace(x=stage.x + stage.w - depth), rest


def _cells(room: Rect, count: int, gap: int) -> list[Rect]:
    """Equal parts of a room, side by side or one above the other."""
    if room.w > room.h:
        w = (room.w - (count - 1) * gap) // count
        return [room._replace(x=room.x + index * (w + gap), w=w) for index in range(count)]
    h = (room.h - (count - 1) * gap) // count
    return [room._replace(y=room.y + index * (h + gap), h=h) for index in range(count)]


def _panels(cells: list[Rect], scene: Scene, frames_wh: tuple[tuple[int, int], ...]) -> Iterator[Rect]:
    for index, cell in enumerate(cells):
        width, height = frames_wh[min(index, len(frames_wh) - 1)]
        # Nothing of a portrait is cut off: it is shown as it would be saved.
        portrait = scene.cropped and index == 0
        yield fitted(cell, width / height) if portrait else _panel(cell, width / height)


def _panel(cell: Rect, aspect: float) -> Rect:
    """The part of a cell that a frame fills without losing its upper or lower edge, or too much of its sides."""
    return fitted(cell, min(aspect, max(cell.w / cell.h, min(NARROWEST, aspect))))


def _banners(top: Rect, banners: tuple[Banner, ...], unit: float, gap: int, lowest: int) -> Iterator[Rect]:
    """One below the other, each with room for its text. Only one alone may take four lines, or end below ``lowest``."""
    most = 4 if len(banners) == 1 else 2
    for banner in banners:
        lines = min(most, ceil(cell_len(banner.detail) * LETTER * unit / (top.w - 40 * unit)))
        top = top._replace(h=round((56 + 28 * max(1, lines)) * unit))
        if banner is not banners[0] and top.y + top.h + gap > lowest:
            return
        yield top
        top = top._replace(y=top.y + top.h + gap)


def _bar(width: int, height: int, bar_h: int, gap: int) -> Rect:
    return Rect(gap, height - bar_h, width - 2 * gap, bar_h)


def _row(bar: Rect, buttons: tuple[Button, ...], unit: float, gap: int) -> tuple[tuple[Rect, Button], ...]:
    """Buttons centred in the bar, the primary one wider. Together they are never wider than the bar."""
    widths = [(340 if button.primary else 290) * unit for button in buttons]
    room = bar.w - gap * (len(buttons) - 1)
    shrink = min(1.0, room / sum(widths)) if widths else 1.0
    h = round(72 * unit)
    x = bar.x + (room - sum(widths) * shrink) / 2
    placed = []
    for width, button in zip(widths, buttons, strict=True):
        placed.append((Rect(round(x), bar.y + (bar.h - h) // 2, round(width * shrink), h), button))
        x += width * shrink + gap
    return tuple(placed)
