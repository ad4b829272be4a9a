"""Chooses the typeface of a text: Inter, or one of the system's where Inter lacks a character."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from capture_station import shipped

_INTERS = ((0x00, 0x149), (0x14A, 0x1C4), (0x1C5, 0x3E2), (0x3F0, 0x49E), (0x4A0, 0x500), (0x1DC0, 0x2C00))
"""Code points of Latin, Greek, Cyrillic, and the signs that go with them, without the letters that Inter lacks."""
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's property Default_Ignorable_Code_Point, which Python's ``unicodedata`` lacks."""
_ANSWER_S = 5.0
SQUARES = (
    "letters that no typeface of this system has, squares stand for them; install one, such as fonts-noto-cjk for "
    "Chinese, Japanese and Korean"
)
"""What is told of texts with such letters."""


class Typeface(NamedTuple):
    """A file with letters."""

    file: Path
    number: int = 0
    """Of the face, in a file that holds several."""


def inter(bold: bool = False) -> Typeface:
    """The typeface of everything that Inter can write."""
    return Typeface(shipped.font_path(bold))


def typeface_for(text: str, bold: bool = False) -> Typeface:
    """The typeface for the characters of a text that Inter lacks; Inter if there are none, or the system has no other.

    The system's fontconfig is asked once for each set of characters, which takes 10 ms. Thread-safe.
    """
    lacking = _outside_inter(text)
    return (_system_face(lacking, bold) if lacking else None) or inter(bold)


def missing_letters(texts: Iterable[str]) -> frozenset[str]:
    """The characters that no typeface has, neither Inter nor one of the system's.

    The system's fontconfig is asked once for each typeface that it takes to show the others.
    """
    missing = frozenset(char for char in _outside_inter(set[str]().union(*texts)) if not char.isspace())
    while missing and (covered := _covered(missing)):
        missing -= covered
    return missing


def in_inter(char: str) -> bool:
    """Whether Inter has a character."""
    return any(first <= ord(char) < end for first, end in _INTERS)


def ignorable(char: str) -> bool:
    """Whether a character shows nothing itself: a joiner, a mark of direction, a choice among variants of a letter."""
    return _IGNORABLE.match(char) is not None


def _outside_inter(text: Iterable[str]) -> frozenset[str]:
    return frozenset(char for char in text if not in_inter(char) and not ignorable(char))


@lru_cache(1024)
def _system_face(characters: frozenset[str], bold: bool) -> Typeface | None:
    """The face that fontconfig proposes for characters; None on a system without it."""
    match _proposed(characters, bold, "%{file}\n%{index}"):
        case [file, number]:
            # The upper half counts the instances of a variable font.
            return Typeface(Path(file), int(number) & 0xFFFF)
    return None


def _covered(characters: frozenset[str]) -> set[str]:
    """Those of the characters that the face which fontconfig proposes for them has."""
    points = set[int]()
    for part in " ".join(_proposed(characters, False, "%{charset}")).split():
        first, _, last = part.partition("-")
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return {char for char in characters if ord(char) in points}


def _proposed(characters: frozenset[str], bold: bool, told: str) -> list[str]:
    """What fontconfig tells of the face that it proposes for characters, in lines; none on a system without it."""
    points = " ".join(f"{ord(char):x}" for char in sorted(characters))
    pattern = f"sans-serif{':bold' if bold else ''}:charset={points}"
    command = ["fc-match", f"--format={told}", pattern]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.splitlines()
