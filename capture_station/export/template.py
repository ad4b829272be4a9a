"""What a template of names or captions may say about a capture: the person, the time and the preset."""

from __future__ import annotations

import re
from collections.abc import Mapping

from capture_station.archive.record import Record, SubjectRecord
from capture_station.config.values import template_places
from capture_station.errors import ConfigError
from capture_station.subjects.name_parts import divided_name
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject, folded

BUILT_IN = frozenset({"subject", "name", "given", "family", "date", "time", "preset", "capture", "n"})
"""Places that the station fills in. The roster's columns are places as well."""
_EMPTY = "\0"
_AROUND_EMPTY = re.compile(f"^(?:{_EMPTY}[-_., ]*)+|[-_., ]*{_EMPTY}(?=[-_., ]|$)|{_EMPTY}")
"""An empty place with what separates it from the text before, or at the beginning from the text behind it."""


def owner_of(record: Record) -> str:
    """The id of the person on the portrait, or of the capture itself where nobody said who it is."""
    return record.id if record.subject is None else record.subject.id


def named(record: Record) -> str:
    """Whose portrait it is, for people to read: name and id, or the capture's id."""
    if record.subject is None:
        return record.id
    return f"{record.subject.name} ({record.subject.id})" if record.subject.name else record.subject.id


def as_listed(record: Record, roster: Roster | None) -> Record:
    """The record with what the roster says of a person who came onto it after the picture, and so has no name yet.

    The id becomes the roster's own, whose zeros at the beginning may be others, also where the name is the same.
    """
    subject = record.subject
    if roster is None or subject is None or (listed := roster.get(subject.id)) is None:
        return record
    if not subject.name and not subject.columns:
        now = SubjectRecord(id=listed.id, name=listed.name, columns=dict(listed.columns))
    elif subject.name and listed.id != subject.id and folded(subject.name) == folded(listed.name):
        now = subject.model_copy(update={"id": listed.id})
    else:
        return record
    return record.model_copy(update={"subject": now})


def person_values(subject: Subject | SubjectRecord) -> dict[str, str]:
    """What a template may say about a person without a picture. Parts of the name are left out where there is none."""
    values = {**subject.columns, "subject": subject.id, "name": subject.name or subject.id}
    parts = divided_name(subject.name, subject.columns)
    return {**values, "given": parts.given, "family": parts.family} if parts.given or parts.family else values


def template_values(record: Record) -> dict[str, str]:
    """Values by place, such as ``family`` for ``{family}``; the roster's own columns are places as well."""
    nobody = {"subject": record.id, "name": record.id}
    return {
        **(nobody if record.subject is None else person_values(record.subject)),
        "date": f"{record.taken_at:%Y-%m-%d}",
        "time": f"{record.taken_at:%H%M%S}",
        "preset": record.preset,
        "capture": record.id,
    }


def filled(template: str, values: Mapping[str, str], setting: str) -> str:
    """The template with its places filled in.

    Args:
        template: As ``{family}_{given}``.
        values: As ``template_values``.
        setting: Where the template comes from, for the error.

    Raises:
        ConfigError: The template has a place without a value.
    """
    unknown = [place for place in template_places(template) if place not in values]
    if unknown:
        raise ConfigError(f"{setting}: there is no {{{unknown[0]}}}; known here: {', '.join(sorted(values))}")
    return template.format_map(dict(values))


def filled_or_id(template: str, values: Mapping[str, str]) -> tuple[str, str]:
    """The template with its places filled in, or the person's id where one of them is not known of this person.

    What separates an empty place from the others is left out with it; the id stands for a text without any letter.

    Returns:
        The text, and the first place that is not known, or nothing.
    """
    unknown = [place for place in template_places(template) if place not in values]
    if unknown:
        return values["subject"], unknown[0]
    text = template.format_map({place: value if value.strip() else _EMPTY for place, value in values.items()})
    return _AROUND_EMPTY.sub("", text) or values["subject"], ""


def template_advice(template: str, roster: Roster) -> list[str]:
    """What will not come out as one may expect if ``export.name`` names these people; one line each, without names."""
    places = set(template_places(template))
    columns = {title for subject in list(roster)[:1] for title in subject.columns}
    advice = [
        f"export.name: the roster has no column {place!r} for {{{place}}}, so the ID is taken; "
        f"its columns are: {', '.join(sorted(columns)) or 'none'}"
        for place in sorted(places - BUILT_IN - columns)
        if len(roster)
    ]
    if parts := places & {"given", "family"}:
        divided = {one.id: divided_name(one.name, one.columns) for one in roster if one.name}
        guessed = [subject_id for subject_id, name in divided.items() if not name.is_sure]
        if guessed:
            advice.append(
                "export.name: the roster has no columns for given and family names, so a guess divides "
                f"{len(guessed)} names of three or more words, such as that of {guessed[0]}; "
                "set subjects.columns.given and subjects.columns.family"
            )
        if halved := [one for one, name in divided.items() if not all(getattr(name, part) for part in parts)]:
            advice.append(
                f"export.name: {len(halved)} names have no given or no family name, such as that of {halved[0]}; "
                "that place is left out"
            )
    return advice
