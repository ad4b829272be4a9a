"""Whose portraits a station takes: people checked in, searched and re-assigned, for all frontends alike."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject, deletions_csv
from capture_station.archive.index import CaptureIndex
from capture_station.archive.record import Record
from capture_station.config import Language, SubjectSettings
from capture_station.errors import ArchiveError, NotPermitted, SubjectError, UnknownSubject
from capture_station.release import ALL_KEPT, ReleaseRule
from capture_station.station.auto_capture import LEFT_AFTER_S
from capture_station.station.people_lists import PeopleLists
from capture_station.station.recorded_person import consent_of, consent_record, subject_record
from capture_station.station.retakes import UNDECIDED_S
from capture_station.station.status import (
    CameraCode,
    CodeOutcome,
    PeopleFound,
    Person,
    PersonState,
    Shot,
    SubjectStatus,
)
from capture_station.subjects.check_in import CheckedIn, CheckIn
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_source import open_roster
from capture_station.subjects.shared_state import SharedState
from capture_station.subjects.subject import Subject
from capture_station.subjects.typed_id import spellings

LOOK_EVERY_S = 2.0
COUNT_SHARE = 20
"""With many people, counting takes one part in so many of the time."""
COUNT_WITHIN_S = 60.0
"""At the latest, also after the first count, which may read all records."""
LATE_S = 5.0
"""A screen that is awake has ended its review so long after the time for it at the latest."""
LAST_CORRECTED_S = 90.0
"""Who is checked in so long after a portrait at the most has not come for another one if it turns out to be theirs."""


class SubjectDesk:
    """The people of one station. Implements ``station.contract.PublicSubjects``; thread-safe.

    Args:
        settings: Mode, roster and policies.
        archive: Whose captures may be re-assigned.
        rule: Which portraits count, and what they need.
        under_way: Whether a portrait is being taken: who is checked in meanwhile comes after its person.
        deserted: Whether nobody is before the camera: who is checked in has then left after a while.
        review_s: How long screens show a good portrait.
        corrected: Told a capture and whose it turned out not to be, both by id; None: it was nobody's.
        hands_free: Portraits are taken by themselves.
        drop: Gives up the portraits that are being taken of those of whose ids something is true.

    Raises:
        RosterError: The roster cannot be used.
    """

    def __init__(
        self,
        settings: SubjectSettings,
        archive: Archive,
        rule: ReleaseRule = ALL_KEPT,
        under_way: Callable[[], bool] = lambda: False,
        deserted: Callable[[], bool] = lambda: False,
        review_s: float = 0.0,
        corrected: Callable[[str, str | None], None] = lambda *_: None,
        hands_free: bool = False,
        drop: Callable[[Callable[[str], bool]], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._rule = rule
        self._review_s = review_s
        self._tell_corrected = corrected
        self._hands_free = hands_free
        self._drop = drop
        self._last: tuple[str, str | None] = "", None
        """The portrait that was taken last, and whose it is, by id."""
        self._last_at_s = -math.inf
        self._deserted = deserted
        self._last_is_here = False
        """Hands free, and they have not left the picture since."""
        self._empty_from_s = math.inf
        """Since when every look has found nobody before the camera."""
        self.station = settings.station.replace("{host}", socket.gethostname())
        """The name of this booth."""
        self._camera_code: CameraCode | None = None
        wanted = settings.mode != "off" and settings.roster
        self._source = open_roster(settings) if wanted else None
        roster = None if self._source is None else lambda: self.roster
        self._lists = PeopleLists(archive, rule, roster)
        self._check_in = CheckIn(
            settings,
            roster,
            under_way=under_way,
            deserted=self._nobody_is_here,
            photographed=lambda: self._lists.counted,
        )

    def run(self, closing: threading.Event) -> None:
        """Follow the roster and count who has a portrait, until the event is set."""
        if self._settings.mode == "off":
            return
        count_at_s = 0.0
        while True:
            began_s = time.monotonic()
            if began_s >= count_at_s:
                # The status is asked for often and must not wait for a disk, so this thread waits instead.
                with contextlib.suppress(ArchiveError):
                    self._lists.count()
                took_s = time.monotonic() - began_s
                count_at_s = time.monotonic() + min(COUNT_SHARE * took_s, COUNT_WITHIN_S)
            with contextlib.suppress(ArchiveError):
                self._archive.query(lambda index: index.verify(closing.is_set))
            self.status()  # It notices who has left, also where nobody else asks for it.
            if closing.wait(LOOK_EVERY_S):
                return
            if self._source is not None and self._source.look_if_due():
                count_at_s = 0.0

    def learn(self, elsewhere: Mapping[str, SharedState]) -> None:
        """Take in whose newest portrait another booth has taken, by the person's id."""
        self._lists.learn(elsewhere)

    def check_in(self, text: str, confirmed: bool = False, replaces: bool = False, is_id: bool = False) -> Person:
        checked_in = self._check_in.check_in(text, confirmed, replaces, is_id)
        return replace(self._person(checked_in), waits=checked_in in self._check_in.queue[1])

    def code_read(self, text: str) -> None:
        """Check in whose code the camera has read; the status tells what came of it.

        The badge of who was photographed just now may still hang before the camera: hands free, it says nothing until
        they have left the picture, or the next person would be photographed under their name.
        """
        try:
            if self._last_is_here and self._check_in.find(text, confirmed=True).subject.id == self._last[1]:
                return
            person = self.check_in(text)
        except UnknownSubject as error:
            self._tell_code(error.subject_id, "ask" if error.may_confirm else "refuse")
        except NotPermitted as error:
            self._tell_code(text, "not-permitted", error.person, error.says)
        except SubjectError:
            self._tell_code(text, "unreadable")
        else:
            self._tell_code(text, "waits" if person.waits else "checked-in")

    def stay(self) -> None:
        self._check_in.stay()

    def agree(self, language: Language, subject_id: str | None = None) -> Person:
        return self._person(self._check_in.agree(language, subject_id))

    def consent_text(self, language: Language) -> str:
        return self._check_in.consent_text(language)

    def check_out(self, subject_id: str | None = None, capture_id: str | None = None) -> None:
        if capture_id is None:
            self._check_in.check_out(subject_id)
        elif (taken_at := names.taken_at(capture_id)) is not None:  # Nobody stays because a disk hangs.
            self._check_in.check_out(subject_id, taken_at.replace(tzinfo=datetime.now().astimezone().tzinfo))

    def search(self, query: str, limit: int = 10) -> list[Person]:
        return self._lists.search(query, limit)

    def people(
        self, state: PersonState | None, start: int = 0, limit: int | None = None, query: str = ""
    ) -> PeopleFound:
        return self._lists.people(state, start, limit, query)

    def table(self, state: PersonState) -> Iterator[bytes]:
        return self._lists.table(state)

    def nameless(self, limit: int) -> list[str]:
        return self._archive.query(lambda index: index.nameless(limit, self._rule))

    def captures_of(self, subject_id: str) -> list[str]:
        known = spellings(subject_id, self.roster, self._archive.query(CaptureIndex.subjects))
        found = self._archive.query(lambda index: [one for spelling in known for one in index.of_subject(spelling)])
        return sorted(found, reverse=True)

    def remove(self, subject_id: str, by: str) -> list[str]:
        roster, removed = self.roster, list[str]()
        own_id = roster.own_id(subject_id)
        # First of all, or a portrait that is being taken would be there right after.
        self._check_in.check_out(subject_id)
        for attempt in (1, 2):  # Once more, for one that began meanwhile as the retake of one that was still there.
            self._drop(lambda one: roster.own_id(one) == own_id)
            if attempt == 1 or self.captures_of(subject_id):
                for spelling in spellings(subject_id, roster, self._archive.query(CaptureIndex.subjects)):
                    removed += delete_subject(self._archive, spelling, by)
        return removed

    def deletions(self) -> bytes:
        return deletions_csv(self._archive.folder)

    def assign(
        self, capture_id: str, text: str | None, by: str, confirmed: bool = False, is_id: bool = False
    ) -> Person | None:
        if text is None:
            self._corrected(self._archive.assign(capture_id, None, by))
            return None
        person, current = self._check_in.find(text, confirmed, is_id), self._check_in.current
        if current is not None and current.subject.id == person.subject.id:
            person = current
        record = self._archive.assign(capture_id, subject_record(person), by, consent_record(person))
        self._corrected(record)
        return self._person(replace(person, consent=consent_of(record)))

    def _corrected(self, record: Record) -> None:
        """Who was named in a portrait of somebody else does not stand there; who is in a new one awaits no other."""
        change = record.assignments[-1]
        if change.from_id == change.to_id:
            return
        if change.from_id is not None:
            self._check_in.misnamed(change.from_id, record.taken_at)
        self._tell_corrected(record.id, change.from_id)
        if record.id != self._last[0]:
            return
        self._last = record.id, change.to_id
        current, is_new = self._check_in.current, time.monotonic() < self._last_at_s + LAST_CORRECTED_S
        if is_new and current is not None and current.subject.id == change.to_id:
            self._check_in.stand_in(current, record.taken_at, self._stays_s(record.kept))

    def for_capture(self, text: str | None) -> CheckedIn | None:
        """Who is about to be photographed.

        Raises:
            SubjectError: As ``CheckIn.for_capture``.
        """
        return self._check_in.for_capture(text)

    def for_retake(self, capture_id: str) -> CheckedIn | None:
        """Who is about to be photographed again: who is in this capture, and nobody where its record does not say.

        Raises:
            SubjectError: As ``CheckIn.for_capture``.
        """
        record = self._archive.find(capture_id)
        if not isinstance(record, Record) or record.subject is None:
            if self._settings.mode == "required":
                raise SubjectError("nobody is named in the portrait that is to be taken again; say whose it is first")
            return None
        subject = Subject(record.subject.id, record.subject.name, record.subject.columns)
        return self._check_in.for_retake(
            CheckedIn(subject, self.roster.get(subject.id) is not None, consent_of(record))
        )

    def stand_in(self, capture_id: str) -> None:
        record = self._archive.find(capture_id)
        if isinstance(record, Record) and record.subject is not None:
            person = self._check_in.find(record.subject.id, confirmed=True, is_id=True)
            self._check_in.stand_in(person, record.taken_at, self._stays_s(record.kept))

    def recorded(self, subject_id: str, name: str, agreed: bool) -> Person:
        """Who is on a portrait, as its record says, and whether the record lacks a consent that is asked for here.

        The newest roster tells namesakes apart, and names who came onto it after the picture.
        """
        must_agree = self._settings.asks_consent and not agreed
        listed = self.roster.get(subject_id)
        if listed is None:
            return Person(subject_id, name, must_agree=must_agree)
        return Person(subject_id, name or listed.name, detail=listed.detail, must_agree=must_agree)

    def awaits_portrait(self) -> bool:
        """Whether a portrait may be taken hands free, as far as the person is concerned.

        Nobody is photographed twice at one check-in, also if that portrait was deleted: somebody else may stand there.
        """
        try:
            return self._check_in.for_capture() is None or not self._check_in.is_photographed
        except SubjectError:
            return False

    def comes_again(self) -> bool:
        """Whether the person of the last portrait was scanned again for another one.

        A code that the camera reads says nothing of the kind: it is read again wherever a badge stays in view.
        """
        current = self._check_in.current
        is_last = current is not None and current.subject.id == self._last[1]
        return is_last and not self._settings.reads_codes and not self._check_in.is_photographed

    @property
    def is_next_here(self) -> bool:
        """Whether somebody waits, and may stand there already under the name of who is or was photographed."""
        return self._check_in.is_next_here

    def taken(self, shot: Shot) -> None:
        """A portrait is saved: if no screen lets its person go, they go by themselves some time after the review."""
        self._last, self._last_at_s = (shot.id, None if shot.subject is None else shot.subject.id), time.monotonic()
        self._last_is_here = self._hands_free
        if shot.subject is not None and shot.id >= names.first_id(self._check_in.since):
            self._check_in.photographed(shot.subject.id, self._stays_s(shot.kept))

    def discarded(self, capture_id: str) -> None:
        """A portrait is deleted or is not to be kept: if it was the last one, the next press takes another.

        Hands free with codes, its person holds up the badge again; nobody looks for one while somebody is checked in.
        """
        last_id, subject_id = self._last
        if capture_id != last_id or subject_id is None:
            return
        if self._hands_free and self._settings.reads_codes and not self._check_in.queue[1]:
            self._last_is_here = False
            self.check_out(subject_id, capture_id)
        else:
            self._check_in.discarded(subject_id, UNDECIDED_S)

    def _nobody_is_here(self) -> bool:
        nobody, now_s = self._deserted(), time.monotonic()
        self._empty_from_s = min(self._empty_from_s, now_s) if nobody else math.inf
        if now_s - self._empty_from_s >= LEFT_AFTER_S:  # Whoever bends down is missed for a moment.
            self._last_is_here = False
        return nobody

    def _stays_s(self, kept: bool) -> float:
        return self._review_s + LATE_S if kept else UNDECIDED_S

    def kept(self, record: Record) -> None:
        """A portrait was kept: the person in it may go, unless they have come again for another one."""
        if record.subject is not None:
            self._check_in.check_out(record.subject.id, record.taken_at)

    def status(self) -> SubjectStatus:
        current, waiting = self._check_in.queue
        return SubjectStatus(
            mode=self._settings.mode,
            current=None if current is None else self._person(current),
            waiting=tuple(replace(self._person(one), waits=True) for one in waiting),
            photographed=None if self._source is None else self._lists.photographed,
            roster_size=None if self._source is None else len(self.roster.permitted),
            takes_unknown=self._settings.takes_unknown,
            roster_error="" if self._source is None else self._source.error,
            reads_codes=self._settings.reads_codes,
            camera_code=self._camera_code,
        )

    @property
    def roster(self) -> Roster:
        """The newest list of people; empty without one."""
        return Roster() if self._source is None else self._source.roster

    def _tell_code(self, text: str, outcome: CodeOutcome, person: str = "", says: str = "") -> None:
        number = 1 if self._camera_code is None else self._camera_code.number + 1
        self._camera_code = CameraCode(number, text, outcome, person, says)

    def _person(self, checked_in: CheckedIn) -> Person:
        asked = bool(self._settings.consent) and checked_in.consent is None
        subject, listed = checked_in.subject, self.roster.get(checked_in.subject.id)
        seen = Person(
            subject.id,
            subject.name,
            checked_in.on_roster,
            must_agree=asked,
            detail=subject.detail,
            refused="" if listed is None else listed.refused,  # The roster may be newer than the check-in.
        )
        return self._lists.with_state(seen)
