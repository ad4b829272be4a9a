"""Which captures there are, by the names of their folders; nothing is written or locked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from capture_station.archive import names
from capture_station.errors import ArchiveError


def capture_ids(archive: Path, day: str = "", before: str | None = None, opened: bool = False) -> Iterator[str]:
    """Ids of all captures, or those of one day, or only such below ``before``; newest first, a day read at a time.

    Args:
        archive: Its folder.
        day: Name of a day's folder.
        before: An id.
        opened: Whether ``Archive.open`` was there: a folder without ``.unfinished`` is then an empty mount point.

    Raises:
        ArchiveError: The archive is away or cannot be read.
    """
    last_day = None if before is None else f"{before[:4]}-{before[4:6]}-{before[6:8]}"
    sign = archive / names.UNFINISHED if opened else archive
    try:
        os.stat(sign)
        for name in [day] if day else _sorted_names(archive):
            if names.is_day(name) and (last_day is None or name <= last_day):
                for capture_id in _sorted_names_of_day(archive / name, sign):
                    here = names.is_id(capture_id) and names.folder_of(archive, capture_id).parent.name == name
                    if here and (before is None or capture_id < before):
                        yield capture_id
    except OSError as error:
        raise ArchiveError(f"{archive}: portraits cannot be read here: {error.strerror}; check the disk") from error


def capture_folders(folder: Path) -> list[Path]:
    """Folders of the captures in an archive, or in one day of it, oldest first."""
    folder = folder.absolute()
    if names.is_day(folder.name):
        archive, found = folder.parent, capture_ids(folder.parent, folder.name)
    else:
        archive, found = folder, capture_ids(folder)
    return [names.folder_of(archive, capture_id) for capture_id in found][::-1]


def _sorted_names(folder: Path) -> list[str]:
    """Names in a folder, last first."""
    return sorted(os.listdir(folder), reverse=True)


def _sorted_names_of_day(folder: Path, sign: Path) -> list[str]:
    """The same of a day; none where it is gone with its last capture, while the archive's ``sign`` is there."""
    try:
        return _sorted_names(folder)
    except (FileNotFoundError, NotADirectoryError):
        os.stat(sign)
        return []
