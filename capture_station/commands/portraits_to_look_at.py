"""Says which portraits need somebody to look at them, so that nobody finds them among the others by chance."""

from __future__ import annotations

from collections.abc import Sequence

from capture_station.terminal_text import printable

MOST_NAMED = 10


def misshapen_line(whose: Sequence[str]) -> str:
    """One line that names these portraits, which were not cropped to their preset, or the first of many."""
    return _line(whose, "portrait is", "portraits are", "not in the preset's shape")


def still_to_review_line(whose: Sequence[str]) -> str:
    """The same for portraits that an earlier run has made and that need a review."""
    return _line(whose, "skipped portrait needs", "skipped portraits need", "a review since an earlier run")


def _line(whose: Sequence[str], one: str, several: str, what: str) -> str:
    count = f"1 {one}" if len(whose) == 1 else f"{len(whose)} {several}"
    more = f" and {len(whose) - MOST_NAMED} more" if len(whose) > MOST_NAMED else ""
    return printable(f"{count} {what}: {', '.join(whose[:MOST_NAMED])}{more}")
