"""One download of captures, as an export would have it: each person's portrait under a name once, and the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from capture_station.archive.record import Record
from capture_station.export.file_names import Names, safe_name
from capture_station.export.manifest import FOLDER, MANIFEST, Row, write_rows
from capture_station.export.shape import shape_of
from capture_station.export.template import as_listed, filled_or_id, template_values
from capture_station.images import jpeg_size_wh
from capture_station.presets import Preset, shipped_preset
from capture_station.release import ALL_KEPT, ReleaseRule
from capture_station.subjects.people_table import people_csv
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

WITHOUT_CONSENT = "without_consent.csv"
MADE = "as saved"
"""In the manifest: no portrait of a download is made anew."""


class Download:
    """The portraits of one download, newest first. Not thread-safe.

    Args:
        template: As ``export.name``.
        roster: The newest, which names who came onto it after the picture.
        rule: Whether people agree.
        find_preset: As of ``Export``.
    """

    def __init__(
        self,
        template: str,
        roster: Callable[[], Roster] = Roster,
        rule: ReleaseRule = ALL_KEPT,
        find_preset: Callable[[str], Preset | None] = shipped_preset,
    ) -> None:
        self._template = template
        self._roster = roster
        self._rule = rule
        self._find_preset = find_preset
        self._names = Names()
        self._named: set[str] = set()
        self._rows: list[Row] = []
        self._not_agreed: list[Subject] = []

    def place(self, record: Mapping[str, Any], picture: bytes, file: str) -> str:
        """Where a portrait stands once more, under its person's name; it is in the manifest by that.

        Args:
            record: A whole record as JSON values, or an empty one.
            picture: The portrait's file.
            file: Where it is in the folder of its capture.

        Returns:
            Empty where nobody said whose portrait it is, and for a person who has a newer one in this download.
        """
        if not record.get("files"):
            return ""
        found = as_listed(Record.model_validate(record), self._roster())
        if found.subject is not None:
            if found.subject.id in self._named:
                return ""
            self._named.add(found.subject.id)
            text, _ = filled_or_id(self._template, {**template_values(found), "n": self._names.number()})
            suffix = file[file.rindex(".") :]
            file = f"{FOLDER}/{self._names.claim(safe_name(text), found.subject.id)}{suffix}"
            if self._rule.lacks(found) == "consent":
                self._not_agreed.append(Subject(found.subject.id, found.subject.name, found.subject.columns))
        shape = shape_of(found, self._find_preset(found.preset), lambda: jpeg_size_wh(picture))
        self._rows.append(Row.of(found, file, picture, MADE, shape))
        return "" if found.subject is None else file

    def tables(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each table: the manifest, and the people whose portraits have no consent."""
        if self._rows:
            yield MANIFEST, write_rows(self._rows)
        if self._not_agreed:
            yield WITHOUT_CONSENT, b"".join(people_csv(self._roster(), self._not_agreed))
