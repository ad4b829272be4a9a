"""The search for a person at the kiosk: what was typed, who is found, and what for."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from capture_station.errors import StationError
from capture_station.frontends.window.people.naming import full_name, state_text
from capture_station.frontends.window.people.touch_keyboard import BACKSPACE, keyboard
from capture_station.frontends.window.scene import Action, Button, Listed, Search
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation, PublicSubjects
from capture_station.station.status import Person, Shot, SubjectStatus

LONGEST_TEXT = 64
"""Characters; no id is longer."""
MOST = 50
"""People of a search, such as those of a class."""
TYPING_S = 1.5
"""Whoever has typed so shortly before goes on typing."""
SHOWN = 10
"""People and the button for more, at once."""


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """The portrait whose person is asked for."""

    capture_id: str
    portrait: str
    """Absolute path of the picture."""
    named: str = ""
    """Whose name it has, in words; empty for nobody's."""
    taken: str = ""
    """Time of day; empty where that is not known."""

    @classmethod
    def of(cls, shot: Shot, station: PublicStation) -> AskedAbout:
        taken = ""
        with contextlib.suppress(StationError):  # A disk that hangs.
            saved = station.find(shot.id)
            taken = "" if saved is None or saved.taken_at is None else f"{saved.taken_at.astimezone():%H:%M}"
        return cls(shot.id, shot.portrait, "" if shot.subject is None else full_name(shot.subject), taken)


class PersonSearch:
    """One kiosk's search. Used by one thread."""

    def __init__(self, subjects: PublicSubjects, messages: Messages) -> None:
        self._subjects = subjects
        self._messages = messages
        self._shifted = self._accents = False
        self._found: tuple[str, list[Person]] = "", []
        """The text that was searched, and whom it found."""
        self._first = 0
        """Place of the first person who is shown."""
        self.is_open = False
        self.text = ""
        self.about: AskedAbout | None = None
        """Whose portrait this is, is asked; None: who comes next."""
        self._aside: tuple[str, AskedAbout | None] | None = None
        """What was typed and asked when a portrait came in front."""
        self._cut_off = False

    def open(self, about: AskedAbout | None = None, text: str = "") -> None:
        """Begin with this text; ``about``: the portrait that is asked about. Its name can be removed."""
        self.is_open, self.text, self.about = True, text, about
        self._cut_off = False
        self._shifted = self._accents = False
        self._found, self._first = ("", []), 0  # Meanwhile somebody may have got a portrait.

    def close(self) -> None:
        self.is_open, self.text, self.about = False, "", None

    def put_aside(self) -> None:
        """A portrait comes in front."""
        if self.is_open:
            self._aside = self.text, self.about
            self.close()

    def cut_off(self) -> None:
        """A badge that was held up answers who comes next, maybe while somebody types the name."""
        self._cut_off |= self.is_open
        self.close()

    def typed_on(self, unused_s: float) -> bool:
        """Whether somebody may still type into the search, which has gone; ``unused_s``: since the last press."""
        self._cut_off &= unused_s < TYPING_S
        return self._cut_off or (self._aside is not None and unused_s < TYPING_S)

    def take_aside(self) -> tuple[str, AskedAbout | None] | None:
        """What was put aside, which is then forgotten; None for nothing."""
        aside, self._aside = self._aside, None
        return aside

    def type(self, key: str) -> None:
        """Take a keystroke; whatever is no character and not backspace is left out."""
        if key == BACKSPACE:
            self.text = self.text[:-1]
        elif len(key) == 1 and key.isprintable():
            self.text = f"{self.text}{key}".lstrip()[:LONGEST_TEXT]

    def switch(self, action: Action) -> None:
        """Show other characters on the touch keyboard."""
        if action is Action.SHIFT:
            self._shifted = not self._shifted
        else:
            self._accents = not self._accents

    @property
    def people(self) -> list[Person]:
        """Whom the text finds, best first."""
        # A scanner types many characters between two looks; only the last text is searched.
        if self._found[0] != self.text:
            self._first = 0
            self._found = self.text, self._subjects.search(self.text, MOST)
        return self._found[1]

    def turn(self) -> None:
        """Show the next people who were found, and after the last ones the first."""
        self._first += SHOWN - 1
        if self._first >= len(self.people):
            self._first = 0

    def view(self, takes_unknown: bool = True) -> Search:
        messages = self._messages
        nobody = "search.nobody" if takes_unknown else "search.refused"
        how, about = [messages("search.how")], self.about
        if about is not None:
            filed = messages("notice.corrected", person=about.named) if about.named else messages("person.of-nobody")
            how = list(filter(None, (filed, about.taken, *how)))
        people, more = self.people, None
        if len(people) > SHOWN:
            people = people[self._first : self._first + SHOWN - 1]
            more = Button(Action.MORE, self._others(self._first + len(people)))
        return Search(
            text=self.text,
            prompt=messages("search.prompt" if about is None else "person.whose"),
            notice=messages(nobody) if self.text.strip() else " \u00b7 ".join(how),
            people=tuple(self._listed(person) for person in people),
            keyboard=keyboard(self._messages, self._shifted, self._accents),
            more=more,
            portrait="" if about is None else about.portrait,
        )

    def buttons(self, status: SubjectStatus) -> tuple[Button, ...]:
        cancel = Button(Action.NEXT, self._messages("button.cancel"))
        other = "button.not-listed" if status.roster_size is not None else "button.take-id"
        unknown = Button(Action.NOT_LISTED, self._messages(other), enabled=bool(self.text.strip()))
        nobodys = Button(Action.REMOVE_NAME, self._messages("button.remove-name"))
        has_name = self.about is not None and self.about.named
        return (cancel, *((unknown,) if status.takes_unknown else ()), *((nobodys,) if has_name else ()))

    def _others(self, shown: int) -> str:
        """How many come after those who were shown; after the last ones, which come again."""
        count = len(self._found[1])
        return (
            self._messages("person.more", count=count - shown) if shown < count else f"1 \u2013 {SHOWN - 1} / {count}"
        )

    def _listed(self, person: Person) -> Listed:
        state = person.state or "missing"
        good = None if state == "missing" and not person.refused else state == "ok" and not person.refused
        return Listed(person.id, person.name, state_text(self._messages, person), good, person.detail)
