"""What a template of names or captions may say about a capture: the person, the time and the preset."""

from __future__ import annotations

from collections.abc import Mapping

from capture_station.archive.record import Record
from capture_station.config.values import template_places
from capture_station.errors import ConfigError


def owner_of(record: Record) -> str:
    """The id of the person on the portrait, or of the capture itself where nobody said who it is."""
    return record.id if record.subject is None else record.subject.id


def template_values(record: Record) -> dict[str, str]:
    """Values by place, such as ``family`` for ``{family}``; the roster's own columns are places as well."""
    subject = record.subject
    name = "" if subject is None else subject.name
    given, _, family = name.rpartition(" ")
    return {
        **({} if subject is None else subject.columns),
        "subject": owner_of(record),
        "name": name or record.id,
        "given": given,
        "family": family,
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
