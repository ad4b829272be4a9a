"""Tells a code scanner's keystrokes from a person's: a scanner types like a keyboard, only much faster.

Keyboard wedge is the trade's name for such a scanner. It sends the code's characters a few milliseconds apart and, as
they are delivered, an Enter at the end. Some are set to Tab, or to carriage return and line feed, which arrive as Enter
and a second Enter or Ctrl+J. People leave more than 80 ms between most keystrokes.
"""

from __future__ import annotations

from dataclasses import dataclass

GAP_S = 0.08
"""Keystrokes closer than this may come from a scanner."""
CUT_OFF_S = 1.0
"""For so long after a code that was cut off, its end may still come: an Enter must not take a picture."""
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
    """Holds each keystroke back until it is clear who typed it: at most ``GAP_S`` and a poll, or until the code's end.

    Nobody knows when exactly a keystroke came, only between which polls of the keyboard. A slow window must not take a
    scanner for a person, so keystrokes of neighbouring polls count as close. Not thread-safe.
    """

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._held: list[str] = []
        self._polled_at_s = self._last_at_s = 0.0
        """When the keyboard was polled last, and when it was in the poll that brought the last keystroke."""
        self._fresh = False
        """Whether keystrokes came since the last poll."""
        self._ended = False
        """Whether the last keystroke was a part of a code's end."""
        self._cut_off_at_s = -CUT_OFF_S

    def press(self, key: str) -> list[Code | Key]:
        """Take one keystroke that came since the last poll, a character or a key's name; returns the code it ends."""
        close = self._fresh or self._polled_at_s - self._last_at_s <= self._gap_s
        self._fresh = True
        if self._ended and key in _AFTER_ENDS and close:
            return []
        if not self._held and key in _AFTER_ENDS and self._polled_at_s - self._cut_off_at_s <= CUT_OFF_S:
            return []
        self._ended = key in _ENDS and len(self._held) >= SHORTEST_CODE
        if self._ended:
            text = "".join(character for character in self._held if len(character) == 1)
            self._held.clear()
            return [Code(text)] if SHORTEST_CODE <= len(text) <= LONGEST_CODE else []
        self._held.append(key)
        del self._held[LONGEST_CODE + 2 :]  # A key that is stuck must not fill the memory.
        return []

    def polled(self, now_s: float) -> list[Code | Key]:
        """Call after each poll, at a monotonic time; returns keystrokes that nothing followed.

        A fast run of three or more without an Enter is a code that was cut off. It is dropped: its letters must not
        act as commands.
        """
        self._polled_at_s = now_s
        if self._fresh:
            self._fresh, self._last_at_s = False, now_s
        if not self._held or now_s - self._last_at_s <= self._gap_s:
            return []
        alone, self._held = self._held, []
        if len(alone) < SHORTEST_CODE:
            return [Key(key) for key in alone]
        self._cut_off_at_s = now_s
        return []
