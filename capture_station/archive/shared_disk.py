"""A file system on which a group of the system may read portraits; everything else stays private."""

from __future__ import annotations

import grp
import os
from pathlib import Path

from capture_station.archive import names
from capture_station.archive.disk import Disk
from capture_station.errors import ConfigError

_FOLDER_MODE, _FILE_MODE = 0o750, 0o640


def open_disk(group: str) -> Disk:
    """The disk of an archive whose portraits this group may read; of a private archive if the name is empty.

    Raises:
        ConfigError: There is no such group, or the user may not give files to it.
    """
    if not group:
        return Disk()
    group_id = group_id_of(group)
    if os.geteuid() != 0 and group_id not in (os.getegid(), *os.getgroups()):
        raise ConfigError(
            f"archive.group: the station's user is not in the group {group!r}; "
            f"run `sudo usermod -aG {group} USER` and log in again, or `capture-station service install` for a service"
        )
    return SharedDisk(group_id)


def group_id_of(group: str) -> int:
    """The number of a group.

    Raises:
        ConfigError: There is no such group.
    """
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ConfigError(f"archive.group: this machine has no group {group!r}") from None


class SharedDisk(Disk):
    """Portraits are readable by a group, and so are the names of days and captures."""

    def __init__(self, group_id: int) -> None:
        self._group_id = group_id

    def make_folder(self, path: Path) -> None:
        try:
            super().make_folder(path)
        except FileExistsError:
            self._share_folder(path)
            raise
        self._share_folder(path)

    def create(self, path: Path, mode: int = 0o600) -> int:
        descriptor = super().create(path, mode)
        if names.is_portrait(path.name):
            try:
                self._share(descriptor, _FILE_MODE)
            except OSError:
                self.close(descriptor)
                raise
        return descriptor

    def _share_folder(self, path: Path) -> None:
        if names.is_id(path.name):
            self._share(path, _FOLDER_MODE)
        elif names.is_day(path.name):
            # The archive's folder and that of a day may be older than the setting.
            self._share(path, _FOLDER_MODE)
            self._share(path.parent, _FOLDER_MODE)

    def _share(self, file: Path | int, mode: int) -> None:
        status = os.stat(file)
        if status.st_uid != os.geteuid():
            return  # Whoever made it decided who may read it.
        # A service runs in the group, and its sandbox forbids chown.
        if status.st_gid != self._group_id:
            os.chown(file, -1, self._group_id)
        os.chmod(file, mode)
