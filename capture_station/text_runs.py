"""Divides a line of text into runs of one typeface and one direction, in the order in which they are drawn."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from capture_station.typefaces import Typeface, ignorable, in_inter, inter, typeface_for

_LEFTWARD = {"L": False, "EN": False, "AN": False, "R": True, "AL": True}
"""Direction by bidirectional class; the other classes follow what is around them."""
_SHAPED = {
    "ARABIC": "Arab",
    "BENGALI": "Beng",
    "DEVANAGARI": "Deva",
    "HEBREW": "Hebr",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "THAI": "Thai",
}
"""ISO 15924 codes by the first word of a letter's name."""
_HAN = r"[\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff]"
_QUOTES = r"[\u2018\u201c]"
"""They open in Chinese, and close in German."""
_OPENS = r"[\u3008\u300a\u300c\u300e\u3010\uff08]"
_CLOSES = r"[\u2019\u201d\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u30fc\uff01\uff09\uff0c\uff1a\uff1b\uff1f]"
_UNBROKEN = re.compile(rf"(?:{_OPENS}|{_QUOTES})*(?:{_HAN}|\S+?(?={_OPENS}|{_QUOTES}?{_HAN}|\s|$)){_CLOSES}*")


class Run(NamedTuple):
    """A part of a line in one typeface and one direction."""

    text: str
    face: Typeface
    leftward: bool = False
    """Whether it is read from right to left."""
    script: str = ""
    """ISO 15924 code of a script whose letters have to be shaped."""


def runs_leftward(text: str) -> bool:
    """Whether a text is read from right to left: by its first letter (Unicode Standard Annex 9, rules P2 and P3)."""
    directions = (unicodedata.bidirectional(char) for char in text)
    return next((direction for direction in directions if direction in ("L", "R", "AL")), "L") != "L"


@lru_cache(1024)
def runs(text: str, bold: bool = False) -> tuple[Run, ...]:
    """A line as the runs that are drawn one after another from the left.

    Letters and numbers keep their direction. Brackets follow the line. What else stands between two of one direction
    follows them, and the line otherwise (after Unicode Standard Annex 9, rules N0 to N2, without embeddings).
    What shows nothing itself stays with the letters before it, which it may shape.
    """
    if all(map(in_inter, text)):
        return (Run(text, inter(bold)),)
    line_leftward = runs_leftward(text)
    parts = _pieces(text, _leftward(text, line_leftward))
    drawn: list[Run] = []
    for leftward, part in reversed(parts) if line_leftward else parts:
        split = _pieces(part, _in_inter(part))
        for _, piece in reversed(split) if leftward else split:
            drawn.append(Run(piece, typeface_for(piece, bold), leftward, _script(part)))
    return tuple(drawn)


def _pieces(text: str, kinds: list[bool]) -> list[tuple[bool, str]]:
    """A text in pieces of characters of one kind, each with its kind."""
    pieces = groupby(zip(kinds, text, strict=True), key=lambda each: each[0])
    return [(kind, "".join(char for _, char in piece)) for kind, piece in pieces]


def _leftward(text: str, line_leftward: bool) -> list[bool]:
    """Of each character, whether it is read from right to left."""
    known = [
        line_leftward if unicodedata.mirrored(char) else _LEFTWARD.get(unicodedata.bidirectional(char)) for char in text
    ]
    before, after = _carried(known, line_leftward), _carried(reversed(known), line_leftward)[::-1]
    return [one if one == other else line_leftward for one, other in zip(before, after, strict=True)]


def _in_inter(text: str) -> list[bool]:
    """Of each character, whether it is drawn in Inter."""
    known = [None if ignorable(char) else in_inter(char) for char in text]
    return _carried(known, next((one for one in known if one is not None), True))


def _carried(known: Iterable[bool | None], last: bool) -> list[bool]:
    """What is not known is as the one before."""
    filled = []
    for each in known:
        last = last if each is None else each
        filled.append(last)
    return filled


def _script(text: str) -> str:
    names = (unicodedata.name(char, "").split(" ")[0] for char in text)
    return next((_SHAPED[name] for name in names if name in _SHAPED), "")


def unbroken(text: str) -> list[str]:
    """What stays on one line: words, or characters of a script without spaces, with the marks around them."""
    return _UNBROKEN.findall(text)


def wrapped(text: str, width: float, length: Callable[[str], float]) -> list[str]:
    """A text in lines that are at most so wide by ``length``. A longer word stays whole."""
    lines: list[str] = []
    for paragraph in (" ".join(line.split()) for line in text.splitlines() or [""]):
        begin = end = 0
        for part in _UNBROKEN.finditer(paragraph):
            if end > begin and length(paragraph[begin : part.end()]) > width:
                lines.append(paragraph[begin:end])
                begin = part.start()
            end = part.end()
        lines.append(paragraph[begin:end])
    return lines
