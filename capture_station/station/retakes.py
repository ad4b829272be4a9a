"""Marks a portrait that was taken again as not kept, once the new one is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable

from capture_station.errors import StationError
from capture_station.station.status import Shot

log = logging.getLogger(__name__)


class Retakes:
    """The portraits that wait for what becomes of their retake. Thread-safe.

    A doubtful retake replaces nothing until somebody keeps it: whoever walks away has the portrait from before.

    Args:
        mark: Marks a capture as not kept.
    """

    def __init__(self, mark: Callable[[str], None]) -> None:
        self._mark = mark
        self._replaced_by: dict[str, str] = {}
        """The capture to be marked, by the doubtful one that was taken in its place."""

    def taken(self, shot: Shot) -> None:
        """A portrait is saved."""
        if shot.retakes is None:
            return
        # A doubtful portrait that is taken again stood for an older one.
        before = self._replaced_by.pop(shot.retakes, shot.retakes)
        if shot.kept:
            self._replace(before)
        else:
            self._replaced_by[shot.id] = before

    def kept(self, capture_id: str) -> None:
        """Somebody keeps a capture."""
        if (before := self._replaced_by.pop(capture_id, None)) is not None:
            self._replace(before)

    def _replace(self, capture_id: str) -> None:
        try:
            self._mark(capture_id)
        except StationError as error:  # It was removed elsewhere, or the disk is full.
            log.warning("not marked as retaken: %s", error)
