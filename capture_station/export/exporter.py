"""Exports the kept portraits of an archive: newest of each person, named by a template, with a manifest."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Literal

from capture_station.archive.capture_ids import capture_folders
from capture_station.archive.deletions import Deletion, deleted_since, read_deletions, was_deleted
from capture_station.archive.encode import encode_png
from capture_station.archive.index import CaptureIndex
from capture_station.archive.names import folder_of, is_day, is_id
from capture_station.archive.presence import is_folder
from capture_station.archive.record import Damaged, Record, read_record
from capture_station.errors import ArchiveError, PhotoError
from capture_station.export.destination import Destination
from capture_station.export.file_names import Names, file_key, safe_name
from capture_station.export.jpeg_limits import jpeg_within, within_px
from capture_station.export.manifest import FOLDER, MISSING, Manifest, Row
from capture_station.export.shape import shape_of
from capture_station.export.template import (
    BUILT_IN,
    as_listed,
    filled,
    filled_or_id,
    named,
    owner_of,
    template_values,
)
from capture_station.images import decode_picture, jpeg_size_wh
from capture_station.presets import Preset, shipped_preset
from capture_station.regular_files import read_regular_file
from capture_station.release import ALL_KEPT, NOT_KEPT, ReleaseRule
from capture_station.subjects.people_table import people_csv
from capture_station.subjects.roster import Roster

SAVE_EVERY = 200
"""Portraits between two manifests: after an interruption no more than these are made again."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which captures are exported, and as what."""

    name: str = "{subject}"
    """Template of the file names."""
    verdicts: frozenset[str] = frozenset({"ok", "review"})
    since: date | None = None
    """The first day, by the captures' own local dates."""
    preset: str | None = None
    format: Literal["jpeg", "png"] = "jpeg"
    quality: int = 95
    largest_bytes: int | None = None
    longest_px: int | None = None
    dpi: int = 300
    rule: ReleaseRule = ALL_KEPT

    @property
    def made(self) -> str:
        """What decides the bytes of a file, as it stands in the manifest."""
        limits = f"{self.longest_px or '-'}px {self.largest_bytes or '-'}B"
        return f"{self.format} q{self.quality} {limits} {self.dpi}dpi"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one person's or capture's portrait."""

    id: str
    file: str
    result: Literal["exported", "unchanged", "failed"]
    reason: str = ""
    misshapen: str = ""
    """Whose portrait it is, if it was not cropped to its preset."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file that is about to be written."""

    owner: str
    record: Record
    portrait: Path
    before: Row | None
    file: str
    told: str

    @property
    def row(self) -> Row:
        """Tells whose the file is before it is there. Without ``made``, it never counts as unchanged."""
        return replace(Row.of(self.record, self.file, b"", made="", shape=""), sha256="")


@dataclass(slots=True)
class Export:
    """One run. ``run`` yields while it works, so that somebody may show how far it is.

    Args:
        archive: An archive's folder, or one of its days.
        destination: Where the files go.
        choice: Which captures, and as what.
        roster: To say who is missing, and to name who came onto it after the picture; None: nobody says who there is.
        find_preset: Returns the preset of a name, or None; for records that do not tell its size.
    """

    archive: Path
    destination: Destination
    choice: Choice
    roster: Roster | None = None
    find_preset: Callable[[str], Preset | None] = shipped_preset
    damaged: list[Damaged] = field(default_factory=list)
    """Captures whose record could not be read."""
    _columns: set[str] = field(default_factory=set)
    _names: dict[str, str] = field(default_factory=dict)
    """The names of those who are exported, by their ids."""
    _kept: dict[str, str] = field(default_factory=dict)
    """Everybody who has a kept portrait, also of other days, and which filter leaves the newest out; empty: none."""
    missing: int = 0
    """People on the roster who may be photographed and have no kept portrait at all."""
    left_out: Counter[str] = field(default_factory=Counter)
    """How many people on the roster have a kept portrait that is not exported, by the option that leaves it out."""
    passed_over: dict[str, list[str]] = field(default_factory=dict)
    """Whose portraits are left out though the options ask for them, by the reason: as ``not kept``."""
    not_agreed: dict[str, str] = field(default_factory=dict)
    """Whose exported portraits have no consent, by the person's id, for people to read."""
    not_permitted: dict[str, str] = field(default_factory=dict)
    """Who is exported though the roster says now that they must not be photographed, by the person's id: the person and
    what the roster says, for people to read."""
    returned: dict[str, datetime] = field(default_factory=dict)
    """People whose exported portraits are from before they were deleted, and when that was."""
    people: int = 0
    """How many of the portraits are somebody's."""
    others: int = 0
    """Files beside the exported portraits, such as those of an earlier export with more people."""

    def run(self) -> Iterator[Outcome]:
        """Write what is not there yet, and the manifest: before any file that it does not tell of yet, and at the end.

        Raises:
            ArchiveError: The archive or the destination cannot be used.
            ConfigError: The template has an unknown place.
        """
        chosen = self._chosen()
        self._require_known_places()
        deletions = read_deletions(self._root)
        manifest = Manifest(self.destination, lambda row: self._is_own(row, deletions))
        old = manifest.earlier
        names = Names()
        for row in old.values():
            if row.id not in chosen and self._is_withdrawn(row, deletions):
                manifest.take_back(row)
            else:
                names.claim(Path(row.file).stem, row.id)
        dates = {owner: deleted_since(deletions, owner, folder.name) for owner, folder in chosen.items()}
        self.returned = {owner: date for owner, date in dates.items() if date is not None}
        files, begun = set[str](), tuple[Row, ...]()
        owners = iter(chosen.items())
        try:
            while part := list(islice(owners, SAVE_EVERY)):
                planned = [self._planned(owner, folder, old.get(owner), names) for owner, folder in part]
                # What nobody knows of could not be taken back after an interruption.
                if to_write := [one.row for one in planned if isinstance(one, _Begun)]:
                    manifest.save(to_write)
                for one in planned:
                    begun = (one.row,) if isinstance(one, _Begun) else ()
                    outcome, made = self._written(one) if isinstance(one, _Begun) else one
                    begun = ()
                    if made is not None:
                        manifest.add(made)
                        files.add(made.file)
                    elif (before := old.get(outcome.id)) is not None and self._is_withdrawn(before, deletions):
                        manifest.take_back(before)  # It is the wrong one, also where the right one is damaged.
                    yield outcome
        except BaseException:
            with suppress(ArchiveError):  # The next run has to know what is there.
                manifest.save(begun)
            raise
        rows = manifest.save()
        self.others = len(self.destination.files(FOLDER) - files)
        if self.roster is not None:
            kept = {self.roster.own_id(owner): option for owner, option in self._kept.items()}
            written = (row.id for row in rows if row.made or self.destination.exists(row.file))
            there = kept.keys() | set(map(self.roster.own_id, written))
            absent = [subject for subject in self.roster.permitted if subject.id not in there]
            self.missing = len(absent)
            self.left_out = Counter(
                option for subject in self.roster if subject.id not in chosen and (option := kept.get(subject.id, ""))
            )
            self.destination.write(MISSING, b"".join(people_csv(self.roster, absent)))

    def _chosen(self) -> dict[str, Path]:
        """The newest capture of each person, and every capture of nobody, oldest first."""
        chosen: dict[str, Path] = {}
        passed_over: list[tuple[str, str]] = []
        for folder in capture_folders(self.archive):
            record = read_record(folder)
            if isinstance(record, Damaged):
                self.damaged.append(record)
                continue
            record = as_listed(record, self.roster)
            if any(file.role == "portrait" for file in record.files):
                option = self._left_out_by(record)
                if reason := self.choice.rule.left_out_as(record):
                    passed_over += [] if option else [(owner_of(record), reason)]
                    continue
                self._kept[owner_of(record)] = option
                if not option:
                    self._columns |= record.subject.columns.keys() if record.subject is not None else set()
                    chosen.pop(owner_of(record), None)
                    chosen[owner_of(record)] = folder
                    self._names[owner_of(record)] = "" if record.subject is None else record.subject.name
                    self.not_agreed.pop(owner_of(record), None)
                    if self.choice.rule.lacks(record) == "consent":
                        self.not_agreed[owner_of(record)] = named(record)
                    listed = None if self.roster is None else self.roster.get(owner_of(record))
                    if record.subject is not None and listed is not None and listed.refused:
                        self.not_permitted[owner_of(record)] = f"{named(record)} {listed.refused!r}"
        self.people = sum(owner != folder.name for owner, folder in chosen.items())
        # Whoever has a portrait needs no earlier take.
        for whose, reason in passed_over:
            if reason != NOT_KEPT or whose not in self._kept:
                self.passed_over.setdefault(reason, []).append(whose)
        if self.roster is not None and is_day(self.archive.name):
            # Who has a portrait of another day is not missing. The index knows without reading all records again.
            index = CaptureIndex(self._root)
            found = index.newest_kept(rule=self.choice.rule)
            self._kept = dict.fromkeys(map(self.roster.own_id, found), "--from") | self._kept
            index.close()
        return chosen

    def _require_known_places(self) -> None:
        known = {*BUILT_IN, *self._columns, *(title for subject in self.roster or () for title in subject.columns)}
        filled(self.choice.name, dict.fromkeys(known, ""), "export.name")

    def _left_out_by(self, record: Record) -> str:
        """The option of the command that leaves this portrait out; empty if it is wanted."""
        if record.measures.verdict not in self.choice.verdicts:
            return "--state"
        if self.choice.since is not None and record.taken_at.date() < self.choice.since:
            return "--since"
        return "--preset" if self.choice.preset not in (None, record.preset) else ""

    @property
    def _root(self) -> Path:
        """The archive's own folder."""
        return self.archive.parent if is_day(self.archive.name) else self.archive

    def _is_own(self, row: Row, deletions: Collection[Deletion]) -> bool:
        """Whether an exported portrait is, or was until its person was deleted, in this archive."""
        if not is_id(row.capture):
            return False
        return is_folder(folder_of(self._root, row.capture)) or was_deleted(deletions, row.id, row.capture)

    def _is_withdrawn(self, row: Row, deletions: Collection[Deletion]) -> bool:
        """Whether an exported portrait is left out now, is somebody else's, or was deleted with all of the person's.

        One that was purged because it is old is none of these.
        """
        if not is_id(row.capture):
            return False
        folder = folder_of(self._root, row.capture)
        if not is_folder(folder):
            return was_deleted(deletions, row.id, row.capture)
        found = read_record(folder)
        if isinstance(found, Damaged):
            return False
        return bool(self.choice.rule.left_out_as(found)) or owner_of(as_listed(found, self.roster)) != row.id

    def _planned(
        self, owner: str, folder: Path, before: Row | None, names: Names
    ) -> _Begun | tuple[Outcome, Row | None]:
        """Which file is to be written; or what became of the portrait, if it is there or cannot be read."""
        record = read_record(folder)
        if isinstance(record, Damaged):
            return Outcome(owner, "", "failed", record.reason), None
        record = as_listed(record, self.roster)
        name = self._names[owner]
        # A change of case alone is the same file on some file systems, and removing the old one would remove the new.
        is_named_now = before is not None and bool(name) and file_key(before.name) != file_key(name)
        portrait = folder / record.file("portrait").name
        is_there = (
            before is not None
            and not is_named_now
            and (before.capture, before.made) == (record.id, self.choice.made)
            and self.destination.exists(before.file)
        )
        if is_there and before is not None:
            # What was derived from the picture once is not derived again.
            derived = before.shape if record.has_preset_shape is None else ""
            shape = derived or self._shape(record, portrait)
            misshapen = named(record) if shape == "other" else ""
            return Outcome(owner, before.file, "unchanged", misshapen=misshapen), replace(before, shape=shape)
        suffix = ".jpg" if self.choice.format == "jpeg" else ".png"
        own, told = before.file if before is not None else "", ""
        if own.endswith(suffix) and not is_named_now:
            file = own
        else:
            try:
                file, told = self._new_file(owner, record, names, suffix, portrait, own)
            except PhotoError as error:
                return Outcome(owner, "", "failed", str(error)), None
        if before is not None and before.capture > record.id:
            is_here = is_id(before.capture) and is_folder(folder_of(self._root, before.capture))
            why = "is not wanted now" if is_here else "there is deleted, or of another booth, and not in this archive"
            told = f"the newer portrait {why}, so that of {record.taken_at:%Y-%m-%d %H:%M} counts"
        return _Begun(owner, record, portrait, before, file, told)

    def _written(self, begun: _Begun) -> tuple[Outcome, Row | None]:
        record, file = begun.record, begun.file
        try:
            data = self._made(begun.portrait, record.file("portrait").sha256)
        except PhotoError as error:
            return Outcome(begun.owner, "", "failed", str(error)), None
        shape = self._shape(record, begun.portrait)
        self.destination.write(file, data)
        if begun.before is not None and file_key(file) != file_key(begun.before.file):
            self.destination.remove(begun.before.file)
        row = Row.of(record, file, data, self.choice.made, shape)
        return Outcome(begun.owner, file, "exported", begun.told, named(record) if shape == "other" else ""), row

    def _shape(self, record: Record, portrait: Path) -> str:
        return shape_of(record, self.find_preset(record.preset), lambda: _size_wh(portrait))

    def _new_file(
        self, owner: str, record: Record, names: Names, suffix: str, portrait: Path, own: str
    ) -> tuple[str, str]:
        """The name of a new file, which replaces no other but the owner's, and what is to be told about it.

        Raises:
            PhotoError: The picture is needed to tell, and is damaged.
        """
        text, unknown = filled_or_id(self.choice.name, {**template_values(record), "n": names.number()})
        wanted = safe_name(text)
        stem, number = names.claim(wanted, owner), 1
        # The same picture may be there, such as where somebody has removed the manifest.
        while (
            (file := f"{FOLDER}/{stem}{suffix}") != own
            and self.destination.exists(file)
            and self.destination.read(file) != self._made(portrait, record.file("portrait").sha256)
        ):
            number += 1
            stem = names.claim(f"{wanted}-{number}", owner)
        if stem != wanted:
            return file, "the file's name has a number: somebody else, or another file, has the name already"
        if unknown and record.subject is None:
            return file, "the file is named after the capture: nobody said whose portrait it is"
        return file, f"the file is named by the ID: there is no {{{unknown}}} of this person" if unknown else ""

    def _made(self, path: Path, sha256: str) -> bytes:
        stored = _read(path)
        if hashlib.sha256(stored).hexdigest() != sha256:
            raise PhotoError(f"{path}: damaged: it is not the picture that was saved")
        choice = self.choice
        fits = choice.largest_bytes is None or len(stored) <= choice.largest_bytes
        if choice.format == "jpeg" and path.suffix == ".jpg" and choice.longest_px is None and fits:
            return stored
        image = within_px(decode_picture(stored), choice.longest_px)
        if choice.format == "png":
            return encode_png(image, choice.dpi)
        return jpeg_within(image, choice.dpi, choice.quality, choice.largest_bytes)


def _read(path: Path) -> bytes:
    try:
        return read_regular_file(path)
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read: {error.strerror}") from error


def _size_wh(path: Path) -> tuple[int, int] | None:
    """The size of a picture file, which for a JPEG is read without decoding it; None if it is none."""
    try:
        data = _read(path)
        if (found := jpeg_size_wh(data)) is not None:
            return found
        height, width = decode_picture(data).shape[:2]
    except PhotoError:
        return None
    return width, height
