"""The position of the logo, the line and the languages on the screen that is shown while nobody is there."""

from __future__ import annotations

from dataclasses import dataclass

from capture_station.frontends.window.menu.layout import grid
from capture_station.frontends.window.rect import Rect
from capture_station.frontends.window.scene import Attract, Tile

LANGUAGE = 76
"""Units. Height of a language's tile."""
MOST, MOST_UPRIGHT = 6, 3
"""Languages side by side on a wide screen, and on an upright one."""
WIDEST = 7.0
"""Width to height of a language's tile, at most."""


@dataclass(frozen=True, slots=True)
class AttractLayout:
    """None overlap, and all lie inside the screen."""

    logo: Rect
    line: Rect
    languages: tuple[tuple[Rect, Tile], ...]


def place_attract(screen: Rect, attract: Attract, unit: float) -> AttractLayout:
    gap = round(16 * unit)
    room = screen.inset(2 * gap)
    count = len(attract.languages)
    languages: tuple[tuple[Rect, Tile], ...] = ()
    if count:
        rows = -(-count // (MOST_UPRIGHT if room.w < room.h else MOST))
        columns = -(-count // rows)
        h = rows * round(LANGUAGE * unit) + (rows - 1) * gap
        w = min(room.w, round(columns * LANGUAGE * unit * WIDEST / 2))
        below = Rect(room.centre[0] - w // 2, room.y + room.h - h, w, h)
        cells = grid(below, count, gap, below.w / columns / (h / rows), None)
        languages = tuple(zip(cells, attract.languages, strict=True))
        room = room._replace(h=room.h - h - gap)
    line_h = round(room.h * 0.36)
    return AttractLayout(
        logo=room._replace(h=room.h - line_h - gap),
        line=room._replace(y=room.y + room.h - line_h, h=line_h),
        languages=languages,
    )
