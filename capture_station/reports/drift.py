"""Where a measure changes its level in the course of a session, and which captures stand out.

Everything is built on medians and ranks, so that a few spoiled captures move nothing and no distribution is assumed:

- Level and spread: the median, and 1.4826 times the median absolute deviation, which estimates the standard deviation
  of normal data (Rousseeuw & Croux, JASA 1993).
- Change of level: Pettitt's rank test (Applied Statistics 1979) on the whole run and on overlapping parts of it, since
  a disturbance that passes shows only near it; again on both sides of the clearest change (seeded
  binary segmentation: Kovács et al., Biometrika 2023). It counts when chance explains it with p below 0.001, after
  Bonferroni's correction for the number of tests, and the medians on both sides differ by what somebody would notice.
  Captures of one person resemble each other, which the test does not know; that is why p is so small and size matters.
- Standing out: further from the level than 3.5 spreads (Iglewicz & Hoaglin 1993), and by what would be noticed.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_RUN = 6
"""Captures on either side of a change."""
SMALLEST_PART = 16
"""A change is looked for in parts down to this fraction of a run."""
MOST_CHANCE = 0.001
OUTLIER_SPREADS = 3.5
NORMAL = 1.4826


@dataclass(frozen=True, slots=True)
class Change:
    """A level that became another one."""

    at: int
    """The first capture of the new level."""
    before: float
    after: float
    """Medians on both sides, each up to the next change."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One measure over a session."""

    values: Floats
    """(n,) in the order of the captures; NaN where there was nothing to measure."""
    levels: Floats
    """(n,) the level at each capture."""
    spread: float
    """Around the levels, as a standard deviation."""
    changes: tuple[Change, ...]
    outliers: tuple[int, ...]
    """Captures that stand out."""

    @property
    def measured(self) -> int:
        return int(np.isfinite(self.values).sum())

    @property
    def judged(self) -> bool:
        """Whether there are enough captures to find a change."""
        return self.measured >= 2 * LEAST_RUN

    @property
    def level(self) -> float:
        """Median of all; NaN without any."""
        return float(np.nanmedian(self.values)) if self.measured else math.nan

    @property
    def gradual(self) -> bool:
        """Whether it went one way in several steps."""
        signs = {change.after > change.before for change in self.changes}
        return len(self.changes) > 1 and len(signs) == 1


def course(values: Floats, noticeable: float) -> Course:
    """Find the changes and the captures that stand out.

    Args:
        values: (n,) in the order of the captures; NaN and infinities are no measurement.
        noticeable: The smallest difference that matters, in the measure's own unit.
    """
    values = np.where(np.isfinite(values), values, np.nan)
    places = np.flatnonzero(np.isfinite(values))
    known = values[places]
    starts = [0, *_splits(known, 0, noticeable), len(known)]
    levels = np.full(len(values), np.nan)
    medians = []
    for start, end in itertools.pairwise(starts):
        medians.append(float(np.median(known[start:end])) if end > start else math.nan)
        levels[places[start:end]] = medians[-1]
    changes = tuple(
        Change(int(places[start]), before, after)
        for start, before, after in zip(starts[1:-1], medians[:-1], medians[1:], strict=True)
    )
    away = np.abs(values - levels)
    spread = NORMAL * float(np.nanmedian(away)) if len(known) else 0.0
    limit = max(OUTLIER_SPREADS * spread, noticeable)
    return Course(values, levels, spread, changes, tuple(np.flatnonzero(away > limit).tolist()))


def _splits(known: Floats, offset: int, noticeable: float) -> list[int]:
    """Where levels change, in order."""
    if len(known) < 2 * LEAST_RUN:
        return []
    at, chance, size = _clearest(known)
    if chance > MOST_CHANCE or size < noticeable:
        return []
    return [
        *_splits(known[:at], offset, noticeable),
        offset + at,
        *_splits(known[at:], offset + at, noticeable),
    ]


def _clearest(known: Floats) -> tuple[int, float, float]:
    """Where a part of the run shows a change most clearly: first index of the new level, chance, and size."""
    parts = []
    length = len(known)
    while length >= max(2 * LEAST_RUN, len(known) / SMALLEST_PART):
        parts += [(start, start + length) for start in range(0, len(known) - length + 1, length // 4)]
        length = int(length / math.sqrt(2))
    found = []
    for start, end in parts:
        at, chance = _pettitt(known[start:end])
        found.append((chance, start, start + at, end))
    chance, start, at, end = min(found)
    return at, chance * len(found), abs(float(np.median(known[at:end]) - np.median(known[start:at])))


def _pettitt(known: Floats) -> tuple[int, float]:
    """The likeliest first index of a new level, and how likely chance would show one as clear."""
    count = len(known)
    _, kinds, sizes = np.unique(known, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[kinds]
    lead = 2 * np.cumsum(ranks) - np.arange(1, count + 1) * (count + 1)
    inner = np.abs(lead[LEAST_RUN - 1 : count - LEAST_RUN])
    at = int(np.argmax(inner)) + LEAST_RUN
    strength = float(inner[at - LEAST_RUN])
    return at, min(1.0, 2 * math.exp(-6 * strength**2 / (count**3 + count**2)))
