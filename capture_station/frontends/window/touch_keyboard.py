"""The touch keyboard's keys: digits, Latin letters as each language orders them, and letters with accents."""

from __future__ import annotations

from capture_station.frontends.window.scene import Action, Button, Typed
from capture_station.locales.messages import Messages

BACKSPACE = "backspace"
_ROWS = ("digits", "top", "home", "bottom")
_CAPITALS = {"ß": "ẞ"}
_ACCENTED = ("àáâãäåæąçćč", "èéêëęěğìíîïıđ", "ñńòóôõöőøœřł", "śşšßúüűýžźż")
"""The search ignores accents; they are for ids and for those who like to spell a name."""


def keyboard(messages: Messages, shifted: bool, accents: bool) -> tuple[tuple[Button, ...], ...]:
    """Rows of eleven to fifteen keys; the last row also has shift, accents, space and backspace."""
    letters = tuple(messages(f"keyboard.{row}") for row in _ROWS)
    # Languages with a dotless i, such as Turkish, keep the dot of the other one.
    capitals = _CAPITALS | ({"i": "İ"} if "\u0131" in "".join(letters) else {})
    rows = _ACCENTED if accents else letters
    *upper, last = (
        tuple(_key(capitals.get(letter, letter.upper()) if shifted else letter) for letter in row) for row in rows
    )
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
