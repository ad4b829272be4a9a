"""Names the portraits of one download as an export would: each person's once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from capture_station.archive.record import Record
from capture_station.export.file_names import Names, safe_name
from capture_station.export.template import as_listed, filled_or_id, template_values
from capture_station.subjects.roster import Roster


class PersonNames:
    """The names of one download. Not thread-safe.

    Args:
        template: As ``export.name``.
        roster: The newest, which names who came onto it after the picture.
    """

    def __init__(self, template: str, roster: Callable[[], Roster] = Roster) -> None:
        self._template = template
        self._roster = roster
        self._names = Names()
        self._named: set[str] = set()

    def name(self, record: Mapping[str, Any]) -> str:
        """The name for a portrait, without suffix.

        Args:
            record: A whole record as JSON values, or an empty one.

        Returns:
            Empty where nobody said whose portrait it is, and for a person who has a name in this download already.
        """
        if not record.get("subject"):
            return ""
        found = as_listed(Record.model_validate(record), self._roster())
        if found.subject is None or found.subject.id in self._named:
            return ""
        self._named.add(found.subject.id)
        text, _ = filled_or_id(self._template, {**template_values(found), "n": self._names.number()})
        return self._names.claim(safe_name(text), found.subject.id)
