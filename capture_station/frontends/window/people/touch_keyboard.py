"""The touch keyboard's keys: digits, letters as each language orders them, and letters with accents or Latin ones."""

from __future__ import annotations

from capture_station.frontends.window.scene import Action, Button, Typed
from capture_station.locales.messages import Messages

BACKSPACE = "backspace"
_ROWS = ("digits", "top", "home", "bottom")
_CAPITALS = {"ß": "ẞ"}
_ACCENTED = ("àáâãäåæąçćč", "èéêëęěğìíîïıđ", "ñńòóôõöőøœřł", "śşšßúüűýžźż")
"""The search ignores accents; they are for ids and for those who like to spell a name."""
_LATIN = ("1234567890-", "qwertyuiop'", "asdfghjkl.@", "zxcvbnm")
"""The second keys where the first are of another script: ids are mostly Latin."""


def keyboard(messages: Messages, shifted: bool, second: bool) -> tuple[tuple[Button, ...], ...]:
    """Rows of eleven to fifteen keys; the last row also has shift, accents, space and backspace."""
    letters = tuple(messages(f"keyboard.{row}") for row in _ROWS)
    # Languages with a dotless i, such as Turkish, keep the dot of the other one.
    capitals = _CAPITALS | ({"i": "İ"} if "\u0131" in "".join(letters) else {})
    latin = letters[1][0].isascii()
    rows = letters if not second else _ACCENTED if latin else _LATIN
    *upper, last = (
        tuple(_key(capitals.get(letter, letter.upper()) if shifted else letter) for letter in row) for row in rows
    )
    return (
        *upper,
        (
            Button(Action.SHIFT, "⇧", primary=shifted),
            *last,
            Button(Action.ACCENTS, "áé" if latin else "ABC", primary=second),
            Button(Typed(" "), "␣"),
            Button(Typed(BACKSPACE), "⌫"),
        ),
    )


def _key(character: str) -> Button:
    return Button(Typed(character), character)
