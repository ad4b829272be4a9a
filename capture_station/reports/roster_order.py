"""Puts portraits into the order of a roster, with a place for everybody who has none."""

from __future__ import annotations

from collections.abc import Sequence

from capture_station.reports.session import Capture
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject


def by_roster(captures: Sequence[Capture], roster: Roster) -> list[Capture | Subject]:
    """The captures of each person, oldest first, in the roster's order; the person where no capture is kept.

    Captures of others, and of nobody, come last, in the order in which they were taken.
    """
    of_person: dict[str, list[Capture]] = {subject.id: [] for subject in roster}
    others: list[Capture] = []
    for capture in captures:
        of_person.get(capture.subject_id, others).append(capture)
    ordered: list[Capture | Subject] = []
    for subject in roster:
        if not any(capture.kept for capture in of_person[subject.id]):
            ordered.append(subject)
        ordered += of_person[subject.id]
    return [*ordered, *others]
