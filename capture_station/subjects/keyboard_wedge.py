"""Tells a code scanner's keystrokes from a person's: a scanner types like a keyboard, only much faster.

Keyboard wedge is the trade's name for such a scanner. It sends the code's characters a few milliseconds apart and, as
they are delivered, an Enter at the end. Some are set to Tab, or to carriage return and line feed, which arrive as Enter
and a second Enter or Ctrl+J. People leave more than 80 ms between most keystrokes.
"""

from __future__ import annotations

from dataclasses import dataclass

GAP_S = 0.08
"""Keystrokes closer than this may come from a scanner."""
LATE_S = 1.0
"""For so long after a code's last character, its end may still come."""
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
class CutOff:
    """The beginning of a code whose end did not come."""


@dataclass(frozen=True, slots=True)
class Key:
    """A keystroke of a person."""

    key: str
    """The character, or the name of a key that has none, such as ``enter`` or ``escape``."""


class KeyboardWedge:
    """Holds each keystroke back until it is clear who typed it: at most ``GAP_S`` and a poll, or until the code's end.

    A fast run of three or more is a code, and its letters must not act as commands. Without an Enter within ``LATE_S``
    it was cut off.

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
        self._broken_at_s = -LATE_S
        """When a code's next character came too late."""
        self._typing = False
        """Whether the last keystroke belongs to a text that somebody types, and is no command when nothing follows."""

    def press(self, key: str, typing: bool = False) -> list[Code | CutOff | Key]:
        """Take one keystroke that came since the last poll; returns the code that it ends or interrupts.

        Args:
            key: A character or a key's name.
            typing: Somebody types a text, and may do so fast: an end that comes late is theirs.
        """
        close = self._fresh or self._polled_at_s - self._last_at_s <= self._gap_s
        self._fresh = True
        if self._ended and key in _AFTER_ENDS and close:
            return []
        cut_off: list[Code | CutOff | Key] = []
        if self._held and not close and (typing or key not in _ENDS or not self._is_code):
            cut_off = self._give_up()
            self._broken_at_s = self._polled_at_s if cut_off else -LATE_S
        self._typing = typing
        self._ended = key in _ENDS and len(self._held) >= SHORTEST_CODE
        if self._ended:
            text = "".join(character for character in self._held if len(character) == 1)
            self._held.clear()
            return [Code(text)] if SHORTEST_CODE <= len(text) <= LONGEST_CODE else []
        self._held.append(key)
        del self._held[LONGEST_CODE + 2 :]  # A key that is stuck must not fill the memory.
        return cut_off

    def polled(self, now_s: float) -> list[Code | CutOff | Key]:
        """Call after each poll, at a monotonic time; returns keystrokes that nothing followed."""
        self._polled_at_s = now_s
        if self._fresh:
            self._fresh, self._last_at_s = False, now_s
        silent_s = now_s - self._last_at_s
        if len(self._held) >= SHORTEST_CODE:
            return self._give_up() if silent_s > LATE_S else []
        if silent_s <= self._gap_s:
            return []
        alone, self._held = self._held, []
        # The rest of a code that came in pieces is no command either.
        if self._typing or now_s - self._broken_at_s <= LATE_S:
            return []
        return [Key(key) for key in alone]

    @property
    def _is_code(self) -> bool:
        """Whether what is held comes from a scanner, and not from a key that somebody held down."""
        characters = [key for key in self._held if len(key) == 1]
        return len(characters) >= SHORTEST_CODE and len(set(characters)) > 1

    def _give_up(self) -> list[Code | CutOff | Key]:
        """Drop what is held, and tell of it if it is a part of a code."""
        cut_off: list[Code | CutOff | Key] = [CutOff()] if self._is_code and not self._typing else []
        self._held.clear()
        return cut_off
