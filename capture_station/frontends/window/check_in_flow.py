"""What the kiosk shows and does about the person: scanned, unknown, asked to agree, photographed, gone."""

from __future__ import annotations

from capture_station.config import Language
from capture_station.errors import StationError, UnknownSubject
from capture_station.frontends.window.scene import Action, Banner, Button, Question
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import CameraCode, Person, Shot, SubjectStatus


class CheckInFlow:
    """The person's way through one kiosk. Used by one thread."""

    def __init__(self, station: PublicStation, messages: Messages, language: Language) -> None:
        self._subjects = station.subjects
        self._messages = messages
        self._language = language
        self._unknown = ""
        """An id that is not on the roster, and may be taken all the same."""
        self._declined = ""
        """An id that is not on the roster, and is not taken."""

    def scan(self, text: str, status: SubjectStatus) -> str:
        """Check in who was scanned; returns what to tell, empty for nothing."""
        if status.mode == "off":
            return ""
        self._unknown = self._declined = ""
        return self._try(text, confirmed=False)

    def code_read(self, code: CameraCode) -> str:
        """React to a code that the station has read through its camera; returns what to tell, empty for nothing."""
        self._unknown = code.text if code.outcome == "ask" else ""
        self._declined = code.text if code.outcome == "refuse" else ""
        return self._messages("notice.unreadable") if code.outcome == "unreadable" else ""

    def press(self, action: Action, status: SubjectStatus) -> str:
        """Do what a button of this flow asks for; returns what to tell, empty for nothing."""
        if action is Action.CONFIRM and self._unknown:
            unknown, self._unknown = self._unknown, ""
            return self._try(unknown, confirmed=True)
        if action is Action.AGREE and _asked(status) is not None:
            try:
                self._subjects.agree(self._language)
            except StationError as error:
                return str(error)
        if action is Action.NEXT:
            self._unknown = self._declined = ""
            self._subjects.check_out()
        return ""

    def kept(self, shot: Shot, status: SubjectStatus) -> None:
        """A portrait is kept: the person in it may go."""
        if shot.subject is not None and status.current is not None and shot.subject.id == status.current.id:
            self._subjects.check_out()

    def person(self, status: SubjectStatus) -> str:
        """Who is photographed, or that somebody has to be scanned; empty where names do not matter."""
        if status.current is not None:
            return full_name(status.current)
        return self._messages("person.scan") if status.mode == "required" else ""

    def ready(self, status: SubjectStatus) -> bool:
        """Whether a portrait may be taken, as far as the person is concerned."""
        return (
            not self._unknown and _asked(status) is None and (status.current is not None or status.mode != "required")
        )

    def question(self, status: SubjectStatus) -> Question | None:
        """What the person has to agree to."""
        asked = _asked(status)
        if asked is None:
            return None
        return Question(full_name(asked), self._subjects.consent_text(self._language))

    def banner(self) -> Banner | None:
        """That an id is not on the roster."""
        unknown = self._unknown or self._declined
        if not unknown:
            return None
        detail = "banner.unknown-detail" if self._unknown else "banner.declined-detail"
        return Banner(self._messages("banner.unknown", id=unknown), self._messages(detail))

    def buttons(self, status: SubjectStatus) -> tuple[Button, ...]:
        """Buttons that take the place of the usual ones; none where there is nothing to decide."""
        if self._unknown:
            return (
                Button(Action.NEXT, self._messages("button.cancel")),
                Button(Action.CONFIRM, self._messages("button.take-anyway"), primary=True),
            )
        if _asked(status) is not None:
            return (
                Button(Action.NEXT, self._messages("button.cancel")),
                Button(Action.AGREE, self._messages("button.agree"), primary=True),
            )
        return ()

    def _try(self, text: str, confirmed: bool) -> str:
        try:
            self._subjects.check_in(text, confirmed)
        except UnknownSubject as error:
            if error.may_confirm:
                self._unknown = error.subject_id
            else:
                self._declined = error.subject_id
        except StationError:
            return self._messages("notice.unreadable")
        return ""


def full_name(person: Person) -> str:
    """Name and id, or the id alone."""
    return f"{person.name}, {person.id}" if person.name else person.id


def _asked(status: SubjectStatus) -> Person | None:
    """Who has to agree before a picture is taken."""
    return status.current if status.current is not None and status.current.must_agree else None
