"""The people to photograph, found by id or by what somebody remembers of a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capture_station.subjects.subject import Subject, folded


class Roster:
    """A list of people that does not change. Thread-safe."""

    def __init__(self, subjects: Sequence[Subject] = ()) -> None:
        self._subjects = tuple(subjects)
        self.has_details = any(subject.detail for subject in subjects)
        """Whether there are namesakes that a further column tells apart."""
        self._by_id = {subject.id: subject for subject in subjects}
        self._by_folded_id: dict[str, Subject | None] = {}
        for subject in subjects:
            key = _alike(subject.id)
            # Two ids that differ in case or zeros only are told apart, so neither is found by the other's spelling.
            self._by_folded_id[key] = subject if key not in self._by_folded_id else None
        # One string a person: a word begins behind a space, so that a prefix of a word is found in one search.
        self._keys = [f" {folded(subject.id)} {folded(subject.name)}" for subject in subjects]

    def __len__(self) -> int:
        return len(self._subjects)

    def __iter__(self) -> Iterator[Subject]:
        return iter(self._subjects)

    def get(self, subject_id: str) -> Subject | None:
        """The person with this id. Case and zeros at the beginning are ignored where that leaves one person.

        A scanner may have Caps Lock on, and spreadsheets drop the zeros of a number.
        """
        return self._by_id.get(subject_id) or self._by_folded_id.get(_alike(subject_id))

    def search(self, query: str, limit: int = 10) -> list[Subject]:
        """People whose id or name has every word of the query in it, in any order; case and accents are ignored.

        Who has the query as id comes first, then those in whom every word begins a word, then the rest; each in the
        roster's order. An empty query finds nobody.
        """
        words = folded(query).split()
        if not words:
            return []
        starts = [f" {word}" for word in words]
        exact = self.get(query.strip())
        beginning = [] if exact is None else [exact]
        within: list[Subject] = []
        for key, subject in zip(self._keys, self._subjects, strict=True):
            if subject is not exact and words[0] in key and all(word in key for word in words[1:]):
                if all(start in key for start in starts):
                    beginning.append(subject)
                    if len(beginning) == limit:
                        return beginning
                elif len(within) < limit:
                    within.append(subject)
        return [*beginning, *within][:limit]


def _alike(subject_id: str) -> str:
    """The same for ids that may be one."""
    key = folded(subject_id)
    return key.lstrip("0") if key.isdecimal() else key
