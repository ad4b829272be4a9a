"""Finds whom an id means that somebody types at a command: read as at the station, among people who have captures."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from capture_station.config import SubjectSettings
from capture_station.subjects.check_in import CheckedIn, CheckIn
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_source import open_roster
from capture_station.subjects.subject import Subject


def spellings(subject_id: str, roster: Roster, photographed: Collection[str]) -> list[str]:
    """The person's id, the roster's own spelling of it, and others with captures: 8888 was typed for 00008888.

    Only the roster tells that two spellings are one person. Exports know the person by the roster's spelling.

    Args:
        photographed: Ids of the people who have captures.
    """
    person = roster.get(subject_id)
    others = {one for one in photographed if one != subject_id and person is not None and roster.get(one) is person}
    return [subject_id, *sorted(others | {roster.own_id(subject_id)} - {subject_id})]


def find_typed(text: str, settings: SubjectSettings, photographed: Iterable[str]) -> CheckedIn:
    """The person of an id, as the station's scanner would take it: 4110 is 004110, where that leaves one person.

    Args:
        text: The id, or the code with it.
        settings: Where there is a roster, it decides between ids that look alike.
        photographed: Ids of the people who have captures; one of them as it is needs no roster.

    Raises:
        SubjectError: The text cannot be an id.
        RosterError: The roster is needed and cannot be used.
    """
    known = Roster([Subject(one) for one in photographed])
    if any(subject.id == text for subject in known):
        return CheckedIn(Subject(text), on_roster=False)
    # Pictures from before a permission was withdrawn can be deleted.
    listed = [replace(one, refused="") for one in open_roster(settings).roster] if settings.roster else []
    roster = Roster(listed) if settings.roster else known
    taking_any = settings.model_copy(update={"mode": "optional", "unknown": "accept"})
    found = CheckIn(taking_any, lambda: roster).find(text)
    if found.on_roster:
        return CheckedIn(found.subject, on_roster=bool(settings.roster))
    return CheckedIn(known.get(found.subject.id) or found.subject, on_roster=False)
