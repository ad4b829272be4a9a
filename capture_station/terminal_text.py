"""Makes text of unknown origin, such as file names, harmless on a terminal and in logs."""

from __future__ import annotations

import unicodedata

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of control characters, text direction and other formats, broken encodings, and line ends."""


def printable(text: str) -> str:
    """The text on one line, with every character that could act on a terminal as an escape such as ``\\x1b``."""
    return "".join(
        ascii(character)[1:-1] if unicodedata.category(character) in _HARMFUL else character for character in text
    )
