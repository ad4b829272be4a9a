"""Fits a caption under its portrait: in one line, in two smaller ones, or with an ellipsis in its middle."""

from __future__ import annotations

import re
from collections.abc import Callable

LARGEST_PT = 7.5
SMALLEST_PT = 5.5
"""About the size of the small print on an identity card; smaller letters can hardly be read."""
WHOLE_WORDS_PT = (SMALLEST_PT, 5.0)
"""A little smaller is still better than a word that breaks over two lines."""
ONE_LINE_PT = (LARGEST_PT, 7.0, 6.5, 6.0)
_LONGEST = 200
"""Characters of a line; more are never under a portrait."""
_BREAK = re.compile(r"\s+|(?<=-)(?=\w)")
"""Between words, and behind a hyphen."""


def fitted(text: str, width: float, length: Callable[[str, float], float]) -> tuple[list[str], float]:
    """The caption's one or two lines, and the size of their letters in points.

    A comma at the end of the first line goes: the new line says the same.
    What is left out is in the middle: captions mostly begin with a name and end with an id or a date, and both are
    needed to find the person.

    Args:
        text: The caption.
        width: Of a line, in the unit of ``length``.
        length: The length of a text in letters of so many points.
    """

    def fits(line: str, size_pt: float = SMALLEST_PT) -> bool:
        return len(line) <= _LONGEST and length(line, size_pt) <= width

    text = " ".join(text.split())
    for size_pt in ONE_LINE_PT:
        if fits(text, size_pt):
            return [text], size_pt
    halves = [
        (text[: found.start()].removesuffix(","), text[found.end() :])
        for found in _BREAK.finditer(text[: 2 * _LONGEST])
    ]
    for size_pt in WHOLE_WORDS_PT:
        if whole := [lines for lines in halves if all(fits(line, size_pt) for line in lines)]:
            return list(min(whole, key=lambda lines: max(map(len, lines)))), size_pt
    first = _most(len(text), lambda count: fits(text[:count]))
    if fits(text[first:]):  # Names in scripts without spaces may be divided anywhere.
        return [text[:first], text[first:]], SMALLEST_PT
    first = _most(len(text), lambda count: fits(f"{text[:count]}…"))
    rest = text[first:]
    end = rest[len(rest) - _most(len(rest), lambda count: fits(rest[len(rest) - count :])) :]
    if (begin := _BREAK.search(end[: len(end) // 2])) is not None:
        end = end[begin.end() :]
    return [f"{text[:first].rstrip(' ,-')}…", end.lstrip()], SMALLEST_PT


def _most(length: int, fits: Callable[[int], bool]) -> int:
    """The most characters that fit, of so many."""
    return next(filter(fits, range(min(length, _LONGEST), 0, -1)), 0)
