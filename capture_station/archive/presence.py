"""Whether there is an archive in a folder, without opening one, which would create it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from capture_station.archive import names
from capture_station.errors import ArchiveError


def is_archive(folder: Path) -> bool:
    """Whether there is an archive in this folder.

    Raises:
        ArchiveError: It belongs to another user, and this one may not look.
    """
    return is_folder(folder / names.UNFINISHED, folder)


def is_folder(path: Path, within: Path | None = None) -> bool:
    """Whether this is a folder.

    Raises:
        ArchiveError: ``within``, or the folder itself, belongs to another user, and this one may not look.
    """
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except PermissionError as error:
        raise ArchiveError(f"{within or path}: belongs to another user; run this command as that user") from error
    except OSError:
        return False
