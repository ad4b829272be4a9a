"""A person who is photographed: an id, a name, and what else the roster says."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST_ID = 64
"""Characters."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One person. The id comes from outside: no path is ever made of it unchecked."""

    id: str
    """As ``clean_id`` gives it."""
    name: str = ""
    """For people to read; empty where it is not known."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Further columns of the roster, by their heading."""
    detail: str = ""
    """What tells the person apart from others of the same name, such as a department; empty without such others."""
    refused: str = ""
    """What the roster says of a person who must not be photographed: heading and cell; empty for everybody else."""


def clean_id(text: str) -> str:
    """The id that was typed, scanned or read from a roster, without spaces around it, in Unicode's form NFC.

    Raises:
        ValueError: It is empty, longer than 64 characters, or has a control character in it.
    """
    subject_id = unicodedata.normalize("NFC", text).strip()
    if subject_id.isascii() and subject_id.isprintable() and 0 < len(subject_id) <= LONGEST_ID:
        return subject_id  # Rosters have 100,000 rows, mostly such.
    if not subject_id:
        raise ValueError("the id is empty")
    if len(subject_id) > LONGEST_ID:
        raise ValueError(
            f"the id {subject_id[:20]!r}… has {len(subject_id)} characters; at most {LONGEST_ID} are allowed"
        )
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for character in subject_id):
        raise ValueError(f"the id {subject_id!r} has a character in it that cannot be printed")
    return subject_id


def legible(text: str) -> str:
    """The text with a space for each control character but white space: neither window nor terminal can show them."""
    if text.isprintable():
        return text
    harmful = ("Cc", "Cs")
    return "".join(one if one.isspace() or unicodedata.category(one) not in harmful else " " for one in text)


def folded(text: str) -> str:
    """The text for comparing: without case and without accents, so that ``lukasz`` finds ``Łukasz``."""
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", text.casefold().translate(_WITHOUT_STROKE))
    return "".join(character for character in spread if not unicodedata.combining(character))


_WITHOUT_STROKE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not take apart, but that people type without."""
