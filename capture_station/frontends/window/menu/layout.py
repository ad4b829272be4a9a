"""The position of a menu's tiles, facts, picture and code, and of the keys for a PIN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from capture_station.frontends.window.rect import Rect
from capture_station.frontends.window.scene import Button, Fact, Menu, PinPad, Tile

TITLE = 44
"""Units. Height of the title's line."""
FACT = 52
"""Units. Height of a fact that has room."""
FACT_BESIDE_TILES = 40
TALLEST = 150
"""Units. Height of a tile that has room."""
SQUAREST = 1.0
"""A tile with a picture is not wider than this times its height."""
KEY = 96
"""Units. Side of a key for a PIN: 14.5 mm on a 7 inch screen of 800x480."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class MenuLayout:
    """The parts of a menu. None overlap, and all lie inside the stage."""

    title: Rect
    aside: Rect | None
    """The live pictures, a picture or a code."""
    note: Rect | None
    facts: tuple[tuple[Rect, Fact], ...]
    tiles: tuple[tuple[Rect, Tile], ...]


@dataclass(frozen=True, slots=True)
class PinPadLayout:
    title: Rect
    digits: Rect
    """A point for each digit typed."""
    notice: Rect
    keys: tuple[tuple[Rect, Button], ...]


def place_menu(stage: Rect, menu: Menu, unit: float) -> MenuLayout:
    gap = round(10 * unit)
    title = stage._replace(h=round(TITLE * unit))
    room = Rect(stage.x, stage.y + title.h + gap, stage.w, stage.h - title.h - gap)
    aside = None
    if menu.live or menu.picture or menu.code is not None:
        aside, room = _beside(room, gap)
    note = None
    if menu.note:
        note = room._replace(h=min(round(130 * unit), room.h // 2) if menu.facts or menu.tiles else room.h)
        room = room._replace(y=room.y + note.h + gap, h=max(1, room.h - note.h - gap))
    facts: tuple[tuple[Rect, Fact], ...] = ()
    if menu.facts:
        usual = FACT_BESIDE_TILES if menu.tiles and aside is not None else FACT
        each = min(round(usual * unit), room.h // (2 if menu.tiles else 1) // len(menu.facts))
        facts = tuple(
            (room._replace(y=room.y + at * each, h=each - gap // 3), fact) for at, fact in enumerate(menu.facts)
        )
        used = each * len(menu.facts) + gap
        room = room._replace(y=room.y + used, h=max(1, room.h - used))
    pictures = any(tile.picture for tile in menu.tiles)
    cells = grid(room, len(menu.tiles), gap, SQUAREST if pictures else 2.0, None if pictures else round(TALLEST * unit))
    return MenuLayout(title, aside, note, facts, tuple(zip(cells, menu.tiles, strict=True)))


def grid(room: Rect, count: int, gap: int, aspect: float, tallest: int | None) -> list[Rect]:
    """So many equal cells, row by row, in as many columns as bring them closest to an aspect (width to height)."""
    if not count:
        return []

    def cell(columns: int) -> tuple[int, int]:
        rows = -(-count // columns)
        h = (room.h - (rows - 1) * gap) // rows
        return (room.w - (columns - 1) * gap) // columns, h if tallest is None else min(h, tallest)

    def misfit(columns: int) -> float:
        w, h = cell(columns)
        return max(w / h / aspect, h * aspect / w) if w > 0 and h > 0 else float("inf")

    columns = min(range(1, count + 1), key=misfit)
    w, h = cell(columns)
    return [Rect(room.x + at % columns * (w + gap), room.y + at // columns * (h + gap), w, h) for at in range(count)]


def place_pin_pad(stage: Rect, pad: PinPad, unit: float) -> PinPadLayout:
    """Title, digits and notice above the keys; on the left of them where the stage is wide."""
    gap = round(10 * unit)
    rows = len(pad.keys)
    wide = stage.w > 1.3 * stage.h
    if wide:
        words = stage._replace(w=stage.w // 2 - gap)
        board = Rect(stage.x + stage.w // 2, stage.y, stage.w // 2, stage.h)
    else:
        words = stage._replace(h=round(190 * unit))
        board = Rect(stage.x, stage.y + words.h + gap, stage.w, stage.h - words.h - gap)
    side = min(round(1.4 * KEY * unit), (board.h - (rows - 1) * gap) // rows, (board.w - 2 * gap) // 3)
    wider = min(round(side * 1.5), (board.w - 2 * gap) // 3)
    left = board.centre[0] - (3 * wider + 2 * gap) // 2
    top = board.centre[1] - (rows * side + (rows - 1) * gap) // 2
    keys = [
        (Rect(left + column * (wider + gap), top + row * (side + gap), wider, side), key)
        for row, line in enumerate(pad.keys)
        for column, key in enumerate(line)
    ]
    each = min(words.h, round(190 * unit)) // 3
    first = words.centre[1] - 3 * each // 2
    title, digits, notice = (Rect(words.x, first + at * each, words.w, each) for at in range(3))
    return PinPadLayout(title, digits, notice, tuple(keys))


def _beside(room: Rect, gap: int) -> tuple[Rect, Rect]:
    """The half for a picture, and the rest."""
    if room.w > room.h:
        w = (room.w - gap) // 2
        return room._replace(w=w), room._replace(x=room.x + w + gap, w=room.w - w - gap)
    h = (room.h - gap) // 2
    return room._replace(h=h), room._replace(y=room.y + h + gap, h=room.h - h - gap)


def pressed(placed: Sequence[tuple[Rect, _T]], x: int, y: int) -> _T | None:
    """What lies under a point."""
    return next((one for rect, one in placed if rect.contains(x, y)), None)
