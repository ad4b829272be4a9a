"""What a template of names or captions may say about a capture: the person, the time and the preset."""

from __future__ import annotations

from capture_station.archive.record import Record


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
