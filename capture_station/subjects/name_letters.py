"""Names that this system cannot write, for whoever sets up the station: guests would read squares."""

from __future__ import annotations

from collections.abc import Iterable

from capture_station.subjects.subject import Subject
from capture_station.typefaces import SQUARES, missing_letters


def letters_advice(subjects: Iterable[Subject]) -> str:
    """How many names have letters that no typeface of this system has, in one line without names; empty if none has."""
    names = [one.name for one in subjects]
    missing = missing_letters(names)
    count = sum(not missing.isdisjoint(name) for name in names) if missing else 0
    return f"the roster has {count} name{'' if count == 1 else 's'} with {SQUARES}" if count else ""
