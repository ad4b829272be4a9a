"""Names for uploaded portraits, as ``export.name`` says: one for each person, and never another person's."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import read_deletions
from capture_station.archive.record import Record
from capture_station.config.values import template_places
from capture_station.export.file_names import Names, safe_name
from capture_station.export.template import filled, owner_of, template_values
from capture_station.regular_files import read_regular_file

log = logging.getLogger(__name__)


class TargetNames:
    """Gives out names, and remembers them in the archive's folder. Used by one thread.

    Args:
        archive: The archive whose captures are uploaded.
        template: As ``export.name``.
        is_taken: Whether the target has a file whose name begins with this and a dot.
    """

    def __init__(self, archive: Archive, template: str, is_taken: Callable[[str], bool]) -> None:
        self._archive = archive
        self._template = template
        self._is_taken = is_taken
        self._told_apart = not {"subject", "capture"}.isdisjoint(template_places(template))
        """Two people cannot have one name, so what the target has under a name is an older portrait of the person."""
        self._names = Names()
        self._of_owner: dict[str, tuple[str, str]] = {}
        """Name and newest capture of each person, or of each capture of nobody."""
        deleted = {deletion.subject for deletion in read_deletions(archive.folder)}
        remembered = self._remembered()
        for owner, (name, capture_id) in remembered.items():
            if owner in deleted and archive.find(capture_id) is None:
                continue  # Nothing of the person stays.
            self._names.claim(name, owner)
            self._of_owner[owner] = name, capture_id
        if len(self._of_owner) < len(remembered):
            self._save()

    def claim(self, record: Record) -> str | None:
        """The name of a capture's files, without suffix; None if a newer portrait of the person has it.

        Raises:
            ConfigError: The template has an unknown place.
            ArchiveError: The name cannot be remembered.
            Exception: Whatever ``is_taken`` raises.
        """
        owner = owner_of(record)
        if owner in self._of_owner:
            name, newest = self._of_owner[owner]
            if record.id < newest:
                return None
        else:
            name = self._free(safe_name(filled(self._template, template_values(record), "export.name")), owner)
        if self._of_owner.get(owner) != (name, record.id):
            self._of_owner[owner] = name, record.id
            self._save()
        return name

    def _save(self) -> None:
        self._archive.write_file(names.UPLOAD_NAMES, json.dumps(self._of_owner).encode())

    def _free(self, wanted: str, owner: str) -> str:
        name = self._names.claim(wanted, owner)
        number = 1
        while not self._told_apart and self._is_taken(name):
            # Another booth wrote it, perhaps about somebody of the same name.
            number += 1
            name = self._names.claim(f"{wanted}-{number}", owner)
        if name != wanted:
            log.warning("the target has a portrait of somebody else under one name already: one is numbered")
        return name

    def _remembered(self) -> dict[str, tuple[str, str]]:
        try:
            stored = json.loads(read_regular_file(self._archive.folder / names.UPLOAD_NAMES))
            return {str(owner): (str(name), str(capture)) for owner, (name, capture) in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
