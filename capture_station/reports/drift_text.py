"""Describes the trend of a measure in words."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from capture_station.locales.messages import Messages
from capture_station.reports.drift import LevelShift, TrendAnalysis
from capture_station.reports.session import Session
from capture_station.reports.tracked_measures import TrackedMeasure

_MAX_LISTED = 3
"""More level shifts than this are summarised by their range."""


def describe(measure: TrackedMeasure, trend: TrendAnalysis, session: Session, messages: Messages) -> str:
    """One or two sentences: whether the measure drifts, from which level to which and when, and the outliers.

    A measure whose values scatter is not called steady.
    """
    if not trend.measured:
        return messages("report.drift.none")
    sentences = [_describe_shifts(measure, trend, session, messages)] if trend.shifts or not trend.scattered else []
    if trend.scattered:
        low, high = (measure.format(float(find(trend.values)), messages) for find in (np.nanmin, np.nanmax))
        sentences.append(messages("report.drift.scattered", low=low, high=high))
    if not trend.conclusive:
        sentences.append(messages("report.drift.few"))
    if trend.outliers:
        sentences.append(messages("report.drift.outliers", count=len(trend.outliers)))
    return " ".join(sentences)


def format_time(taken_at: datetime, session: Session, messages: Messages) -> str:
    """The time of day, with the date if the session lasts several days."""
    form = "time" if len(set(session.days)) == 1 else "day-and-time"
    return messages(f"report.{form}", at=taken_at)


def _describe_shifts(measure: TrackedMeasure, trend: TrendAnalysis, session: Session, messages: Messages) -> str:
    if not trend.shifts:
        return messages("report.drift.steady", level=measure.format(trend.level, messages))
    if trend.gradual:
        first, last = trend.shifts[0], trend.shifts[-1]
        return messages(
            f"report.drift.gradual-{_direction(first)}",
            before=measure.format(first.before, messages),
            after=measure.format(last.after, messages),
        )
    if len(trend.shifts) > _MAX_LISTED:
        levels = [trend.shifts[0].before, *(shift.after for shift in trend.shifts)]
        return messages(
            "report.drift.unsteady",
            count=len(trend.shifts),
            low=measure.format(min(levels), messages),
            high=measure.format(max(levels), messages),
        )
    return " ".join(
        messages(
            f"report.drift.{_direction(shift)}",
            before=measure.format(shift.before, messages),
            after=measure.format(shift.after, messages),
            moment=format_time(session.captures[shift.at].taken_at, session, messages),
        )
        for shift in trend.shifts
    )


def _direction(shift: LevelShift) -> str:
    return "rose" if shift.after > shift.before else "fell"
