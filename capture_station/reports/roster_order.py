"""Puts portraits into the order of a roster, with a place for everybody who has none and may be photographed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from capture_station.reports.session import Capture, take_of
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject, folded


def with_own_ids(captures: Sequence[Capture], roster: Roster) -> tuple[Capture, ...]:
    """The captures with the ids as the roster spells them: 0041 and 41 are one person, unless another name says no."""

    def spelled(capture: Capture) -> Capture:
        listed = roster.get(capture.subject_id) if capture.subject_id else None
        if listed is None or folded(capture.subject_name) not in ("", folded(listed.name)):
            return capture
        return replace(capture, subject_id=listed.id)

    return tuple(map(spelled, captures))


def by_roster(captures: Sequence[Capture], roster: Roster, newest: Mapping[str, Path]) -> list[Capture | Subject]:
    """The people in the roster's order: each one's newest kept capture, or the person, and then the other captures.

    Captures of others, and of nobody, come last, in the order in which they were taken.

    Args:
        captures: Oldest first.
        roster: The people.
        newest: As ``newest_kept`` has it.
    """
    of_person: dict[str, list[Capture]] = {subject.id: [] for subject in roster}
    others: list[Capture] = []
    for capture in captures:
        of_person.get(capture.subject_id, others).append(capture)
    there = set(map(roster.own_id, newest))
    ordered: list[Capture | Subject] = []
    for subject in roster:
        if subject.id not in there and not subject.refused:
            ordered.append(subject)
        theirs = of_person[subject.id]
        ordered += [one for one in theirs if take_of(one, newest) == "newest"]
        ordered += [one for one in theirs if take_of(one, newest) != "newest"]
    return [*ordered, *others]
