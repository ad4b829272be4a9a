"""Lists the captures of an archive by the names of their folders, without writing or locking anything.

Symlinks are not followed: they may lead out of the archive.
"""

from __future__ import annotations

import os
import stat
import time
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from capture_station.archive import names
from capture_station.errors import ArchiveError

SETTLED_AFTER_S = 2.0
"""File systems store times of change in steps of up to 2 s (FAT). Within a step, a second change may go unnoticed."""

Listing = dict[str, tuple[int, list[str]]]
"""The last days that were listed, with the time of change of the folder and the ids in ascending order."""


def capture_ids(
    archive: Path,
    day: str = "",
    before: str | None = None,
    must_be_open: bool = False,
    listing: Listing | None = None,
) -> Iterator[str]:
    """Ids of captures, newest first. Folders of days are read one at a time.

    Args:
        archive: The archive's folder.
        day: Name of a day's folder; only its captures are listed.
        before: An id; only lesser ids are listed.
        must_be_open: Whether ``Archive.open`` has run on this archive. A folder without ``.unfinished`` is then an
            empty mount point and an error.
        listing: Spares reading the folder of a large day again for each page of it.

    Raises:
        ArchiveError: The archive is not there or cannot be read.
    """
    last_day = None if before is None else f"{before[:4]}-{before[4:6]}-{before[6:8]}"
    required = archive / names.UNFINISHED if must_be_open else archive
    try:
        os.stat(required)
        for name in [day] if day else days(archive):
            if last_day is None or name <= last_day:
                ids = ids_of_day(archive, name, listing)
                if not ids:
                    # A day's folder vanishes with its last capture. ``required`` vanishes only with the disk.
                    os.stat(required)
                end = len(ids) if before is None else bisect_left(ids, before)
                for index in reversed(range(end)):
                    yield ids[index]
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


def days(archive: Path) -> list[str]:
    """Names of the days' folders, newest first."""
    with os.scandir(archive) as entries:
        found = [entry.name for entry in entries if names.is_day(entry.name) and entry.is_dir(follow_symlinks=False)]
    return sorted(found, reverse=True)


def ids_of_day(archive: Path, day: str, listing: Listing | None = None) -> list[str]:
    """Ids of a day's captures in ascending order; none if the day is gone or not a folder."""
    folder, prefix = archive / day, f"{day.replace('-', '')}-"
    try:
        changed_ns = os.lstat(folder).st_mtime_ns
        if listing is not None and listing.get(day, (0,))[0] == changed_ns:
            return listing[day][1]
        with os.scandir(folder) as entries:
            ids = sorted(
                entry.name
                for entry in entries
                if entry.name.startswith(prefix) and names.is_id(entry.name) and entry.is_dir(follow_symlinks=False)
            )
    except (FileNotFoundError, NotADirectoryError):
        return []
    if listing is not None and is_settled(changed_ns):
        # A page may end in the day before, so two days are kept.
        for older in list(listing)[:-1]:
            listing.pop(older, None)
        listing[day] = changed_ns, ids
    return ids


def is_real_folder(capture: Path) -> bool:
    """Whether a capture's folder and that of its day exist and are not symlinks."""
    try:
        return all(stat.S_ISDIR(os.lstat(folder).st_mode) for folder in (capture.parent, capture))
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_settled(changed_ns: int) -> bool:
    """Whether any later change gets another time. If the clock was set back, later times differ as well."""
    return not 0 <= time.time() - changed_ns / 1e9 < SETTLED_AFTER_S
