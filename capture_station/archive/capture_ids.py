"""Lists the captures of an archive by the names of their folders, without writing or locking anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from capture_station.archive import names
from capture_station.errors import ArchiveError


def capture_ids(archive: Path, day: str = "", before: str | None = None, must_be_open: bool = False) -> Iterator[str]:
    """Ids of captures, newest first. Folders of days are read one at a time.

    Args:
        archive: The archive's folder.
        day: Name of a day's folder; only its captures are listed.
        before: An id; only lesser ids are listed.
        must_be_open: Whether ``Archive.open`` has run on this archive. A folder without ``.unfinished`` is then an
            empty mount point and an error.

    Raises:
        ArchiveError: The archive is not there or cannot be read.
    """
    last_day = None if before is None else f"{before[:4]}-{before[4:6]}-{before[6:8]}"
    required = archive / names.UNFINISHED if must_be_open else archive
    try:
        os.stat(required)
        for name in [day] if day else _sorted_names(archive):
            if names.is_day(name) and (last_day is None or name <= last_day):
                for capture_id in _sorted_names_of_day(archive / name, required):
                    here = names.is_id(capture_id) and names.folder_of(archive, capture_id).parent.name == name
                    if here and (before is None or capture_id < before):
                        yield capture_id
    except OSError as error:
        raise ArchiveError(f"{archive}: portraits cannot be read here: {error.strerror}; check the disk") from error


def capture_folders(folder: Path) -> list[Path]:
    """Folders of the captures in an archive or in one of its days, oldest first."""
    folder = folder.absolute()
    if names.is_day(folder.name):
        archive, found = folder.parent, capture_ids(folder.parent, folder.name)
    else:
        archive, found = folder, capture_ids(folder)
    return [names.folder_of(archive, capture_id) for capture_id in found][::-1]


def _sorted_names(folder: Path) -> list[str]:
    """Names in a folder, in descending order."""
    return sorted(os.listdir(folder), reverse=True)


def _sorted_names_of_day(folder: Path, required: Path) -> list[str]:
    """The same for a day, whose folder vanishes with its last capture; ``required`` vanishes only with the disk."""
    try:
        return _sorted_names(folder)
    except (FileNotFoundError, NotADirectoryError):
        os.stat(required)
        return []
