"""Finds the roster's column of who permits to be photographed, and tells who does not."""

from __future__ import annotations

import re

from capture_station.subjects.heading_words import word_set, words_of

_PHOTO = r"(foto|photo|bild|imag|immag|pictur|zdjec|wizerun|portr)"
_PERMISSION = (
    r"(erlaub|einwillig|einverstand|zustimm|genehmig|freigab|permis|consen|autori|authori|toestem|zgod|zezwol|pozwol"
    r"|izin|izni)"
)
_RIGHT = r"(permit|allow|release|recht|droit|accord|derech|diritt|direit|liberat|akkoord|onay)"
"""Says much else beside a photo."""
_NOT = word_set("no not non nicht kein keine ohne pas sans sin geen niet bez sem")
_NO = word_set("""
    no n nein nee non nao nie hayir 0 false falsch faux falso onwaar falsz yanlis
    いいえ 不可 否 不 不同意 لا
""")
"""A clear no, and what spreadsheets make of an empty tick box, in the languages of the station's texts."""


def says_permission(heading: str) -> bool:
    """Whether a column says who may be photographed: ``Fotoerlaubnis``, ``Photo consent (yes/no)``, ``Zgoda``.

    The permission for something else, and a heading that turns yes and no around, such as ``No photo consent``, are
    left out.
    """
    asked = re.sub(r"\W*\b(\w+) ?/ ?(\w+)\W*$", lambda pair: "" if says_no(pair[2]) else pair[0], heading)
    words = words_of(asked)
    if not _NOT.isdisjoint(words):
        return False
    if any(re.match(_PHOTO, word) for word in words):
        return any(re.match(f"{_PHOTO}?s?({_PERMISSION}|{_RIGHT})", word) for word in words)
    return len(words) == 1 and re.match(_PERMISSION, words[0]) is not None


def says_no(text: str) -> bool:
    """Whether a cell of that column is a clear no; an empty one is none."""
    return "".join(words_of(text)) in _NO
