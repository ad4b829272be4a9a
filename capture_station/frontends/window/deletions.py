"""Tells whether the portrait that is shown was deleted, on whatever screen: nobody is to see it any more."""

from __future__ import annotations

import contextlib

from capture_station.errors import StationError
from capture_station.station.contract import PublicStation


class Deletions:
    """What one part of the window has learned of them. Used by one thread."""

    def __init__(self, station: PublicStation) -> None:
        self._station = station
        self._changes, _ = station.changes(0)

    def include(self, capture_id: str) -> bool:
        """Whether this capture was deleted since the last call."""
        self._changes, changed = self._station.changes(self._changes)
        if capture_id in changed:
            with contextlib.suppress(StationError):  # A disk that hangs delays nobody.
                return self._station.find(capture_id) is None
        return False
