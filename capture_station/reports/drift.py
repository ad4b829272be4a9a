"""Finds level shifts and outliers in a measure over a session.

All statistics use medians and ranks. A few bad captures therefore change nothing, and no distribution is assumed.

- Level and spread are the median and 1.4826 times the median absolute deviation, which estimates the standard deviation
  of normal data (Rousseeuw & Croux, JASA 1993).
- Level shifts are found by Pettitt's rank test (Applied Statistics 1979) on the whole series and on overlapping parts
  of it, because a temporary disturbance shows only near it. The search is repeated on both sides of the clearest shift
  (seeded binary segmentation: Kovács et al., Biometrika 2023). A shift counts if p is below 0.001 after Bonferroni's
  correction for the number of tests and the medians of both sides differ noticeably. The threshold is this low because
  captures of one person resemble each other, while the test assumes independent values.
- Outliers differ from the level by more than 3.5 spreads (Iglewicz & Hoaglin 1993) and noticeably. If that is more than
  a fifth of the captures, none is an outlier: the measure has several levels, or none.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_SEGMENT = 6
"""Fewest captures on either side of a level shift."""
SMALLEST_PART = 16
"""Level shifts are searched in parts down to this fraction of the series."""
MAX_P_VALUE = 0.001
OUTLIER_SPREADS = 3.5
MAX_OUTLIER_SHARE = 0.2
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class LevelShift:
    """A lasting change of a measure's level."""

    at: int
    """Index of the first capture at the new level."""
    before: float
    """Median up to this shift, from the previous one."""
    after: float
    """Median from this shift up to the next one."""


@dataclass(frozen=True, slots=True, eq=False)
class TrendAnalysis:
    """One measure over a session, with its level shifts and outliers."""

    values: Floats
    """(n,) in the order of the captures; NaN where nothing could be measured."""
    levels: Floats
    """(n,) level at each capture."""
    spread: float
    """Standard deviation around the levels."""
    shifts: tuple[LevelShift, ...]
    outliers: tuple[int, ...]
    """Indices of the captures that are outliers."""
    scattered: bool = False
    """Too many captures are far from the levels to be outliers; the spread is then of all of them."""

    @property
    def measured(self) -> int:
        return int(np.isfinite(self.values).sum())

    @property
    def conclusive(self) -> bool:
        """Whether there are enough captures to find a level shift."""
        return self.measured >= 2 * MIN_SEGMENT

    @property
    def level(self) -> float:
        """Median of all values; NaN without any."""
        return float(np.nanmedian(self.values)) if self.measured else math.nan

    @property
    def gradual(self) -> bool:
        """Whether there are several shifts, all in the same direction."""
        signs = {shift.after > shift.before for shift in self.shifts}
        return len(self.shifts) > 1 and len(signs) == 1


def analyse(values: Floats, noticeable: float) -> TrendAnalysis:
    """Find level shifts and outliers.

    Args:
        values: (n,) in the order of the captures; NaN and infinities count as not measured.
        noticeable: The smallest difference that matters, in the measure's own unit.
    """
    values = np.where(np.isfinite(values), values, np.nan)
    places = np.flatnonzero(np.isfinite(values))
    known = values[places]
    starts = [0, *_shift_positions(known, 0, noticeable), len(known)]
    levels = np.full(len(values), np.nan)
    medians = []
    for start, end in itertools.pairwise(starts):
        medians.append(float(np.median(known[start:end])) if end > start else math.nan)
        levels[places[start:end]] = medians[-1]
    shifts = tuple(
        LevelShift(int(places[start]), before, after)
        for start, before, after in zip(starts[1:-1], medians[:-1], medians[1:], strict=True)
    )
    deviations = np.abs(values - levels)
    spread = MAD_TO_SIGMA * float(np.nanmedian(deviations)) if len(known) else 0.0
    limit = max(OUTLIER_SPREADS * spread, noticeable)
    outliers = np.flatnonzero(deviations > limit)
    if outliers.size > MAX_OUTLIER_SHARE * len(known):
        whole_spread = float(np.sqrt(np.nanmean(np.square(deviations))))
        return TrendAnalysis(values, levels, whole_spread, shifts, (), scattered=True)
    return TrendAnalysis(values, levels, spread, shifts, tuple(outliers.tolist()))


def _shift_positions(known: Floats, offset: int, noticeable: float) -> list[int]:
    """First indices of new levels, in order."""
    if len(known) < 2 * MIN_SEGMENT:
        return []
    at, p_value, size = _clearest_shift(known)
    if p_value > MAX_P_VALUE or size < noticeable:
        return []
    return [
        *_shift_positions(known[:at], offset, noticeable),
        offset + at,
        *_shift_positions(known[at:], offset + at, noticeable),
    ]


def _clearest_shift(known: Floats) -> tuple[int, float, float]:
    """The most significant shift in any part of the series: first index of the new level, p-value and size."""
    parts = []
    length = len(known)
    while length >= max(2 * MIN_SEGMENT, len(known) / SMALLEST_PART):
        parts += [(start, start + length) for start in range(0, len(known) - length + 1, length // 4)]
        length = int(length / math.sqrt(2))
    found = []
    for start, end in parts:
        at, p_value = _pettitt(known[start:end])
        found.append((p_value, start, start + at, end))
    p_value, start, at, end = min(found)
    return at, p_value * len(found), abs(float(np.median(known[at:end]) - np.median(known[start:at])))


def _pettitt(known: Floats) -> tuple[int, float]:
    """Pettitt's test: the most likely first index of a new level, and its p-value."""
    count = len(known)
    _, kinds, sizes = np.unique(known, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[kinds]
    lead = 2 * np.cumsum(ranks) - np.arange(1, count + 1) * (count + 1)
    inner = np.abs(lead[MIN_SEGMENT - 1 : count - MIN_SEGMENT])
    at = int(np.argmax(inner)) + MIN_SEGMENT
    strength = float(inner[at - MIN_SEGMENT])
    return at, min(1.0, 2 * math.exp(-6 * strength**2 / (count**3 + count**2)))
