"""What the kiosk shows and does about the person: searched, scanned, unknown, asked to agree, photographed, gone."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace

from capture_station.errors import NotPermitted, QueueFull, StationError, SubjectError, UnknownSubject
from capture_station.frontends.window.deletions import Deletions
from capture_station.frontends.window.live.guidance import phase
from capture_station.frontends.window.people.held_up import HeldUp
from capture_station.frontends.window.people.naming import dropped, full_name, in_queue, introduced, known, scan_line
from capture_station.frontends.window.people.search import AskedAbout, PersonSearch
from capture_station.frontends.window.scene import Action, Banner, Button, Chosen, Press, Question, Typed
from capture_station.frontends.window.timeouts import POSTPONED_S
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import CameraCode, Person, Shot, Status, SubjectStatus

BY = "window"
READ_S = 1.0
"""A question is answered after so long at the earliest: a tap meant for what was there before must not agree."""
TOLD_S = 60.0
"""Who was asked about an unknown id, or told of one, and has done nothing for so long, has left."""

log = logging.getLogger(__name__)


class CheckInFlow:
    """The person's way through one kiosk. Used by one thread."""

    def __init__(self, station: PublicStation, messages: Messages) -> None:
        self._station = station
        self._subjects = station.subjects
        self._messages = messages
        self.search = PersonSearch(station.subjects, messages)
        self._unknown = ""
        """An id that is not on the roster, and may be taken all the same."""
        self._declined = ""
        """An id that is not on the roster, and is not taken."""
        self._not_permitted: tuple[str, str] | None = None
        """Who must not be photographed, and what the roster says."""
        self._about: AskedAbout | None = None
        """The portrait that an unknown id is to be the person of; None: the next person is to be checked in."""
        self._read = ""
        """The text that the unknown id was found in."""
        self._held_up = HeldUp(TOLD_S)
        self._deletions = Deletions(station)
        self.corrected: tuple[str, Person | None] | None = None
        """The capture that was corrected last, and whose portrait it is now; whoever shows it takes note."""
        self._shown: tuple[str, str] | None = None
        """The question that is on the screen; None for none."""
        self._shown_from_s = 0.0
        self._told: tuple[object, ...] = ("", "", None)
        """Whom a question or banner is about: unknown, declined, not permitted."""
        self._told_from_s = 0.0
        self._here_then: set[str] = set()
        """The ids of who was checked in or waited when it was told."""

    def follow(self, status: SubjectStatus, shown: bool, now_s: float) -> None:
        """Take note of the question on the screen; ``shown``: nothing else covers it."""
        question = self.asks(status) if shown else None
        if question != self._shown:
            self._shown, self._shown_from_s = question, now_s
        if shown and self.is_asking:
            self._station.postpone_auto(POSTPONED_S)
        self._follow_told(status, now_s)

    def _follow_told(self, status: SubjectStatus, now_s: float) -> None:
        """Forget what was told about somebody who has gone, or who was checked in on another screen meanwhile."""
        if self.search.is_open:
            return  # It is told after that.
        told = self._unknown, self._declined, self._not_permitted
        if told != self._told:
            self._told, self._told_from_s = told, now_s
            self._here_then = {one.id for one in (status.current, *status.waiting) if one is not None}
        current = status.current if self._about is None else None
        elsewhere = current is not None and current.id not in self._here_then
        if any(told) and (elsewhere or now_s - self._told_from_s >= TOLD_S):
            self._forget()

    def scan(self, text: str, status: SubjectStatus, shown: Shot | None) -> str:
        """Check in who was scanned; returns what to tell, empty for nothing.

        ``shown``: the new portrait that was under review. A second scan of its person asks for no other one.
        """
        if status.mode == "off":
            return ""
        if self.asks_to_file:  # A button answers: the next person's code must not become the name of this portrait.
            return "" if text == self._read else self._messages("banner.undecided-detail")
        asked = self._unknown
        self._forget()
        told = self._take(text, confirmed=False, shown=shown)
        return told if asked == self._unknown else dropped(self._messages, told, asked)

    def code_read(self, code: CameraCode, status: SubjectStatus) -> str:
        """React to a code that the station has read through its camera; returns what to tell, empty for nothing.

        The question whose a portrait is stays; what the code asks comes after it.
        """
        if self.asks_whose:
            self._held_up.hold(code)
            return ""
        self.search.cut_off()
        asked = self._unknown
        self._forget()
        self._tell_code(code)
        current = status.current if code.outcome == "checked-in" else None
        told = "" if current is None else known(self._messages, current)
        if code.outcome == "unreadable":
            told = self._messages("notice.unreadable")
        return told if asked == self._unknown else dropped(self._messages, told, asked)

    def follow_code(self, status: SubjectStatus, now_s: float) -> None:
        """Once it is known whose the portrait is comes what the badge in view asks, unless something else is told."""
        if self.asks_whose:
            self._held_up.follow(status, now_s)
        elif (code := self._held_up.take()) and not (self._unknown or self._declined or self._not_permitted):
            self._tell_code(code)

    def _tell_code(self, code: CameraCode) -> None:
        self._unknown = code.text if code.outcome == "ask" else ""
        self._declined = code.text if code.outcome == "refuse" else ""
        self._not_permitted = (code.person, code.says) if code.outcome == "not-permitted" else None

    def press(self, press: Press, status: SubjectStatus) -> str:
        """Do what a button of this flow asks for; returns what to tell, empty for nothing.

        ``status``: as it was shown when the button was touched.
        """
        match press:
            case Action.SEARCH if status.mode != "off":
                self._forget()
                self.search.open()
            case Typed(key) if self.search.is_open:
                self.search.type(key)
            case (Action.SHIFT | Action.ACCENTS) as switch if self.search.is_open:
                self.search.switch(switch)
            case Action.MORE if self.search.is_open:
                self.search.turn()
            case Chosen(subject_id) if self.search.is_open:
                return self._take(subject_id, confirmed=False)
            case Action.SUBMIT if self.search.is_open:
                return self._submit(status)
            case Action.NOT_LISTED if self.search.is_open and self.search.text.strip():
                return self._take(self.search.text, confirmed=False)
            case Action.REMOVE_NAME if self.search.about is not None:
                return self._remove_name(self.search.about.capture_id)
            case Action.CONFIRM if self._unknown:
                unknown, self._unknown = self._unknown, ""
                return self._take(unknown, confirmed=True)
            case Action.AGREE if (asked := _asked(status)) is not None:
                try:
                    self._subjects.agree(self._messages.language, asked.id)
                except StationError as error:
                    return str(error)
            case Action.CUT_OFF if status.mode != "off":
                return self._messages("notice.cut-off")
            case Action.NEXT if self.search.is_open:
                self.search.close()
            case Action.NEXT if self._unknown:
                self._forget()
            case Action.NEXT:
                self._forget()
                if status.current is not None:
                    self._subjects.check_out(status.current.id)
        return ""

    def ask_whose(self, shot: Shot) -> None:
        """Ask whose portrait it is. Until there is an answer, its name stays: one touch changes nothing."""
        self._forget()
        self.search.open(AskedAbout.of(shot, self._station))

    def ask_first(self, shot: Shot) -> str:
        """Ask what is to be known before a portrait can be taken again: whose it is, or whether they agree.

        Returns what to tell; empty where the question says it.
        """
        if shot.subject is None:
            self.ask_whose(shot)
        elif self.asks(self._station.status().subjects) != ("consent", shot.subject.id):
            text = self._messages("lacks.consent")
            return text[0].upper() + text[1:]
        return ""

    @property
    def is_asking(self) -> bool:
        """Whether an answer about a person is due before anything else: a search, or an unknown id."""
        return self.search.is_open or bool(self._unknown)

    @property
    def shows_unknown(self) -> bool:
        """The screen asks whether to take an unknown id: a picture would get the name of who is checked in."""
        return self._shown is not None and self._shown[0] == "unknown"

    @property
    def asks_whose(self) -> bool:
        """Whether an answer is due whose a portrait is, also whether somebody who is not on the roster."""
        return self.search.about is not None or self.asks_to_file

    @property
    def asks_to_file(self) -> bool:
        """Whether it is asked if a portrait is filed under an id that is not on the roster."""
        return bool(self._unknown) and self._about is not None

    def put_aside(self) -> None:
        """A portrait comes in front: what was asked about the one before must not seem to be about this one."""
        if self.asks_to_file:
            self.search.open(self._about, self._read)
            self._forget()
        self.search.put_aside()

    def come_back(self, wanted: bool) -> None:
        """Nothing is in front any more, so what was put aside is asked again, unless that portrait counts no more."""
        aside = self.search.take_aside()
        if aside is not None and wanted and not self.search.is_open:
            text, about = aside
            if about is None or self._counts(about.capture_id):
                self.search.open(about, text)

    def _counts(self, capture_id: str) -> bool:
        """Whether a portrait is kept; another one may have taken its place."""
        saved = None
        with contextlib.suppress(StationError):  # A disk that hangs.
            saved = self._station.find(capture_id)
        return saved is not None and saved.kept

    def follow_deletions(self) -> str:
        """Show no portrait that is deleted on another screen, and ask nothing about it; returns what to tell."""
        about = self.search.about or self._about
        if about is None or not self._deletions.include(about.capture_id):
            return ""
        self.search.cut_off()
        self._forget()
        return self._messages("notice.deleted")

    def stand_in(self, capture_id: str) -> None:
        """Check in the person whose portrait it turned out to be, unless the next one is there already."""
        with contextlib.suppress(StationError):  # They are asked for before the next capture.
            self._subjects.stand_in(capture_id)

    def filed(self, shot: Shot, status: SubjectStatus) -> str:
        """A portrait is kept, and its person may go; returns what to tell to whoever stands there."""
        self.let_go(shot, status)
        if shot.subject is None or status.current is None or shot.subject.id == status.current.id:
            return self._messages("notice.kept")
        return self._messages("person.kept", name=full_name(shot.subject))

    def let_go(self, shot: Shot, status: SubjectStatus) -> None:
        """The person of a portrait that was kept or left may go, unless scanned again since for another one."""
        if shot.subject is not None and status.current is not None and shot.subject.id == status.current.id:
            self._subjects.check_out(shot.subject.id, shot.id)

    def person(self, status: Status) -> str:
        """Who is photographed, or that somebody has to be scanned; empty where names do not matter.

        Whoever has a portrait already may have been scanned by mistake, so that is said as long as they are shown.
        """
        subjects = status.subjects
        if phase(status) is not None:
            person = status.captures.subject  # Whoever is checked in meanwhile comes next.
            return "" if person is None else full_name(person)
        if self.asks(subjects):
            return ""  # The question says whom it is about.
        if subjects.current is not None:
            return introduced(self._messages, subjects.current)
        return self._messages(scan_line(subjects)) if subjects.mode == "required" else ""

    def ready(self, status: SubjectStatus) -> bool:
        """Whether a portrait may be taken, as far as the person is concerned."""
        return (
            not self._unknown and _asked(status) is None and (status.current is not None or status.mode != "required")
        )

    def question(self, status: SubjectStatus) -> Question | None:
        """What the person has to agree to. It waits while something is asked about somebody else."""
        asked = _asked(status)
        if asked is None or self._unknown:
            return None
        return Question(introduced(self._messages, asked), self._subjects.consent_text(self._messages.language))

    def banner(self) -> Banner | None:
        """That an id is not on the roster, or that its person must not be photographed."""
        if self.search.is_open:
            return None  # It is told after that.
        if self._not_permitted is not None:
            person, says = self._not_permitted
            title = self._messages("banner.not-permitted", person=person)
            return Banner(title, self._messages("banner.not-permitted-detail", says=says))
        unknown = self._unknown or self._declined
        if not unknown:
            return None
        detail = "banner.unknown-detail" if self._unknown else "banner.declined-detail"
        return Banner(self._messages("banner.unknown", id=unknown), self._messages(detail))

    def buttons(self, status: SubjectStatus, now_s: float) -> tuple[Button, ...]:
        """Buttons that take the place of the usual ones; none where there is nothing to decide."""
        if self.search.is_open:
            return self.search.buttons(status)
        question = self.asks(status)
        if question is None:
            return ()
        if self._unknown:
            confirm = "button.assign-anyway" if self._about is not None else "button.take-anyway"
            yes = Button(Action.CONFIRM, self._messages(confirm), primary=True)
        else:
            yes = Button(Action.AGREE, self._messages("button.agree"), primary=True)
        read = question == self._shown and now_s - self._shown_from_s >= READ_S
        return Button(Action.NEXT, self._messages("button.cancel"), enabled=read), replace(yes, enabled=read)

    def asks(self, status: SubjectStatus) -> tuple[str, str] | None:
        """What is asked, and about whom; None for nothing."""
        asked = _asked(status)
        if self.search.is_open:
            return None
        if self._unknown:
            return "unknown", self._unknown
        return None if asked is None else ("consent", asked.id)

    def _submit(self, status: SubjectStatus) -> str:
        """Enter, or a scanner's code: whoever is meant beyond doubt is taken, and else the list is shown."""
        text, people = self.search.text.strip(), self.search.people
        if not text:
            return ""
        if people and (len(people) == 1 or people[0].id.casefold() == text.casefold()):
            return self._take(people[0].id, confirmed=False)
        if people and status.roster_size is not None:
            return self._messages("search.several")
        return self._take(text, confirmed=False)

    def _take(self, text: str, confirmed: bool, shown: Shot | None = None) -> str:
        """Check the person in, or correct whose portrait a capture is; ``confirmed``: an id that was asked about."""
        about = self._about if confirmed else self.search.about
        capture_id = None if about is None else about.capture_id
        self.search.close()
        self._about = None
        try:
            if capture_id is not None:
                person = self._subjects.assign(capture_id, text, BY, confirmed, is_id=confirmed)
                assert person is not None
                self.corrected = capture_id, person
                told = "notice.corrected-not-agreed" if person.must_agree else "notice.corrected"
                return self._messages(told, person=full_name(person))
            waiting = self._station.status().subjects.waiting
            person = self._subjects.check_in(text, confirmed, is_id=confirmed)
            if shown is not None and shown.subject is not None and shown.subject.id == person.id:
                self._subjects.check_out(person.id)
                return self.filed(shown, self._station.status().subjects)
            return in_queue(self._messages, person, waiting) if person.waits else known(self._messages, person)
        except UnknownSubject as error:
            self._forget()
            self._about, self._read = about, text
            if error.may_confirm:
                self._unknown = error.subject_id
            else:
                self._declined = error.subject_id
        except NotPermitted as error:
            self._forget()
            self._not_permitted = error.person, error.says
        except QueueFull:
            return self._messages("notice.queue-full")
        except SubjectError:
            return self._messages("notice.unreadable")
        except StationError as error:
            return self._failed(capture_id, error)
        return ""

    def _remove_name(self, capture_id: str) -> str:
        self.search.close()
        try:
            self._subjects.assign(capture_id, None, BY)
        except StationError as error:
            return self._failed(capture_id, error)
        self.corrected = capture_id, None
        return self._messages("person.of-nobody")

    def _failed(self, capture_id: str | None, error: StationError) -> str:
        """Why a person was not corrected; the portrait may have been deleted on another screen."""
        log.warning("the person was not corrected: %s", error)
        with contextlib.suppress(StationError):  # A disk that hangs.
            if capture_id is not None and self._station.find(capture_id) is None:
                return self._messages("notice.deleted")
        return self._messages("notice.failed")

    def _forget(self) -> None:
        self._unknown = self._declined = ""
        self._not_permitted = None
        self._told = ("", "", None)
        self._about = None


def _asked(status: SubjectStatus) -> Person | None:
    """Who has to agree before a picture is taken."""
    return status.current if status.current is not None and status.current.must_agree else None
