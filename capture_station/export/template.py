"""What a template of names or captions may say about a capture: the person, the time and the preset."""

from __future__ import annotations

from collections.abc import Mapping

from capture_station.archive.record import Record, SubjectRecord
from capture_station.config.values import template_places
from capture_station.errors import ConfigError
from capture_station.subjects.subject import Subject


def owner_of(record: Record) -> str:
    """The id of the person on the portrait, or of the capture itself where nobody said who it is."""
    return record.id if record.subject is None else record.subject.id


def person_values(subject: Subject | SubjectRecord) -> dict[str, str]:
    """What a template may say about a person without a picture."""
    given, _, family = subject.name.rpartition(" ")
    return {
        **subject.columns,
        "subject": subject.id,
        "name": subject.name or subject.id,
        "given": given,
        "family": family,
    }


def template_values(record: Record) -> dict[str, str]:
    """Values by place, such as ``family`` for ``{family}``; the roster's own columns are places as well."""
    nobody = {"subject": record.id, "name": record.id, "given": "", "family": ""}
    return {
        **(nobody if record.subject is None else person_values(record.subject)),
        "date": f"{record.taken_at:%Y-%m-%d}",
        "time": f"{record.taken_at:%H%M%S}",
        "preset": record.preset,
        "capture": record.id,
    }


def filled(template: str, values: Mapping[str, str], setting: str) -> str:
    """The template with its places filled in. A place without a value is empty.

    Args:
        template: As ``{family}_{given}``.
        values: As ``template_values``.
        setting: Where the template comes from, for the error.

    Raises:
        ConfigError: The template has a place that no value could have.
    """
    unknown = [place for place in template_places(template) if place not in values]
    if unknown:
        raise ConfigError(f"{setting}: there is no {{{unknown[0]}}}; known here: {', '.join(sorted(values))}")
    return template.format_map(dict(values))
