"""The touch keyboard's keys: digits, Latin letters as each language orders them, and letters with accents."""

from __future__ import annotations

from capture_station.config import Language
from capture_station.frontends.window.scene import Action, Button, Typed

BACKSPACE = "backspace"
_LETTERS: dict[Language, tuple[str, ...]] = {
    "en": ("1234567890-", "qwertyuiop'", "asdfghjkl.@", "zxcvbnm"),
    "de": ("1234567890-", "qwertzuiopü", "asdfghjklöä", "yxcvbnm"),
}
_ACCENTED = ("àáâãäåæąçćč", "èéêëęěìíîïđ", "ñńòóôõöøœřł", "śšßúüýž")
"""The search ignores accents; they are for ids and for those who like to spell a name."""


def keyboard(language: Language, shifted: bool, accents: bool) -> tuple[tuple[Button, ...], ...]:
    """Rows of eleven keys each; the last row also has shift, accents, space and backspace."""
    rows = _ACCENTED if accents else _LETTERS[language]
    *upper, last = (tuple(_key(_shifted(letter) if shifted else letter) for letter in row) for row in rows)
    return (
        *upper,
        (
            Button(Action.SHIFT, "⇧", primary=shifted),
            *last,
            Button(Action.ACCENTS, "áé", primary=accents),
            Button(Typed(" "), "␣"),
            Button(Typed(BACKSPACE), "⌫"),
        ),
    )


def _key(character: str) -> Button:
    return Button(Typed(character), character)


def _shifted(letter: str) -> str:
    return "ẞ" if letter == "ß" else letter.upper()
