"""How the window names a person: by name and id, and with what is known of a portrait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from capture_station.locales.messages import Messages
from capture_station.station.status import Person, SubjectStatus


def full_name(person: Person) -> str:
    """Name and id, or the id alone; with what tells the person apart from others of the same name."""
    return ", ".join(filter(None, (person.name, person.id, person.detail)))


def introduced(messages: Messages, person: Person) -> str:
    """The same, and what is known of the person's portrait."""
    return " \u00b7 ".join(filter(None, (full_name(person), known(messages, person))))


def state_text(messages: Messages, person: Person) -> str:
    """Whether there is a portrait of a person, or must be none, and at which other booth there is one."""
    if person.refused:
        return messages("person.not-permitted")
    if person.station:
        return messages("person.elsewhere", station=person.station)
    return messages(f"person.is-{person.state or 'missing'}")


def known(messages: Messages, person: Person) -> str:
    """That the person has a portrait already, and where, or must not have one; empty for everybody else."""
    if person.state in (None, "missing") and not person.refused:
        return ""
    # A doubtful portrait that was kept is a portrait, too.
    text = state_text(messages, replace(person, state="ok"))
    return text[0].upper() + text[1:]


def in_queue(messages: Messages, person: Person, waiting: Sequence[Person]) -> str:
    """That somebody waits, unless the line of who comes next says so by now; ``waiting``: who did before."""
    already = any(one.id == person.id for one in waiting)
    key = "person.waits-already" if already else "person.waits"
    return messages(key, person=full_name(person)) if waiting else ""


def following(messages: Messages, coming: Sequence[Person]) -> str:
    """Who comes next, and how many then; empty for nobody."""
    if not coming:
        return ""
    said = messages("person.following", person=introduced(messages, coming[0]))
    more = len(coming) - 1
    return f"{said} \u00b7 {messages('person.following-more', count=more)}" if more else said


def dropped(messages: Messages, told: str, asked: str) -> str:
    """The same, and that an id was not checked in: nobody answered whether to take it. Empty: none was asked about."""
    return " \u00b7 ".join(filter(None, (told, asked and messages("person.not-checked-in", id=asked))))


def scan_line(status: SubjectStatus) -> str:
    """The key of the text that says how people tell who they are."""
    return "person.hold-up" if status.reads_codes else "person.scan"
