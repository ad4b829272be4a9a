"""Tells a code scanner's keystrokes from a person's: a scanner types like a keyboard, only much faster.

Keyboard wedge is the trade's name for such a scanner. It sends the code's characters a few milliseconds apart and, as
they are delivered, an Enter at the end. Some are set to Tab, or to carriage return and line feed, which arrive as Enter
and a second Enter or Ctrl+J. People leave more than 80 ms between most keystrokes.
"""

from __future__ import annotations

from dataclasses import dataclass

GAP_S = 0.08
"""Keystrokes closer than this may come from a scanner. A window that polls its keys adds up to two frames."""
SHORTEST_CODE = 3
"""Characters. Two fast keystrokes are a person's fingers."""
LONGEST_CODE = 512
"""Characters; what is longer is dropped."""
_ENDS = ("enter", "tab")
_AFTER_ENDS = ("enter", "tab", "ctrl+j", "ctrl+m")
"""What may follow within the gap is a part of the scanner's end as well: it must not take a picture."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a scanner has read."""

    text: str


@dataclass(frozen=True, slots=True)
class Key:
    """A keystroke of a person."""

    key: str
    """The character, or the name of a key that has none, such as ``enter`` or ``escape``."""


class KeyboardWedge:
    """Holds each keystroke back until it is clear who typed it: at most ``GAP_S``, or until the code's end.

    Not thread-safe.
    """

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._held: list[str] = []
        self._last_at_s = 0.0
        self._ended = False
        """Whether the last keystroke was a part of a code's end."""

    def press(self, key: str, now_s: float) -> list[Code | Key]:
        """Take one keystroke; returns what is now clear.

        Args:
            key: A character, or the name of a key that has none.
            now_s: Monotonic time of the keystroke. Times need not differ: a window delivers several at once.
        """
        clear = self.tick(now_s)
        if self._ended and key in _AFTER_ENDS and now_s - self._last_at_s <= self._gap_s:
            self._last_at_s = now_s
            return clear
        self._last_at_s = now_s
        self._ended = key in _ENDS and len(self._held) >= SHORTEST_CODE
        if self._ended:
            text = "".join(character for character in self._held if len(character) == 1)
            self._held.clear()
            return [*clear, Code(text)] if SHORTEST_CODE <= len(text) <= LONGEST_CODE else clear
        self._held.append(key)
        del self._held[LONGEST_CODE + 2 :]  # A key that is stuck must not fill the memory.
        return clear

    def tick(self, now_s: float) -> list[Code | Key]:
        """Call regularly; returns keystrokes that nothing followed.

        A fast run of three or more without an Enter is a code that was cut off. It is dropped: its letters must not
        act as commands.
        """
        if not self._held or now_s - self._last_at_s <= self._gap_s:
            return []
        alone, self._held = self._held, []
        return [Key(key) for key in alone] if len(alone) < SHORTEST_CODE else []
