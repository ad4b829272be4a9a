"""Chooses the typeface of a text: Inter, or one of the system's where Inter lacks a character."""

from __future__ import annotations

import re
import subprocess
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
    lacking = frozenset(char for char in text if not in_inter(char) and not ignorable(char))
    return (_system_face(lacking, bold) if lacking else None) or inter(bold)


def in_inter(char: str) -> bool:
    """Whether Inter has a character."""
    return any(first <= ord(char) < end for first, end in _INTERS)


def ignorable(char: str) -> bool:
    """Whether a character shows nothing itself: a joiner, a mark of direction, a choice among variants of a letter."""
    return _IGNORABLE.match(char) is not None


@lru_cache(1024)
def _system_face(characters: frozenset[str], bold: bool) -> Typeface | None:
    """The face that fontconfig proposes for characters; None on a system without it."""
    points = " ".join(f"{ord(char):x}" for char in sorted(characters))
    pattern = f"sans-serif{':bold' if bold else ''}:charset={points}"
    command = ["fc-match", "--format=%{file}\n%{index}", pattern]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_S, check=True)
        file, number = done.stdout.splitlines()
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    # The upper half counts the instances of a variable font.
    return Typeface(Path(file), int(number) & 0xFFFF)
