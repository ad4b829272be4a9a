"""Where the station keeps its own small files: the service's state folder, else the user's."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from capture_station import shipped
from capture_station.errors import StationError


def state_folder() -> Path:
    """Return the folder, which need not exist yet (systemd.exec(5), XDG Base Directory Specification).

    Raises:
        StationError: The user has no home folder.
    """
    if folders := os.environ.get("STATE_DIRECTORY"):
        return Path(folders.split(":")[0])
    if folder := os.environ.get("XDG_STATE_HOME"):
        return Path(folder) / "capture-station"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise StationError("this user has no home folder; set HOME or XDG_STATE_HOME") from error
    # The service's user, who runs a command such as check-config.
    return home if home == shipped.SERVICE_STATE else home / ".local" / "state" / "capture-station"


def station_folder(socket: Path | None) -> Path:
    """Return the folder for what is one station's own: two stations of one user differ in their sockets.

    Args:
        socket: As ``remote.socket``.

    Raises:
        StationError: The user has no home folder.
    """
    name = "default" if socket is None else f"{socket.stem}-{hashlib.sha256(os.fsencode(socket)).hexdigest()[:8]}"
    return state_folder() / "stations" / name


def take_over(folder: Path) -> None:
    """Give a station without a folder what older versions kept for all stations of this user.

    Settings and logouts were each station's, so each gets a copy. The first one takes what waits for a printer.
    """
    before = state_folder()
    with suppress(OSError):  # A folder that cannot be read or written stops no station.
        if folder.exists():
            return
        folder.mkdir(mode=0o700, parents=True)
        for kept in (before / "kept-settings.json", *before.glob("web-logouts-*")):
            if kept.exists():
                shutil.copy2(kept, folder)
        (before / "print-jobs").rename(folder / "print-jobs")
