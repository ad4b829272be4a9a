"""Finds the person of a submitted photo by its file name, where that leaves no doubt."""

from __future__ import annotations

import re
from collections import defaultdict

from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject, folded

_COPY = re.compile(r"\s*(\(\d+\)|[-_ ]copy|[-_ ]kopie)$")
"""What browsers and file managers add to the second file of a name."""
_SEPARATORS = re.compile(r"[\W_]+")


class FilenameMatch:
    """People of a roster by file names such as ``20417.jpg``, ``lovelace_ada.jpg`` or ``20417 Ada Lovelace.jpg``.

    Every word counts: the file name is an id, or all words of a person's name in any order, or an id with words of that
    person's name. So ``DSC_2041.jpg``, a camera's own number, is not taken for person 2041. Case and accents are
    ignored.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._by_name: dict[frozenset[str], list[Subject]] = defaultdict(list)
        self._by_id_word: dict[str, list[Subject]] = defaultdict(list)
        for subject in roster:
            if name := _words(subject.name):
                self._by_name[name].append(subject)
            for word in _words(subject.id):
                self._by_id_word[word].append(subject)

    def find(self, stem: str) -> tuple[Subject, ...]:
        """Everybody that a file name, without its suffix, may mean: one is a match, several are a doubt."""
        stem = _COPY.sub("", stem.strip())
        if (exact := self._roster.get(stem)) is not None:
            return (exact,)
        words = _words(stem)
        if named := self._by_name.get(words):
            return tuple(named)
        with_id = {one.id: one for word in words for one in self._by_id_word.get(word, ())}.values()
        return tuple(one for one in with_id if _words(one.id) <= words <= _words(one.id) | _words(one.name))


def _words(text: str) -> frozenset[str]:
    return frozenset(filter(None, _SEPARATORS.split(folded(text))))
