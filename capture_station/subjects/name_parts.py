"""Divides a name into given and family name: by the roster's columns, or by a rule where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capture_station.subjects.roster_columns import name_part


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name in two parts. One of them may be empty."""

    given: str
    family: str
    is_sure: bool
    """False: it is a guess, since a name of three or more words can be divided in several ways."""


def divided_name(name: str, columns: Mapping[str, str]) -> NameParts:
    """The parts of a person's name.

    The roster's columns say it best. Without them, a comma ends the family name: ``Lovelace, Ada``. Otherwise the
    family name is the last word, or begins with the first word in lower case: ``Ana de la Cruz``.

    Args:
        name: As it is shown.
        columns: The person's row, by heading.
    """
    given, family = name_part(columns, family=False), name_part(columns, family=True)
    if given or family:
        return NameParts(given, family, True)
    before, comma, after = name.partition(",")
    if comma:
        return NameParts(after.strip(), before.strip(), True)
    words = name.split()
    at = next((place for place, word in enumerate(words) if place and word[0].islower()), len(words) - 1)
    return NameParts(" ".join(words[:at]), " ".join(words[at:]), len(words) < 3)
