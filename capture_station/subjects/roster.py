"""The people to photograph, found by id, by what somebody remembers of a name, or by their class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Literal

from capture_station.errors import RosterError
from capture_station.subjects.subject import Subject, folded


class Roster:
    """A list of people that does not change. Thread-safe.

    Args:
        subjects: The people.
        beside: Headings of the columns that may be shown beside the names, such as a class; they are searched as well.
        delimiter: What separates the columns of a table for whoever has written this list.
    """

    def __init__(
        self, subjects: Sequence[Subject] = (), beside: Sequence[str] = (), delimiter: Literal[",", ";"] = ","
    ) -> None:
        self._subjects = tuple(subjects)
        self.beside = tuple(beside)
        self.delimiter = delimiter
        self.permitted = tuple(subject for subject in subjects if not subject.refused)
        """Those who may be photographed."""
        self._by_id = {subject.id: subject for subject in subjects}
        self._by_folded_id: dict[str, Subject | None] = {}
        for subject in subjects:
            key = alike(subject.id)
            # Two ids that differ in case or zeros only are told apart, so neither is found by the other's spelling.
            self._by_folded_id[key] = subject if key not in self._by_folded_id else None
        # One line a person: id and name, a tab, and what is beside them. Each word begins behind a space, so that a
        # prefix of a word is found in one search.
        self._lines = [self._line(subject) for subject in subjects]

    def __len__(self) -> int:
        return len(self._subjects)

    def __iter__(self) -> Iterator[Subject]:
        return iter(self._subjects)

    def get(self, subject_id: str) -> Subject | None:
        """The person with this id. Case and zeros at the beginning are ignored where that leaves one person.

        A scanner may have Caps Lock on, and spreadsheets drop the zeros of a number.
        """
        return self._by_id.get(subject_id) or self._by_folded_id.get(alike(subject_id))

    def own_id(self, subject_id: str) -> str:
        """The id as the roster spells it; as it is where nobody on the roster has it."""
        listed = self.get(subject_id)
        return subject_id if listed is None else listed.id

    def where(self, condition: str) -> list[Subject]:
        """The people in whose column stands a value, in the roster's order; case, accents and spaces do not matter.

        Args:
            condition: ``COLUMN=VALUE``.

        Raises:
            RosterError: There is no such column.
        """
        title, _, value = (part.strip() for part in condition.partition("="))
        titles = [column for subject in self._subjects[:1] for column in subject.columns]
        column = next((one for one in titles if folded(one.strip()) == folded(title)), None)
        if column is None:
            known = ", ".join(sorted(titles)) or "none"
            raise RosterError(f"the roster has no column {title!r} for COLUMN=VALUE; its columns are: {known}")
        wanted = folded("".join(value.split()))
        return [one for one in self._subjects if folded("".join(one.columns.get(column, "").split())) == wanted]

    def beside_name(self, subject: Subject) -> str:
        """What a list says beside a name: what tells namesakes apart, else the first column for that with a text."""
        values = (" ".join(subject.columns.get(title, "").split()) for title in self.beside)
        return subject.detail or next(filter(None, values), "")

    def search(self, query: str, limit: int = 10, is_done: Callable[[str], bool] = lambda _: False) -> list[Subject]:
        """People who have every word of the query in them, in any order.

        Case, accents, apostrophes and hyphens are ignored, so that ``oneill`` finds ``O'Neill``.
        Who has the query as id comes first. Then come those in whom every word begins a word of id or name, those in
        whom it takes a column beside the name for that, and the rest. Within each of these, who is not done and may
        be photographed comes first, and then the roster's order counts. An empty query finds nobody.

        Args:
            query: Parts of an id, a name, and what stands in the columns beside it: ``5b mül``.
            limit: At most so many people.
            is_done: Tells by the id who has a portrait already.

        Returns:
            The people. Whoever was found by a column beside the name has what stands in it as a part of the detail.
        """
        words = folded(query.translate(_APOSTROPHES)).translate(_HYPHENS_APART).split()
        if not words:
            return []
        exact = self.get(query.strip())
        best = [] if exact is None else [exact]
        # Who begins with it, who does by a column beside the name, and the rest: of each who is not done and who is.
        ranks: list[list[Subject]] = [best, [], [], [], [], []]
        first, *others = words
        first_start, *other_starts = (f" {word}" for word in words)
        for line, subject in zip(self._lines, self._subjects, strict=True):
            if first in line and (not others or all(word in line for word in others)) and subject is not exact:
                rank = 4
                if first_start in line and (not others or all(start in line for start in other_starts)):
                    named = line[: line.index("\t")]
                    rank = 0 if first_start in named and all(start in named for start in other_starts) else 2
                if len(ranks[rank]) < limit:
                    ranks[rank + (bool(subject.refused) or is_done(subject.id))].append(subject)
                    if len(best) == limit:
                        break
        return [self._with_what_matched(one, words) for one in islice(chain(*ranks), limit)]

    def _line(self, subject: Subject) -> str:
        beside = " ".join(_searched(subject.columns.get(title, "")) for title in self.beside)
        return f" {_searched(subject.id)} {_searched(subject.name)}\t {' '.join(beside.split())}"

    def _with_what_matched(self, subject: Subject, words: Sequence[str]) -> Subject:
        named = f" {_searched(subject.id)} {_searched(subject.name)}"
        others = [word for word in words if word not in named]
        values = [" ".join(subject.columns.get(title, "").split()) for title in self.beside if others]
        matched = [value for value in values if any(word in _searched(value) for word in others)]
        return replace(subject, detail=", ".join(dict.fromkeys(filter(None, (subject.detail, *matched)))))


def _searched(text: str) -> str:
    """The text as it is searched: parts of a word with a hyphen stand for themselves, and joined as well."""
    if text.replace(" ", "").isalnum():
        return folded(text)  # Rosters have 100,000 rows, mostly such.
    plain = folded(text.translate(_APOSTROPHES))
    apart = plain.translate(_HYPHENS_APART)
    return plain if apart == plain else f"{apart} {plain.translate(_HYPHENS_AWAY)}"


def alike(subject_id: str) -> str:
    """The same for ids that may be one."""
    key = folded(subject_id)
    return key.lstrip("0") if key.isdecimal() else key


_APOSTROPHES = str.maketrans("", "", "'`\u00b4\u02bc\u2018\u2019")
_HYPHENS_APART = dict.fromkeys(map(ord, "-\u2010\u2011\u2013"), " ")
_HYPHENS_AWAY = dict.fromkeys(_HYPHENS_APART)
