"""Lays out the chart of a measure, which the page draws as SVG and the sheet as pixels."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from capture_station.locales.messages import Messages
from capture_station.reports.drift import TrendAnalysis
from capture_station.reports.drift_text import format_time
from capture_station.reports.session import Session
from capture_station.reports.tracked_measures import TrackedMeasure

WIDTH, HEIGHT = 360.0, 132.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 352.0, 8.0, 112.0
RADIUS = 1.7
"""Radius of a capture's dot."""
_SHOWN_SPREADS = 6.0
"""Values further than this many spreads from the level are drawn at the border."""
_TICKS = 4

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Chart:
    """The marks of a chart, in chart units (``WIDTH`` x ``HEIGHT``), y downwards."""

    dots: tuple[Point, ...]
    outliers: tuple[Point, ...]
    levels: tuple[tuple[Point, Point], ...]
    """Start and end of each horizontal level line, in order."""
    grid: tuple[tuple[float, str], ...]
    """y and label of each grid line."""
    times: tuple[tuple[float, str], ...]
    """x and label of the first and the last capture."""
    shifts: tuple[float, ...]
    """x of each level shift, between two captures."""


def chart(measure: TrackedMeasure, trend: TrendAnalysis, session: Session, messages: Messages) -> Chart:
    """Lay out a chart. Captures stand at equal distances, so that nights and pauses take no space."""
    count = len(trend.values)
    low, high = _range(trend, measure.noticeable, measure.highest)

    def x(index: float) -> float:
        return LEFT + (RIGHT - LEFT) * (index + 0.5) / max(1, count)

    def y(value: float) -> float:
        share = (min(high, max(low, value)) - low) / (high - low)
        return BOTTOM - (BOTTOM - TOP) * share

    starts = [0, *(shift.at for shift in trend.shifts), count]
    spans = [(s, e) for s, e in itertools.pairwise(starts) if np.isfinite(trend.levels[s:e]).any()]
    heights = [float(np.nanmedian(trend.levels[start:end])) for start, end in spans]
    outliers = set(trend.outliers)
    finite = [index for index in range(count) if np.isfinite(trend.values[index])]
    ends = [0, count - 1] if count > 1 else [0]
    return Chart(
        dots=_deduplicated((x(i), y(trend.values[i])) for i in finite if i not in outliers),
        outliers=_deduplicated((x(i), y(trend.values[i])) for i in trend.outliers),
        levels=tuple(
            ((x(s - 0.5), y(level)), (x(e - 0.5), y(level))) for (s, e), level in zip(spans, heights, strict=True)
        ),
        grid=tuple(
            (y(value), measure.format(value, messages)) for value in _ticks(low, high) if value <= measure.highest
        ),
        times=tuple((x(i), format_time(session.captures[i].taken_at, session, messages)) for i in ends[:count]),
        shifts=tuple(x(shift.at - 0.5) for shift in trend.shifts),
    )


def svg(chart: Chart, title: str) -> str:
    """The chart as an SVG element with an accessible title; colours come from the page's style."""
    marks = [
        *(f'<path class="grid" d="M{LEFT:g} {y:.1f}H{RIGHT:g}"/>' for y, _ in chart.grid),
        *(
            f'<text class="value" x="{LEFT - 6:g}" y="{y + 3.5:.1f}">{html.escape(label)}</text>'
            for y, label in chart.grid
        ),
        *(f'<path class="change" d="M{x:.1f} {TOP:g}V{BOTTOM:g}"/>' for x in chart.shifts),
        *(
            f'<text class="{"first" if index == 0 else "last"}" x="{LEFT if index == 0 else RIGHT:g}" '
            f'y="{BOTTOM + 15:g}">{html.escape(label)}</text>'
            for index, (_, label) in enumerate(chart.times)
        ),
        f'<path class="dot" d="{"".join(f"M{x:g} {y:g}h0" for x, y in chart.dots)}"/>',
        *(f'<path class="level" d="M{ax:.1f} {ay:.1f}H{bx:.1f}"/>' for (ax, ay), (bx, _) in chart.levels),
        f'<path class="outlier" d="{"".join(f"M{x:g} {y:g}h0" for x, y in chart.outliers)}"/>',
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{html.escape(title)}">'
        + "".join(marks)
        + "</svg>"
    )


def _range(trend: TrendAnalysis, noticeable: float, highest: float) -> tuple[float, float]:
    """Lowest and highest value shown: wide enough that noise does not fill the chart. No measure is below 0."""
    known = trend.values[np.isfinite(trend.values)]
    levels = trend.levels[np.isfinite(trend.values)]
    if not known.size:
        return 0.0, 1.0
    reach = max(_SHOWN_SPREADS * trend.spread, _SHOWN_SPREADS * noticeable)
    low = float(max(known.min(), (levels - reach).min()))
    high = float(min(known.max(), (levels + reach).max()))
    margin = max(0.05 * (high - low), 2 * noticeable - (high - low) / 2)
    return max(0.0, low - margin), min(highest, high + margin)


def _ticks(low: float, high: float) -> list[float]:
    """At most four round numbers between ``low`` and ``high``."""
    step = 10.0 ** np.floor(np.log10(high - low))
    for factor in (0.1, 0.2, 0.5, 1, 2, 5):
        first = np.ceil(low / (step * factor)) * step * factor
        ticks = np.arange(first, high + 1e-6 * (high - low), step * factor)
        if len(ticks) <= _TICKS:
            break
    return [float(tick) for tick in ticks]


def _deduplicated(points: Iterable[Point]) -> tuple[Point, ...]:
    """One point instead of several that would cover each other."""
    rounded = dict.fromkeys((round(2 * x) / 2, round(2 * y) / 2) for x, y in points)
    return tuple(rounded)
