"""The people of a ``FakeStation``, with a real check-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from capture_station.config import Language, SubjectSettings
from capture_station.errors import ArchiveError, SubjectError
from capture_station.release import Lack
from capture_station.station.status import (
    CameraCode,
    CodeOutcome,
    Hint,
    PeopleFound,
    Person,
    PersonState,
    Saved,
    SubjectStatus,
)
from capture_station.subjects.check_in import CheckedIn, CheckIn
from capture_station.subjects.people_table import people_csv
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

if TYPE_CHECKING:
    from tests.frontends.fake_station import FakeStation


class FakeSubjects:
    """Implements ``PublicSubjects`` with a real check-in."""

    def __init__(self, station: FakeStation) -> None:
        self._station = station
        self.elsewhere: dict[str, str] = {}
        """The other booth that has taken somebody, by the person's id."""
        self.use("off")

    def use(self, mode: str, *people: Subject, **settings: object) -> None:
        """What the configuration and the roster say."""
        self._settings = SubjectSettings.model_validate({"mode": mode, **settings})
        self._roster = Roster(people, self._settings.columns.namesakes.split())
        self._check_in = CheckIn(
            self._settings,
            (lambda: self._roster) if people else None,
            self.now,
            under_way=lambda: self._station.capturing,
            deserted=lambda: self._station.hint is Hint.NOBODY,
            clock_s=self._station.clock_s,
        )
        self._show()

    def relist(self, *people: Subject) -> None:
        """A newer roster comes, which knows the people so."""
        self._roster = Roster(people, self._settings.columns.namesakes.split())
        self._show()

    def read_code(self, text: str, outcome: CodeOutcome) -> None:
        """The station reads a code through its camera, as ``SubjectDesk`` does."""
        listed = self._roster.get(text)
        told = ("", "") if listed is None or not listed.refused else (f"{listed.name}, {listed.id}", listed.refused)
        if outcome in ("checked-in", "waits"):
            self.check_in(text)
        before = self._station.status().subjects
        number = 1 if before.camera_code is None else before.camera_code.number + 1
        self._station.show_subjects(replace(before, camera_code=CameraCode(number, text, outcome, *told)))

    def check_in(self, text: str, confirmed: bool = False, replaces: bool = False, is_id: bool = False) -> Person:
        checked_in = self._check_in.check_in(text, confirmed, replaces, is_id)
        self.count()
        return replace(self._person(checked_in), waits=checked_in in self._check_in.queue[1])

    def stay(self) -> None:
        self._check_in.stay()

    def stand_in(self, capture_id: str) -> None:
        saved = self._station.archive[capture_id]
        assert saved.subject is not None
        assert saved.taken_at is not None
        self._check_in.stand_in(self._check_in.find(saved.subject.id, confirmed=True, is_id=True), saved.taken_at, 60)
        self.count()

    def agree(self, language: Language, subject_id: str | None = None) -> Person:
        agreed = self._check_in.agree(language, subject_id)
        self.count()
        return self._person(agreed)

    def consent_text(self, language: Language) -> str:
        return self._check_in.consent_text(language)

    def check_out(self, subject_id: str | None = None, capture_id: str | None = None) -> None:
        saved = None if capture_id is None else self._station.archive.get(capture_id)
        if capture_id is None or saved is not None:
            self._check_in.check_out(subject_id, saved and saved.taken_at)
        self.count()

    def now(self) -> datetime:
        """The time of day, which goes on with each capture."""
        return datetime(2026, 1, 31, 12, tzinfo=timezone.utc) + timedelta(seconds=len(self._station.archive))

    def count(self) -> None:
        """Tell who is there, and how many have a portrait."""
        self._show()

    def search(self, query: str, limit: int = 10) -> list[Person]:
        with_portrait = {one.subject.id for one in self._station.archive.values() if one.subject and one.kept}
        return [self._listed(found) for found in self._roster.search(query, limit, with_portrait.__contains__)]

    def people(
        self, state: PersonState | None, start: int = 0, limit: int | None = None, query: str = ""
    ) -> PeopleFound:
        found = [self._listed(one) for one in self._of_state(state)]
        if query:
            found = [one for one in self.search(query, len(self._roster)) if one in found]
        shown = found[start:] if limit is None else found[start : start + limit]
        return PeopleFound((replace(one, has_captures=bool(self.captures_of(one.id))) for one in shown), len(found))

    def nameless(self, limit: int) -> list[str]:
        kept = (one for one in self._station.archive.values() if one.kept and self.lacks(one).startswith("name"))
        return sorted((one.id for one in kept), reverse=True)[:limit]

    def lacks(self, saved: Saved) -> Lack:
        """As the rule of a station says."""
        mode = self._settings.mode
        if saved.subject is None:
            return "name-required" if mode == "required" else "name" if mode == "optional" and len(self._roster) else ""
        return "consent" if saved.subject.must_agree else ""

    def judged(self, saved: Saved) -> Saved:
        return replace(saved, lacks=self.lacks(saved))

    def table(self, state: PersonState) -> Iterator[bytes]:
        return people_csv(self._roster, self._of_state(state))

    def _of_state(self, state: PersonState | None) -> list[Subject]:
        named = {one.subject.id for one in self._station.archive.values() if one.subject}
        walk_ins = [Subject(one) for one in named if self._roster.get(one) is None]
        people = self._roster.permitted if state == "missing" else [*self._roster, *walk_ins]
        return [one for one in people if state in (None, self._listed(one).state)]

    def captures_of(self, subject_id: str) -> list[str]:
        archive = self._station.archive
        return sorted(
            (one.id for one in archive.values() if one.subject and one.subject.id == subject_id), reverse=True
        )

    def remove(self, subject_id: str, by: str) -> list[str]:
        assert by
        return [capture_id for capture_id in self.captures_of(subject_id) if self._station.remove(capture_id)]

    def deletions(self) -> bytes:
        return b"deleted_at,by,subject,captures\r\n"

    def assign(
        self, capture_id: str, text: str | None, by: str, confirmed: bool = False, is_id: bool = False
    ) -> Person | None:
        assert by
        person = None if text is None else self._person(self._check_in.find(text, confirmed, is_id))
        saved = self._station.archive.get(capture_id)
        if saved is None:
            raise ArchiveError(f"there is no capture {capture_id!r}")
        self._station.amend(capture_id, subject=person)
        if saved.subject is not None and (person is None or person.id != saved.subject.id):
            assert saved.taken_at is not None
            self._check_in.check_out(saved.subject.id, saved.taken_at)
            self.count()
        return person

    def for_capture(self, text: str | None) -> Person | None:
        named = self._check_in.for_capture(text)
        return None if named is None else self._person(named)

    def for_retake(self, before: Saved | None) -> Person | None:
        """As ``SubjectDesk`` does."""
        if before is not None and before.subject is not None:
            current = self._check_in.current
            agrees = current is not None and current.subject.id == before.subject.id and current.consent is not None
            if before.subject.must_agree and not agrees:
                raise SubjectError("the person has not agreed to be photographed yet")
            return before.subject
        if self._settings.mode == "required":
            raise SubjectError("say whose it is first")
        return None

    def _listed(self, subject: Subject) -> Person:
        on_roster = self._roster.get(subject.id) is not None
        seen = Person(subject.id, subject.name, on_roster, detail=subject.detail, refused=subject.refused)
        if subject.id in self.elsewhere:
            return replace(seen, state="ok", station=self.elsewhere[subject.id])
        kept = [self._station.archive[one] for one in self.captures_of(subject.id) if self._station.archive[one].kept]
        if not kept:
            return replace(seen, state="missing")
        lacks = self.lacks(kept[0])
        return replace(seen, state="review" if lacks else kept[0].verdict, must_agree=bool(lacks))

    def _person(self, named: CheckedIn) -> Person:
        asked = bool(self._settings.consent) and named.consent is None
        listed = self._listed(self._roster.get(named.subject.id) or named.subject)
        state = None if listed.state == "missing" else listed.state
        return replace(listed, state=state, on_roster=named.on_roster, must_agree=asked)

    def notice_who_left(self) -> None:
        """As the real ones notice whenever somebody asks."""
        if self._station.shown_subjects.current is not None and self._check_in.current is None:
            self.count()

    def _show(self) -> None:
        current, waiting = self._check_in.queue
        size = len(self._roster.permitted) or None
        code = self._station.shown_subjects.camera_code
        with_portrait = [person for person in map(self._listed, self._roster.permitted) if person.state != "missing"]
        photographed = None if size is None else len(with_portrait)
        reads_codes = self._settings.reads_codes
        status = SubjectStatus(
            self._settings.mode,
            None if current is None else self._person(current),
            tuple(replace(self._person(one), waits=True) for one in waiting),
            photographed,
            size,
            self._settings.unknown != "refuse",
            reads_codes=reads_codes,
            camera_code=code,
        )
        self._station.show_subjects(status)
