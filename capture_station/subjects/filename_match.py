"""Finds the person of a submitted photo by its file name, where that leaves no doubt, and says what the doubt is."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject, folded

_COPY = re.compile(r"\s*(\(\d+\)|[-_ ]copy|[-_ ]kopie)$")
"""What browsers and file managers add to the second file of a name."""
_SEPARATORS = re.compile(r"[\W_]+")
_BESIDE_DIGITS = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
"""How people type these letters on a keyboard without them; ``folded`` drops the accents instead."""


class FilenameMatch:
    """People of a roster by file names such as ``20417.jpg``, ``lovelace_ada.jpg`` or ``20417 Ada Lovelace.jpg``.

    Every word counts: the file name is an id, or all words of a person's name in any order, or an id with words of that
    person's name. What tells namesakes apart, such as a class, may stand beside the whole name. The parts of an id
    stand together and in their order. So ``DSC_2041.jpg``, a camera's own number, is not taken for person 2041. Case
    and accents are ignored, and ``Krueger`` is ``Krüger``. Zeros at the beginning of an id do not matter.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._names = {subject.id: _spellings(subject.name) for subject in roster}
        self._by_name: dict[frozenset[str], list[Subject]] = defaultdict(list)
        self._by_name_word: dict[str, list[Subject]] = defaultdict(list)
        self._by_id_word: dict[str, list[Subject]] = defaultdict(list)
        for subject in roster:
            for name in self._names[subject.id]:
                self._by_name[name].append(subject)
                if detail := _words(subject.detail) - name:
                    self._by_name[name | detail].append(subject)
                for word in name:
                    self._by_name_word[word].append(subject)
            for word in _words(subject.id):
                self._by_id_word[word].append(subject)

    def find(self, stem: str) -> tuple[Subject, ...]:
        """Everybody that a file name, without its suffix, may mean: one is a match, several are a doubt."""
        stem = _without_copy(stem)
        if (exact := self._roster.get(stem)) is not None:
            return (exact,)
        for text in (stem, _apart(stem)):
            # A namesake's class may be somebody's id.
            named = self._by_name.get(_words(text), [])
            with_id = [one for one in self._with_id(text) if not self._others(text, one)]
            if found := {one.id: one for one in (*named, *with_id)}:
                return tuple(found.values())
        return ()

    def doubt(self, stem: str) -> str:
        """Why ``find`` finds nobody for this name."""
        stem = _without_copy(stem)
        for text in (stem, _apart(stem), _BESIDE_DIGITS.sub(" ", _apart(stem))):
            words = _words(text)
            if len(numbered := self._with_id(text)) > 1:
                return f"this name has several IDs: {_listed(numbered)}"
            for one in numbered:
                others = self._others(text, one)
                return f"beside the ID {one.id}, this name has {others!r}, which is not in that person's name"
            if len(named := self._with_name(words)) > 1:
                return f"this name has the names of several people: {_listed(named)}"
            for one in named:
                return f"beside the name of {one.id}, this name has {self._others(text, one)!r}"
        return "nobody on the roster has this name or ID"

    def _with_id(self, text: str) -> list[Subject]:
        """Whose id stands in the text as it is: 5-12 is not 12-5, and 3 is not 3-3."""
        words = _in_order(text)
        found = {one.id: one for word in sorted(set(words)) for one in self._by_id_word.get(word, ())}.values()
        return [one for one in found if f" {' '.join(_in_order(one.id))} " in f" {' '.join(words)} "]

    def _with_name(self, words: frozenset[str]) -> list[Subject]:
        found = {one.id: one for word in sorted(words) for one in self._by_name_word.get(word, ())}.values()
        return [one for one in found if any(name <= words for name in self._names[one.id])]

    def _others(self, text: str, subject: Subject) -> str:
        """The words of a text that are neither of this person's id nor of the name."""
        own = _words(subject.id).union(*self._names[subject.id])
        return " ".join(word for word in _split(text) if not _words(word) <= own)


def same_name(one: str, other: str) -> bool:
    """Whether two names have the same words in any order, such as ``Krüger, Ada`` and ``Ada Krueger``."""
    return folded(one) == folded(other) or not set(_spellings(one)).isdisjoint(_spellings(other))


def _without_copy(stem: str) -> str:
    return _COPY.sub("", unicodedata.normalize("NFC", stem).strip())


def _apart(text: str) -> str:
    """``LovelaceAda`` as two words."""
    pairs = zip(f" {text}", text, strict=False)
    return "".join(f" {one}" if one.isupper() and before.islower() else one for before, one in pairs)


def _listed(people: Sequence[Subject]) -> str:
    return " and ".join(one.id for one in people)


def _spellings(name: str) -> list[frozenset[str]]:
    """The words of a name, with accents left out and with two letters for an umlaut; none without a name."""
    with_digraphs = unicodedata.normalize("NFC", name).lower().translate(_DIGRAPHS)
    return [words for words in dict.fromkeys((_words(name), _words(with_digraphs))) if words]


def _words(text: str) -> frozenset[str]:
    return frozenset(_in_order(text))


def _in_order(text: str) -> list[str]:
    """The words without case, accents, and zeros before a number."""
    return [word.lstrip("0") or word if word.isdecimal() else word for word in _split(folded(text))]


def _split(text: str) -> list[str]:
    return [word for word in _SEPARATORS.split(text) if word]
