"""Names for uploaded portraits, as ``export.name`` says: one for each person, and never another person's."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import Deletion, read_deletions, was_deleted
from capture_station.archive.index import CaptureIndex
from capture_station.archive.record import Record
from capture_station.config.values import template_places
from capture_station.export.file_names import Names, file_key, safe_name
from capture_station.export.template import filled_or_id, owner_of, template_values
from capture_station.regular_files import read_regular_file
from capture_station.release import ALL_KEPT, ReleaseRule
from capture_station.subjects.shared_state import read_shared_state, state_file_name
from capture_station.upload.shared_states import FOLDER
from capture_station.upload.target import Target

KNOWN_PER_FILE = 4
_OF_A_PORTRAIT = {"date", "time", "preset", "capture", "n"}
"""Places of a template that differ between the portraits of one person."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Uploaded:
    """What the target has of one person, or of one capture of nobody."""

    name: str
    capture: str
    """The newest; empty: it is not the person's any more, and its files have to go."""
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """sha256 of what was sent under each name in the target, newest first. Old versions did not remember it."""
    person: str = ""
    """sha256 of the person's name; empty where nobody said it, or an old version did not remember it."""
    outdated: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """As ``files``: what was sent under other names, and has to go. Person or settings were others then."""


class TargetNames:
    """Gives out names, and remembers in the archive's folder what was uploaded under them. Used by one thread.

    Args:
        archive: The archive whose captures are uploaded.
        template: As ``export.name``.
        target: Where they go.
        rule: Which captures are uploaded.
        station: This booth's name, where booths tell each other in the target whom they have photographed.
    """

    def __init__(
        self, archive: Archive, template: str, target: Target, rule: ReleaseRule = ALL_KEPT, station: str = ""
    ) -> None:
        self._archive = archive
        self._template = template
        self._target = target
        self._rule = rule
        places = template_places(template)
        # Only then do all booths give the same name to all portraits of a person.
        same = "subject" in places and _OF_A_PORTRAIT.isdisjoint(places)
        self._station = station if same else ""
        self._told_apart = not {"subject", "capture"}.isdisjoint(places)
        """Two people cannot have one name, so what the target has under a name is an older portrait of the person."""
        self._names = Names()
        self._purged: set[str] = set()
        """Captures that are gone because they were old; they need not be looked for again until somebody is deleted."""
        self._deletions = 0
        self._written = 0
        """Entries in the file, also outdated ones; 0: nobody knows, and it has to be written anew."""
        self._of_owner = self._remembered()
        for owner, uploaded in self._of_owner.items():
            self._names.claim(uploaded.name, owner)

    @property
    def are_shared(self) -> bool:
        """Whether a booth's portrait replaces another booth's of the same person."""
        return bool(self._station)

    def claim(self, record: Record) -> str | None:
        """The name of a capture's files, without suffix; None if a newer portrait of the person has it.

        Raises:
            Exception: Whatever the target's library raises.
        """
        owner = owner_of(record)
        if self._is_newer_elsewhere(record):
            return None
        before = self._of_owner.get(owner)
        if before is not None and record.id < before.capture:
            return None
        if before is not None and not _is_named_now(before, record):
            return before.name
        text, unknown = filled_or_id(self._template, {**template_values(record), "n": self._names.number()})
        if unknown:
            log.warning("export.name: there is no {%s} of one person; the upload is named by the ID", unknown)
        return self._free(safe_name(text), owner)

    def remember(self, record: Record, name: str, files: Mapping[str, str]) -> None:
        """Remember which files are about to be uploaded under a claimed name: sha256 by the name in the target.

        Raises:
            ArchiveError: They cannot be remembered.
        """
        before = self._of_owner.get(owner_of(record), _Uploaded(name, ""))
        # The older ones as well: nobody knows which of them is there after an interruption.
        known = {**before.outdated, **before.files}
        sent = {
            file: [sha256, *(one for one in known.get(file, ()) if one != sha256)][:KNOWN_PER_FILE]
            for file, sha256 in files.items()
        }
        uploaded = _Uploaded(
            name,
            record.id,
            sent,
            _person_of(record) or before.person,
            {file: hashes for file, hashes in known.items() if file not in sent},
        )
        if uploaded != before or not self._written:  # An earlier attempt may have failed.
            self._of_owner[owner_of(record)] = uploaded
            self._save(owner_of(record))

    def find_wrong(self) -> None:
        """Find uploaded portraits that are not the person's any more: given to somebody else, retaken, or deleted.

        If the person has an older portrait, it becomes due again, also where somebody removed the newer one. One that
        was purged because it is old stays.

        Raises:
            ArchiveError: The archive cannot be read or written.
        """
        if not (self._archive.folder / names.REMOVED).exists():
            self._archive.write_file(names.REMOVED, b"")
        owners = self._archive.query(CaptureIndex.kept_owners)
        deletions = read_deletions(self._archive.folder)
        if len(deletions) != self._deletions:
            self._deletions = len(deletions)
            self._purged.clear()
        sure = self._purged | {""}
        doubtful = [
            owner
            for owner, one in self._of_owner.items()
            if owners.get(one.capture) != owner and one.capture not in sure
        ]
        if not doubtful:
            return
        newest = self._archive.query(lambda index: index.newest_kept_captures(rule=self._rule))
        if wrong := [owner for owner in doubtful if self._is_wrong(owner, deletions, newest.get(owner, ("",))[0])]:
            for owner in wrong:
                if owner in newest:
                    self._archive.remove_marker(newest[owner][0], names.UPLOADED)
                self._of_owner[owner] = replace(self._of_owner[owner], capture="")
            self._save(*wrong)

    def withdraw(self) -> None:
        """Remove the files of wrong portraits and wrong names from the target. One that was replaced there stays.

        Raises:
            ArchiveError: It cannot be remembered that they are gone.
            Exception: Whatever the target's library raises. The next call goes on.
        """
        gone = False
        try:
            for owner, uploaded in list(self._of_owner.items()):
                if uploaded.capture and not uploaded.outdated:
                    continue
                # Behind the others: if it cannot be taken back, the next call begins with theirs.
                self._of_owner[owner] = self._of_owner.pop(owner)
                if not uploaded.capture:
                    self._take_back({**uploaded.outdated, **uploaded.files})
                    del self._of_owner[owner]
                else:
                    self._take_back(uploaded.outdated)
                    self._of_owner[owner] = replace(uploaded, outdated={})
                gone = True
        finally:
            if gone:
                self._save()  # As a whole: the names are to be gone from the disk, too.

    def _is_newer_elsewhere(self, record: Record) -> bool:
        """Whether another booth has told of a newer portrait of the person, which the target has under the same name.

        The picture has to be newer, and so has what is told: booths also tell anew about old pictures.
        """
        if not self._station or record.subject is None:
            return False
        data = self._target.read(PurePosixPath(FOLDER, state_file_name(record.subject.id)))
        try:
            told = read_shared_state(json.loads(data or b""))
        except ValueError:  # Nobody has told anything, or a damaged file.
            return False
        newer = told.capture > record.id and told.changed_at > record.taken_at
        return newer and told.station != self._station and told.state != "missing"

    def _take_back(self, files: Mapping[str, Sequence[str]]) -> None:
        for name, known in files.items():
            place = PurePosixPath(name)
            data = self._target.read(place)
            if data is not None and hashlib.sha256(data).hexdigest() not in known:
                log.warning("an uploaded file is not taken back from the target: something else has replaced it")
                continue
            self._target.remove(place)  # Also where there is none: an interrupted upload may have left a part.
            if data is not None:
                log.info("took an uploaded file back from the target: the portrait is not the person's any more")

    def _is_wrong(self, owner: str, deletions: Sequence[Deletion], newest: str) -> bool:
        capture_id = self._of_owner[owner].capture
        found = self._archive.find(capture_id)
        if isinstance(found, Record):
            return not found.kept or owner_of(found) != owner
        if found is not None:
            return False
        replaced = "" < newest < capture_id and self._was_removed(capture_id)
        deleted = replaced or was_deleted(deletions, owner, capture_id)
        if not deleted and owner == capture_id and self._told_apart:
            del self._of_owner[owner]  # Nobody's, and gone: nothing can become wrong, and nobody else gets its name.
        elif not deleted:
            self._purged.add(capture_id)
        return deleted

    def _was_removed(self, capture_id: str) -> bool:
        """Whether somebody has removed this one, as ``names.REMOVED`` says."""
        with suppress(OSError):
            return capture_id.encode() in read_regular_file(self._archive.folder / names.REMOVED)
        return False

    def _save(self, *owners: str) -> None:
        """Add these entries to the file. Without them, or if it is outdated by half, write all that is true anew."""
        written = self._written + len(owners)
        anew = not owners or not self._written or written > 2 * len(self._of_owner)
        lines = "".join(self._line(owner) for owner in (self._of_owner if anew else owners)).encode()
        self._written = 0  # An error may leave a part of a line.
        if anew:
            self._archive.write_file(names.UPLOAD_NAMES, lines)
        else:
            self._archive.append_to_file(names.UPLOAD_NAMES, lines)
        self._written = len(self._of_owner) if anew else written

    def _line(self, owner: str) -> str:
        one = self._of_owner[owner]
        return json.dumps({owner: (one.name, one.capture, one.files, one.person, one.outdated)}) + "\n"

    def _free(self, wanted: str, owner: str) -> str:
        name = self._names.claim(wanted, owner)
        number, own = 1, self._of_owner[owner].name if owner in self._of_owner else ""
        while not self._told_apart and name != own and self._target.has(name):
            # Another booth wrote it, perhaps about somebody of the same name.
            number += 1
            name = self._names.claim(f"{wanted}-{number}", owner)
        if name != wanted:
            log.warning("the target has a portrait of somebody else under one name already: one is numbered")
        return name

    def _remembered(self) -> dict[str, _Uploaded]:
        """What is in the file: of each owner, the last entry counts. Old versions wrote all of them into one line."""
        remembered = dict[str, _Uploaded]()
        with suppress(OSError):
            for line in read_regular_file(self._archive.folder / names.UPLOAD_NAMES).splitlines():
                # A crash may have torn the last line. Nothing was uploaded yet of what it was about.
                with suppress(ValueError, TypeError, AttributeError):
                    remembered |= {owner: _Uploaded(*values) for owner, values in json.loads(line).items()}
        return remembered


def _person_of(record: Record) -> str:
    """As ``_Uploaded.person``: what is remembered for years holds no more names than the target."""
    name = "" if record.subject is None else record.subject.name
    return hashlib.sha256(file_key(name).encode()).hexdigest() if name else ""


def _is_named_now(before: _Uploaded, record: Record) -> bool:
    """Whether the id is another person's now, or the person's name was corrected."""
    person = _person_of(record)
    return bool(person and before.person) and person != before.person
