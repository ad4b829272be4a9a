"""The position of the search for a person: its text, the people found and the touch keyboard."""

from __future__ import annotations

from dataclasses import dataclass

from capture_station.frontends.window.rect import Rect
from capture_station.frontends.window.scene import Button, Listed, Search

KEY = 60
"""Units. Height of a key, of a person's row and of the line at the top: 9.1 mm on a 7 inch screen of 800x480."""
COLUMN = 300
"""Units. A column with people is not narrower."""
SPACE = 2.5
PORTRAIT_ASPECT = 0.8
"""Of the place for a picture."""


@dataclass(frozen=True, slots=True)
class SearchLayout:
    """The parts of a search. None overlap."""

    field: Rect
    """The text."""
    results: Rect
    """All people together, with the button that shows others."""
    people: tuple[tuple[Rect, Listed], ...]
    keys: tuple[tuple[Rect, Button], ...]
    portrait: Rect | None
    """The picture whose person is asked for."""
    buttons: tuple[tuple[Rect, Button], ...]
    """On both sides of the text, and behind the people."""


def place_search(room: Rect, search: Search, buttons: tuple[Button, ...], unit: float) -> SearchLayout:
    """Place a search: the text at the top, the keyboard at the bottom, the people in between."""
    gap, space = round(8 * unit), max(2, round(SPACE * unit))
    key_h, top_h = round(KEY * unit) + space, round(KEY * unit)
    board = Rect(room.x, room.y + room.h - len(search.keyboard) * key_h, room.w, len(search.keyboard) * key_h)
    field, placed = _top(room._replace(h=top_h), buttons, unit, gap)
    results = Rect(room.x, room.y + top_h + gap, room.w, board.y - room.y - top_h - 2 * gap)
    portrait = None
    if search.portrait:
        # As large as it can be, and beside the text once there are people.
        beside = field if search.people else results
        portrait = beside._replace(w=min(round(beside.h * PORTRAIT_ASPECT), beside.w // 2))
        left = beside._replace(x=beside.x + portrait.w + gap, w=beside.w - portrait.w - gap)
        field, results = (left, results) if search.people else (field, left)
    cells = _cells(results, len(search.people) + (search.more is not None), unit, space)
    more = () if search.more is None else ((cells[-1], search.more),)
    people = tuple(zip(cells, search.people, strict=False))
    return SearchLayout(field, results, people, _keys(board, search, space), portrait, (*placed, *more))


def _top(row: Rect, buttons: tuple[Button, ...], unit: float, gap: int) -> tuple[Rect, tuple[tuple[Rect, Button], ...]]:
    """The text between the first button and the others; below them where the row is too narrow."""
    w = round(min(255 * unit, row.w * min(0.29, 0.64 / max(1, len(buttons)))))
    left = [row._replace(w=w)] if buttons else []
    right = [row._replace(x=row.x + row.w - (index + 1) * w - index * gap, w=w) for index in range(len(buttons) - 1)]
    start = row.x + len(left) * (w + gap)
    field = row._replace(x=start, w=row.x + row.w - start - len(right) * (w + gap))
    return field, tuple(zip([*left, *right], buttons, strict=True))


def _cells(results: Rect, count: int, unit: float, space: int) -> list[Rect]:
    """Column after column, as few columns as hold them all."""
    rows = max(1, results.h // (round(KEY * unit) + space))
    most = max(1, results.w // round(COLUMN * unit))
    columns = min(most, max(1, -(-count // rows)))
    w, h = results.w // columns, results.h // max(rows, -(-count // columns))
    h = min(h, round(1.4 * KEY * unit))
    rows = max(rows, -(-count // columns))
    return [
        Rect(results.x + index // rows * w, results.y + index % rows * h, w - space, h - space)
        for index in range(count)
    ]


def _keys(board: Rect, search: Search, space: int) -> tuple[tuple[Rect, Button], ...]:
    h = board.h // max(1, len(search.keyboard))
    placed = []
    for number, row in enumerate(search.keyboard):
        for index, key in enumerate(row):
            left, right = (board.x + board.w * at // len(row) for at in (index, index + 1))
            placed.append((Rect(left, board.y + number * h, right - left - space, h - space), key))
    return tuple(placed)
