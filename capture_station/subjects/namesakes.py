"""Tells people of one name apart by a further column of the roster."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from capture_station.subjects.subject import Subject, folded


def told_apart(subjects: Sequence[Subject], titles: Sequence[str]) -> list[Subject]:
    """The same people in the same order; whoever has a namesake has a detail.

    Of the columns, the one in which most of the namesakes differ is taken, and of several such the first. Case and
    accents make no other name: whoever reads a list takes ``Zoe`` for ``Zoë``.

    Args:
        titles: Headings of the columns that may be shown; without any, nobody has a detail.
    """
    told = list(subjects)
    for places in _namesakes(subjects) if titles else ():
        rows = [subjects[place].columns for place in places]
        title = max(titles, key=lambda one: len({row.get(one, "").strip() for row in rows}))
        if len({row.get(title, "").strip() for row in rows}) > 1:
            for place in places:
                one = subjects[place]
                told[place] = replace(one, detail=" ".join(one.columns.get(title, "").split()))
    return told


def namesake_details(subjects: Iterable[Subject]) -> dict[str, str]:
    """Of everybody who has a namesake, by id: the detail, or nothing where others of the name have the same."""
    people, told = list(subjects), dict[str, str]()
    for places in _namesakes(people):
        counted = Counter(people[place].detail for place in places)
        for one in (people[place] for place in places):
            told[one.id] = one.detail if counted[one.detail] == 1 else ""
    return told


def namesake_advice(subjects: Iterable[Subject]) -> str:
    """How many people look the same but for their ids, in one line without names; empty without any."""
    people = list(subjects)
    groups = ([people[place].detail for place in places] for places in _namesakes(people))
    alike = sum(len(details) for details in groups if len(set(details)) < len(details))
    if not alike:
        return ""
    return (
        f"{alike} people share their names with others, and only their IDs tell them apart; "
        "set subjects.columns.namesakes to a column that may be shown beside the names"
    )


def _namesakes(subjects: Sequence[Subject]) -> list[list[int]]:
    """The places of people who share a name."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, subject in enumerate(subjects):
        if subject.name:
            places[folded(subject.name)].append(place)
    return [found for found in places.values() if len(found) > 1]
