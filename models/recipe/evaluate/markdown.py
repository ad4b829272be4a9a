"""Formatting of Markdown tables, and writing them into the model card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np


def write_card(card: Path, text: str, part: str = "evaluation") -> None:
    """Replace the text between the card's begin and end markers of a part.

    Raises:
        ValueError: The markers are missing.
    """
    whole = card.read_text(encoding="utf-8")
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    before, found, rest = whole.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{card}: no lines {begin} and {end}, between which the tables go")
    card.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def markdown(header: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, or an empty string if there are no rows."""
    if not cells:
        return ""
    lines = [header, ["---"] * len(header), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ordered(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order of first appearance."""
    return list(dict.fromkeys(names))


def mean(values: Iterable[float]) -> float:
    """Return the mean, or NaN if there are no values."""
    numbers = list(values)
    return float(np.mean(numbers)) if numbers else float("nan")


def percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "-"
