"""Lists of people: who has a portrait here or at another booth, and who lacks one."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from capture_station.archive.archive import Archive
from capture_station.archive.index import CHUNK, WITHOUT_CONSENT, CaptureIndex
from capture_station.errors import ArchiveError
from capture_station.release import ReleaseRule
from capture_station.station.status import PeopleFound, Person, PersonState
from capture_station.subjects.people_table import people_csv
from capture_station.subjects.roster import Roster
from capture_station.subjects.shared_state import SharedState
from capture_station.subjects.subject import Subject


class PeopleLists:
    """The people of one station by what portraits they have. Thread-safe.

    Args:
        archive: Has their portraits.
        rule: Which portraits count, and what they need.
        roster: The newest list of people; None without one.
    """

    def __init__(self, archive: Archive, rule: ReleaseRule, roster: Callable[[], Roster] | None) -> None:
        self._archive = archive
        self._rule = rule
        self._newest_roster = roster
        self._told: Mapping[str, SharedState] = {}
        """What other booths have told, by the id as they spell it."""
        self._elsewhere: Mapping[str, SharedState] = {}
        """People whose newest portrait another booth has taken, by the id on the roster."""
        self._spelling = threading.Lock()
        self.counted: Mapping[str, str] = {}
        """The verdicts when they were counted last: a scan waits for no disk."""
        self._walk_ins = Roster()
        """Those of them who are not on the roster, if there is one."""
        self._other_spellings: Mapping[str, str] = {}
        """Verdicts of portraits that were taken under another spelling of an id, by the id on the roster."""
        self.photographed = 0
        """How many of those on the roster who may be photographed had a portrait then."""

    def count(self) -> None:
        """Count who has a portrait.

        Raises:
            ArchiveError: The archive cannot be read.
        """
        states = self.counted = self._states()
        self._walk_ins = self._not_listed(self._roster, states)
        elsewhere = self._spell_elsewhere()  # The roster may be a new one.
        self.photographed = sum(one.id in states or one.id in elsewhere for one in self._roster.permitted)

    def learn(self, elsewhere: Mapping[str, SharedState]) -> None:
        """Take in whose newest portrait another booth has taken, by the person's id."""
        self._told = elsewhere
        self._spell_elsewhere()

    def with_state(self, person: Person) -> Person:
        """The same person, with what portrait they had when they were counted last; waits for no disk."""
        own_id = self._roster.own_id(person.id)  # The roster may be newer than the check-in.
        if (theirs := self._elsewhere.get(own_id)) is not None:
            return replace(person, state=theirs.state, station=theirs.station)
        verdict = self.counted.get(own_id)
        return person if verdict is None else replace(person, state=_state(verdict))

    def search(self, query: str, limit: int) -> list[Person]:
        """As ``PublicSubjects.search``."""
        found, states = self._matching(query, limit), self.counted
        with contextlib.suppress(ArchiveError):  # A disk that is away or hangs.
            states = self._states([one.id for one in found] if len(found) <= CHUNK else None) if found else {}
        return [self._listed(subject, states) for subject in found]

    def people(self, state: PersonState | None, start: int, limit: int | None, query: str) -> PeopleFound:
        """As ``PublicSubjects.people``."""
        found, states = self._of_state(self._roster, state)
        if query:
            of_state = {one.id for one in found}
            found = [one for one in self._matching(query, sys.maxsize) if one.id in of_state]
        shown = found[start:] if limit is None else found[start : start + limit]
        roster = self._roster
        captured = set(map(roster.own_id, self._archive.query(CaptureIndex.subjects)))
        people = (
            replace(self._listed(one, states), detail=roster.beside_name(one), has_captures=one.id in captured)
            for one in shown
        )
        return PeopleFound(people, len(found))

    def table(self, state: PersonState) -> Iterator[bytes]:
        """As ``PublicSubjects.table``."""
        roster = self._roster
        return people_csv(roster, self._of_state(roster, state)[0])

    @property
    def _roster(self) -> Roster:
        return Roster() if self._newest_roster is None else self._newest_roster()

    def _states(self, subjects: Sequence[str] | None = None) -> dict[str, str]:
        """Verdicts of the newest kept portraits, or ``WITHOUT_CONSENT``, by the person's id: of these, or of everybody.

        Whoever was photographed under another spelling of the id, before it was on the roster, has one as well.
        """
        found = self._archive.query(lambda index: index.newest_kept(subjects, self._rule))
        if subjects is None:
            listed = ((self._roster.get(one), one) for one in found)
            self._other_spellings = {person.id: found[one] for person, one in listed if person and person.id != one}
            return self._other_spellings | found
        return {one: self._other_spellings[one] for one in subjects if one in self._other_spellings} | found

    def _spell_elsewhere(self) -> Mapping[str, SharedState]:
        """Find out whom on the roster other booths mean: a list from a spreadsheet lacks zeros that theirs had.

        A portrait from here counts before one from there under another spelling.
        """
        with self._spelling:
            roster, elsewhere = self._roster, dict[str, SharedState]()
            for theirs in sorted(self._told.values(), key=lambda one: one.order):
                own_id = roster.own_id(theirs.subject)
                if own_id == theirs.subject or own_id not in self.counted:
                    elsewhere[own_id] = theirs
            self._elsewhere = elsewhere
            return elsewhere

    def _matching(self, query: str, limit: int) -> list[Subject]:
        counted, elsewhere = self.counted, self._elsewhere
        found = self._roster.search(query, limit, lambda one: one in counted or one in elsewhere)
        return found + self._walk_ins.search(query, limit - len(found)) if len(found) < limit else found

    def _of_state(self, roster: Roster, state: PersonState | None) -> tuple[list[Subject], Mapping[str, str]]:
        """The people of a state, None for everybody, and everybody's state by id."""
        states = self._states()
        states.update((one, theirs.state) for one, theirs in self._elsewhere.items())
        if state == "missing":
            return [one for one in roster.permitted if one.id not in states], states
        everybody = [*roster, *self._not_listed(roster, states)]
        if state is None:
            return everybody, states
        return [one for one in everybody if one.id in states and _state(states[one.id]) == state], states

    def _not_listed(self, roster: Roster, states: Iterable[str]) -> Roster:
        """Who has a portrait and is not on the roster; nobody without one."""
        return Roster(
            [Subject(one) for one in states if roster.get(one) is None] if self._newest_roster is not None else ()
        )

    def _listed(self, subject: Subject, states: Mapping[str, str]) -> Person:
        on_roster = self._roster.get(subject.id) is not None
        seen = Person(subject.id, subject.name, on_roster, detail=subject.detail, refused=subject.refused)
        if (theirs := self._elsewhere.get(subject.id)) is not None:
            return replace(seen, state=theirs.state, station=theirs.station)
        state = states.get(subject.id)
        return replace(seen, state=_state(state), must_agree=state == WITHOUT_CONSENT)


def _state(verdict: str | None) -> PersonState:
    """The state of somebody whose newest kept portrait has this verdict, or lacks consent."""
    return "missing" if verdict is None else "ok" if verdict == "ok" else "review"
