"""Who is photographed now: from the scan or search to the portrait that was kept."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from capture_station.config import Language, SubjectSettings
from capture_station.errors import NotPermitted, QueueFull, SubjectError, UnknownSubject
from capture_station.subjects.consent_texts import consent_text
from capture_station.subjects.roster import Roster, alike
from capture_station.subjects.subject import Subject, clean_id

UNANSWERED_S = 60.0
"""Who has to agree and does nothing for so long has left: the next person is not to find another's name."""
LEFT_S = 180.0
"""The same for everybody else, while nobody is before the camera."""
MOST_WAITING = 50
"""No row of chairs is longer, and a program that runs wild fills no memory."""


@dataclass(frozen=True, slots=True)
class Consent:
    """The person agreed to a text."""

    text_sha256: str
    agreed_at: datetime
    """Aware local time."""


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The person before the camera."""

    subject: Subject
    on_roster: bool
    consent: Consent | None = None


class CheckIn:
    """Holds the person who is photographed now, and the queue of those who come after. Thread-safe.

    Args:
        settings: Mode, policy for unknown ids, and the text to agree to.
        roster: The newest roster; None where the configuration names none, so that any id is taken.
        now: For the times of a check-in and of a consent.
        under_way: Whether a portrait is being taken: whoever is checked in meanwhile waits in any case, so that no name
            is changed under a running countdown.
        deserted: Whether nobody is before the camera.
        clock_s: For the time after which somebody has left.
        photographed: The ids of those who have a portrait: whoever is not on the roster is told by them.
    """

    def __init__(
        self,
        settings: SubjectSettings,
        roster: Callable[[], Roster] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        under_way: Callable[[], bool] = lambda: False,
        deserted: Callable[[], bool] = lambda: False,
        clock_s: Callable[[], float] = time.monotonic,
        photographed: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._settings = settings
        self._roster = roster
        self._now = now
        self._under_way = under_way
        self._deserted = deserted
        self._clock_s = clock_s
        self._photographed = photographed
        self._used_s = self._seen_s = clock_s()
        """When somebody did something for who is checked in, and when somebody was before the camera."""
        self._lock = threading.Lock()
        self._current: CheckedIn | None = None
        self._since, self._since_s = now(), clock_s()
        self._stays_s: float | None = None
        """Who is checked in was photographed, and goes after so long; None: they were not yet."""
        self._discarded = False
        """That portrait does not count any more."""
        self._came: tuple[datetime, float, float | None] | None = None
        """How who is checked in had come before they stood in for a portrait; None: they did not."""
        self._waiting: tuple[CheckedIn, ...] = ()

    @property
    def current(self) -> CheckedIn | None:
        return self.queue[0]

    @property
    def since(self) -> datetime:
        """When who is checked in became that, or was scanned again; by the clock of now if it was set back since."""
        with self._lock:
            return self._came_at()

    @property
    def queue(self) -> tuple[CheckedIn | None, tuple[CheckedIn, ...]]:
        """Who is photographed now, and who was checked in meanwhile, in the order in which they come."""
        with self._lock:
            return self._settled()

    @property
    def is_photographed(self) -> bool:
        """Whether who is checked in has been photographed since."""
        with self._lock:
            return self._settled()[0] is not None and self._stays_s is not None

    @property
    def is_next_here(self) -> bool:
        """Whether somebody waits, and may stand there already under the name of who is or was photographed."""
        with self._lock:
            waiting = bool(self._settled()[1])
            return waiting and (self._under_way() or (self._stays_s is not None and not self._discarded))

    def _settled(self) -> tuple[CheckedIn | None, tuple[CheckedIn, ...]]:
        """The same, for who holds the lock. Who has left is let go, and then the first who waits comes up."""
        now_s, under_way = self._clock_s(), self._under_way()
        if under_way:
            self._used_s = now_s
        if not self._deserted():
            self._seen_s = now_s
        if self._current is not None and self._asks(self._current):
            left = now_s - self._used_s >= UNANSWERED_S
        elif self._stays_s is not None:
            left = now_s - self._used_s >= self._stays_s
        else:
            left = now_s - max(self._used_s, self._seen_s) >= LEFT_S
        if left:
            self._current = None
        self._waiting = tuple(filter(self._may_come, self._waiting))
        if self._current is None and self._waiting and not under_way:
            self._current, self._waiting = self._waiting[0], self._waiting[1:]
            self._comes()
        return self._current, self._waiting

    def _comes(self) -> None:
        """Somebody comes before the camera, or comes again; for who holds the lock."""
        self._used_s = self._since_s = self._clock_s()
        self._since, self._stays_s, self._discarded, self._came = self._now(), None, False, None

    def _came_at(self) -> datetime:
        """The times of portraits follow a clock that is set back; otherwise they would all be from before."""
        return min(self._since, self._now() - timedelta(seconds=self._clock_s() - self._since_s))

    def _may_come(self, person: CheckedIn) -> bool:
        """Whether the newest roster still has the person, if it had them, and does not say no."""
        listed = None if self._roster is None else self._roster().get(person.subject.id)
        return not person.on_roster if listed is None else not listed.refused

    def _is(self, person: CheckedIn | None, subject_id: str) -> bool:
        """Whether an id is this person's. The newest roster may spell it otherwise than the one before."""
        if person is None or self._roster is None:
            return person is not None and person.subject.id == subject_id
        roster = self._roster()
        return roster.own_id(person.subject.id) == roster.own_id(subject_id)

    def _asks(self, person: CheckedIn) -> bool:
        """Whether the person has to agree first."""
        return bool(self._settings.consent) and person.consent is None

    def stay(self) -> None:
        """Somebody does something for who is checked in, who has not left by that."""
        with self._lock:
            self._settled()
            self._used_s = self._clock_s()

    def photographed(self, subject_id: str, stays_s: float) -> None:
        """A portrait of who is checked in is saved: in ``stays_s`` they go, unless somebody does something for them."""
        with self._lock:
            current, _ = self._settled()
            if self._is(current, subject_id):
                self._used_s, self._stays_s, self._discarded = self._clock_s(), stays_s, False

    def discarded(self, subject_id: str, stays_s: float) -> None:
        """The portrait of who is checked in does not count any more: for ``stays_s`` a press may take another one."""
        with self._lock:
            current, _ = self._settled()
            if self._is(current, subject_id) and self._stays_s is not None:
                self._used_s, self._stays_s, self._discarded = self._clock_s(), stays_s, True

    def stand_in(self, person: CheckedIn, taken_at: datetime, stays_s: float) -> None:
        """Check in who is on a portrait, as if before it was taken, unless somebody else is checked in."""
        with self._lock:
            current, _ = self._settled()
            if current is None or self._is(current, person.subject.id):
                came = self._came if self._since == taken_at else (self._since, self._since_s, self._stays_s)
                self._current = current or person
                self._comes()
                self._since, self._stays_s = taken_at, stays_s
                self._came = None if current is None else came

    def misnamed(self, subject_id: str, taken_at: datetime) -> None:
        """A portrait of this aware time is not of this person after all, who is let go as by ``check_out``.

        Who had come already before they stood in for it is there as before.
        """
        with self._lock:
            current, _ = self._settled()
            if self._is(current, subject_id) and self._came and self._since == taken_at:
                self._used_s = self._clock_s()
                (self._since, self._since_s, self._stays_s), self._came = self._came, None
                return
        self.check_out(subject_id, taken_at)

    def find(self, text: str, confirmed: bool = False, is_id: bool = False) -> CheckedIn:
        """The person of an id, who is not checked in by that.

        Args:
            text: An id as it was scanned or typed.
            confirmed: Somebody was asked about an unknown id and said yes.
            is_id: It is no code any more: an id looked for in an id would be another one.

        Raises:
            UnknownSubject: The id is not on the roster, and the policy does not take it as it is.
            NotPermitted: The roster says that the person must not be photographed.
            SubjectError: The text cannot be an id, or the station is not told whose portraits it takes.
        """
        if self._settings.mode == "off":
            raise SubjectError("this station is not told whose portraits it takes; set subjects.mode")
        try:
            subject_id = clean_id(text if is_id else self._id_in(text))
        except ValueError as error:
            raise SubjectError(f"{error}; scan again") from error
        if self._roster is None:
            return CheckedIn(Subject(subject_id), on_roster=False)
        if (subject := self._roster().get(subject_id)) is not None:
            _require_permission(subject)
            return CheckedIn(subject, on_roster=True)
        subject_id = self._as_before(subject_id)
        policy = self._settings.unknown
        if policy == "refuse" or (policy == "ask" and not confirmed):
            raise UnknownSubject(subject_id, may_confirm=policy == "ask")
        return CheckedIn(Subject(subject_id), on_roster=False)

    def _as_before(self, subject_id: str) -> str:
        """The id of somebody who is not on the roster, as the archive spells it: 8888 as 00008888."""
        assert self._roster is not None
        roster, key = self._roster(), alike(subject_id)
        known = {one for one in self._photographed() if alike(one) == key and roster.get(one) is None}
        return known.pop() if len(known) == 1 else subject_id

    def _id_in(self, text: str) -> str:
        """The id in a scanned code. What stands on the roster as it is, such as a typed id, is one already."""
        pattern = self._settings.code_pattern
        if not pattern or (self._roster is not None and self._roster().get(text.strip()) is not None):
            return text
        found = re.search(pattern, text)
        return text if found is None else found[found.re.groups] or text

    def check_in(self, text: str, confirmed: bool = False, replaces: bool = False, is_id: bool = False) -> CheckedIn:
        """Take the person of an id as the one who is photographed next.

        While somebody else is checked in or a portrait is being taken, they wait until the person before the camera is
        checked out, and those who came before them are. Whoever waits already keeps their place. With ``replaces``,
        they wait only for a portrait that is being taken, and in front of all others.

        Raises:
            UnknownSubject, NotPermitted, SubjectError: As ``find``; whoever was checked in before still is.
            QueueFull: So many people wait already.
        """
        found = self.find(text, confirmed, is_id)
        with self._lock:
            current, waiting = self._settled()
            if current is not None and self._is(current, found.subject.id):
                if not self._under_way():  # Otherwise that portrait is the one they want.
                    self._comes()
                return current
            before = next((one for one in waiting if self._is(one, found.subject.id)), None)
            if before is not None and not replaces:
                return before
            others = tuple(one for one in waiting if one is not before)
            if self._under_way() or (current is not None and not replaces):
                if len(others) >= MOST_WAITING:
                    raise QueueFull(MOST_WAITING)
                self._waiting = (found, *others) if replaces else (*others, found)
                return found
            self._comes()
            self._current, self._waiting = found, others
            return found

    def agree(self, language: Language, subject_id: str | None = None) -> CheckedIn:
        """Record that the person agreed to the text of this language; with an id, only that one.

        Raises:
            SubjectError: Nobody is checked in, or somebody else is, or there is no such text.
        """
        text = self.consent_text(language)
        if not text:
            raise SubjectError(f"there is no text to agree to in {language!r}; set subjects.consent")
        with self._lock:
            if self._settled()[0] is None or self._current is None:
                raise SubjectError("nobody is checked in; scan or search a person first")
            if subject_id not in (None, self._current.subject.id):
                raise SubjectError("somebody else is checked in by now, who has to agree themselves")
            self._used_s = self._clock_s()
            if self._asks(self._current):
                self._comes()  # A portrait that turned out to be theirs lacks the consent: they await another.
            consent = Consent(hashlib.sha256(text.encode()).hexdigest(), self._now())
            self._current = CheckedIn(self._current.subject, self._current.on_roster, consent)
            return self._current

    def consent_text(self, language: Language) -> str:
        """What is agreed to after a check-in; empty where nothing is asked. Another language beats none."""
        return consent_text(self._settings.consent, language)

    def check_out(self, subject_id: str | None = None, taken_at: datetime | None = None) -> None:
        """Be free for the next person; with an id, only that one is let go, who is checked in or waits.

        With the aware time of a portrait, only if they have been checked in since before it: whoever has come again
        stays, and so does everybody who waits.
        """
        with self._lock:
            if taken_at is not None and (self._settled()[0] is None or self._came_at() > taken_at):
                return
            if subject_id is None or self._is(self._current, subject_id):
                self._current = None
            if taken_at is None and subject_id is not None:
                self._waiting = tuple(one for one in self._waiting if not self._is(one, subject_id))

    def for_capture(self, subject_id: str | None = None) -> CheckedIn | None:
        """Whose portrait is about to be taken; None where nobody need be named.

        Args:
            subject_id: Somebody else than who is checked in, such as a request of a program names.

        Raises:
            UnknownSubject: As ``find``.
            NotPermitted: As ``find``, also of who is checked in, since the roster may be newer than that.
            SubjectError: Somebody has to be named, or has to agree first.
        """
        named = self.find(subject_id) if subject_id is not None else self.current
        if named is None:
            if self._settings.mode == "required":
                raise SubjectError("nobody is checked in; scan or search a person first")
            return None
        return self._allowed(named)

    def for_retake(self, before: CheckedIn) -> CheckedIn:
        """Whose portrait is about to be taken again: who was in it before, whoever is checked in now.

        Raises:
            NotPermitted: The roster says by now that the person must not be photographed.
            SubjectError: The person has to agree first.
        """
        return self._allowed(before)

    def _allowed(self, named: CheckedIn) -> CheckedIn:
        """The same person, as the newest roster has them, once they may be photographed."""
        current = self.current
        if named.consent is None and current is not None and self._is(current, named.subject.id):
            named = replace(named, consent=current.consent)
        if self._asks(named):
            raise SubjectError("the person has not agreed to be photographed yet")
        listed = None if self._roster is None else self._roster().get(named.subject.id)
        if listed is None:
            return named
        _require_permission(listed)
        # Another spelling of the id stays: a retake replaces the portrait of the same one.
        return replace(named, subject=listed) if listed.id == named.subject.id else named


def _require_permission(subject: Subject) -> None:
    if subject.refused:
        raise NotPermitted(", ".join(filter(None, (subject.name, subject.id))), subject.refused)
