"""Where the station keeps its own small files: the service's state folder, else the user's."""

from __future__ import annotations

import os
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
