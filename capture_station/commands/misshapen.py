"""Says which portraits were not cropped to their preset, so that nobody finds them among the others by chance."""

from __future__ import annotations

from collections.abc import Sequence

from capture_station.terminal_text import printable

MOST_NAMED = 10


def misshapen_line(whose: Sequence[str]) -> str:
    """One line that names these portraits, or the first of many."""
    count = "1 portrait is" if len(whose) == 1 else f"{len(whose)} portraits are"
    more = f" and {len(whose) - MOST_NAMED} more" if len(whose) > MOST_NAMED else ""
    return printable(f"{count} not in the preset's shape: {', '.join(whose[:MOST_NAMED])}{more}")
