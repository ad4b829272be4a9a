"""What the courses of a session say, in words."""

from __future__ import annotations

from datetime import datetime

from capture_station.locales.messages import Messages
from capture_station.reports.drift import Change, Course
from capture_station.reports.session import Session
from capture_station.reports.tracked_measures import TrackedMeasure

_LISTED = 3
"""More changes than that are told by their range."""


def told(watched: TrackedMeasure, course: Course, session: Session, messages: Messages) -> str:
    """One or two sentences: steady or drifting, from what to what and when, and how many captures stand out."""
    if not course.measured:
        return messages("report.drift.none")
    told = [_movement(watched, course, session, messages)]
    if not course.judged:
        told.append(messages("report.drift.few"))
    if course.outliers:
        told.append(messages("report.drift.outliers", count=len(course.outliers)))
    return " ".join(told)


def moment(taken_at: datetime, session: Session, messages: Messages) -> str:
    """When: the time of day, with the date where the session has several."""
    form = "time" if len(set(session.days)) == 1 else "day-and-time"
    return messages(f"report.{form}", at=taken_at)


def _movement(watched: TrackedMeasure, course: Course, session: Session, messages: Messages) -> str:
    if not course.changes:
        return messages("report.drift.steady", level=watched.written(course.level, messages))
    if course.gradual:
        first, last = course.changes[0], course.changes[-1]
        return messages(
            f"report.drift.gradual-{_way(first)}",
            before=watched.written(first.before, messages),
            after=watched.written(last.after, messages),
        )
    if len(course.changes) > _LISTED:
        levels = [course.changes[0].before, *(change.after for change in course.changes)]
        return messages(
            "report.drift.unsteady",
            count=len(course.changes),
            low=watched.written(min(levels), messages),
            high=watched.written(max(levels), messages),
        )
    return " ".join(
        messages(
            f"report.drift.{_way(change)}",
            before=watched.written(change.before, messages),
            after=watched.written(change.after, messages),
            moment=moment(session.captures[change.at].record.taken_at, session, messages),
        )
        for change in course.changes
    )


def _way(change: Change) -> str:
    return "rose" if change.after > change.before else "fell"
