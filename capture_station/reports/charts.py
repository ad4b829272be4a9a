"""A measure's course as marks on a small plane, which page and sheet draw each in its own way."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from capture_station.locales.messages import Messages
from capture_station.reports.drift import Course
from capture_station.reports.drift_text import moment
from capture_station.reports.session import Session
from capture_station.reports.tracked_measures import TrackedMeasure

WIDTH, HEIGHT = 360.0, 132.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 352.0, 8.0, 112.0
RADIUS = 1.7
"""Of a capture's dot."""
_SHOWN_SPREADS = 6.0
"""What is further out is drawn at the border."""
_TICKS = 4

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Chart:
    """Points in units of the chart's width and height, y downwards."""

    dots: tuple[Point, ...]
    outliers: tuple[Point, ...]
    levels: tuple[tuple[Point, Point], ...]
    """The level before the first change, between changes, after the last."""
    grid: tuple[tuple[float, str], ...]
    """Height and value of each horizontal line."""
    moments: tuple[tuple[float, str], ...]
    """Place and time of the first and the last capture."""
    changes: tuple[float, ...]
    """Places between the captures where the level changes."""


def chart(watched: TrackedMeasure, course: Course, session: Session, messages: Messages) -> Chart:
    """Lay a course out; captures stand at equal distances, so that nights and pauses take no room."""
    count = len(course.values)
    low, high = _range(course, watched.noticeable, watched.highest)

    def x(index: float) -> float:
        return LEFT + (RIGHT - LEFT) * (index + 0.5) / max(1, count)

    def y(value: float) -> float:
        share = (min(high, max(low, value)) - low) / (high - low)
        return BOTTOM - (BOTTOM - TOP) * share

    starts = [0, *(change.at for change in course.changes), count]
    spans = [(s, e) for s, e in itertools.pairwise(starts) if np.isfinite(course.levels[s:e]).any()]
    heights = [float(np.nanmedian(course.levels[start:end])) for start, end in spans]
    apart = set(course.outliers)
    finite = [index for index in range(count) if np.isfinite(course.values[index])]
    ends = [0, count - 1] if count > 1 else [0]
    return Chart(
        dots=_thinned((x(i), y(course.values[i])) for i in finite if i not in apart),
        outliers=_thinned((x(i), y(course.values[i])) for i in course.outliers),
        levels=tuple(
            ((x(s - 0.5), y(level)), (x(e - 0.5), y(level))) for (s, e), level in zip(spans, heights, strict=True)
        ),
        grid=tuple(
            (y(value), watched.written(value, messages)) for value in _ticks(low, high) if value <= watched.highest
        ),
        moments=tuple((x(i), moment(session.captures[i].record.taken_at, session, messages)) for i in ends[:count]),
        changes=tuple(x(change.at - 0.5) for change in course.changes),
    )


def svg(drawn: Chart, title: str) -> str:
    """The chart as an SVG element that reads its title aloud; colours come from the page."""
    marks = [
        *(f'<path class="grid" d="M{LEFT:g} {height:.1f}H{RIGHT:g}"/>' for height, _ in drawn.grid),
        *(
            f'<text class="value" x="{LEFT - 6:g}" y="{height + 3.5:.1f}">{html.escape(text)}</text>'
            for height, text in drawn.grid
        ),
        *(f'<path class="change" d="M{place:.1f} {TOP:g}V{BOTTOM:g}"/>' for place in drawn.changes),
        *(
            f'<text class="{"first" if index == 0 else "last"}" x="{LEFT if index == 0 else RIGHT:g}" '
            f'y="{BOTTOM + 15:g}">{html.escape(text)}</text>'
            for index, (_, text) in enumerate(drawn.moments)
        ),
        f'<path class="dot" d="{"".join(f"M{x:g} {y:g}h0" for x, y in drawn.dots)}"/>',
        *(f'<path class="level" d="M{ax:.1f} {ay:.1f}H{bx:.1f}"/>' for (ax, ay), (bx, _) in drawn.levels),
        f'<path class="outlier" d="{"".join(f"M{x:g} {y:g}h0" for x, y in drawn.outliers)}"/>',
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{html.escape(title)}">'
        + "".join(marks)
        + "</svg>"
    )


def _range(course: Course, noticeable: float, highest: float) -> tuple[float, float]:
    """Shown values: all that is near a level, and never so few that noise fills the chart; no measure is below 0."""
    known = course.values[np.isfinite(course.values)]
    levels = course.levels[np.isfinite(course.values)]
    if not known.size:
        return 0.0, 1.0
    reach = max(_SHOWN_SPREADS * course.spread, _SHOWN_SPREADS * noticeable)
    low = float(max(known.min(), (levels - reach).min()))
    high = float(min(known.max(), (levels + reach).max()))
    margin = max(0.05 * (high - low), 2 * noticeable - (high - low) / 2)
    return max(0.0, low - margin), min(highest, high + margin)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers, at most four."""
    step = 10.0 ** np.floor(np.log10(high - low))
    for factor in (0.1, 0.2, 0.5, 1, 2, 5):
        first = np.ceil(low / (step * factor)) * step * factor
        ticks = np.arange(first, high + 1e-6 * (high - low), step * factor)
        if len(ticks) <= _TICKS:
            break
    return [float(tick) for tick in ticks]


def _thinned(points: Iterable[Point]) -> tuple[Point, ...]:
    """One dot for those that would cover each other."""
    rounded = dict.fromkeys((round(2 * x) / 2, round(2 * y) / 2) for x, y in points)
    return tuple(rounded)
