"""Recognises a long press in an upper corner of the screen, which guests do not find by accident."""

from __future__ import annotations

from collections.abc import Sequence

HELD_S = 2.0
CORNER = 0.16
"""Side of the corner, as a share of the screen's short side: 10 mm on a 7 inch screen of 800x480."""


class LongPress:
    """Touches of one screen. Used by one thread."""

    def __init__(self) -> None:
        self._since_s: float | None = None

    def follow(
        self, touched: Sequence[tuple[int, int]], released: bool, screen_wh: tuple[int, int], now_s: float
    ) -> bool:
        """Whether a finger has rested in a corner for long enough now; True once for each touch.

        Args:
            touched: Where the screen was touched since the last call.
            released: The finger has left the screen since then.
            screen_wh: Size of the screen.
            now_s: Any clock's time.
        """
        side = CORNER * min(screen_wh)
        for x, y in touched:
            in_corner = y < side and (x < side or x >= screen_wh[0] - side)
            self._since_s = now_s if in_corner else None
        if released:
            self._since_s = None
        if self._since_s is None or now_s - self._since_s < HELD_S:
            return False
        self._since_s = None
        return True
