"""What the courses of a session say, in words."""

from __future__ import annotations

from datetime import datetime

from capture_station.catalogue import Words
from capture_station.sessions.drift import Change, Course
from capture_station.sessions.session import Session
from capture_station.sessions.watched import Watched

_LISTED = 3
"""More changes than that are told by their range."""


def told(watched: Watched, course: Course, session: Session, words: Words) -> str:
    """One or two sentences: steady or drifting, from what to what and when, and how many captures stand out."""
    if not course.measured:
        return words("report.drift.none")
    told = [_movement(watched, course, session, words)]
    if not course.judged:
        told.append(words("report.drift.few"))
    if course.outliers:
        told.append(words("report.drift.outliers", count=len(course.outliers)))
    return " ".join(told)


def moment(taken_at: datetime, session: Session, words: Words) -> str:
    """When: the time of day, with the date where the session has several."""
    form = "time" if len(set(session.days)) == 1 else "day-and-time"
    return words(f"report.{form}", at=taken_at)


def _movement(watched: Watched, course: Course, session: Session, words: Words) -> str:
    if not course.changes:
        return words("report.drift.steady", level=watched.written(course.level, words))
    if course.gradual:
        first, last = course.changes[0], course.changes[-1]
        return words(
            f"report.drift.gradual-{_way(first)}",
            before=watched.written(first.before, words),
            after=watched.written(last.after, words),
        )
    if len(course.changes) > _LISTED:
        levels = [course.changes[0].before, *(change.after for change in course.changes)]
        return words(
            "report.drift.unsteady",
            count=len(course.changes),
            low=watched.written(min(levels), words),
            high=watched.written(max(levels), words),
        )
    return " ".join(
        words(
            f"report.drift.{_way(change)}",
            before=watched.written(change.before, words),
            after=watched.written(change.after, words),
            moment=moment(session.captures[change.at].record.taken_at, session, words),
        )
        for change in course.changes
    )


def _way(change: Change) -> str:
    return "rose" if change.after > change.before else "fell"
