"""Markdown tables of named groups, and where they go in the model card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np


def write_card(card: Path, text: str, part: str = "evaluation") -> None:
    """Replace what stands between the card's markers of a part.

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
    """A table, or nothing without rows."""
    if not cells:
        return ""
    lines = [header, ["---"] * len(header), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ordered(names: Iterable[str]) -> list[str]:
    """Each name once, in the order of first appearance."""
    return list(dict.fromkeys(names))


def mean(values: Iterable[float]) -> float:
    """Mean, NaN of nothing."""
    numbers = list(values)
    return float(np.mean(numbers)) if numbers else float("nan")


def percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "-"
