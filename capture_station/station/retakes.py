"""Marks a portrait that was taken again as not kept, once the new one is kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from capture_station.errors import StationError
from capture_station.station.status import Saved, Shot

UNDECIDED_S = 90.0
"""Screens ask for a minute whether a doubtful portrait is kept."""

log = logging.getLogger(__name__)


class Retakes:
    """The portraits that wait for what becomes of their retake. Thread-safe. A restart forgets them, and both stay.

    A doubtful retake replaces nothing until somebody keeps it: whoever walks away has the portrait from before.

    Args:
        mark: Marks a capture as not kept.
        find: Finds a capture.
    """

    def __init__(self, mark: Callable[[str], None], find: Callable[[str], Saved | None]) -> None:
        self._mark = mark
        self._find = find
        self._replaces: dict[str, tuple[str, float]] = {}
        """What a doubtful capture is to replace, and when it was taken."""

    def taken(self, shot: Shot) -> None:
        """A portrait is saved."""
        if shot.retakes is None:
            return
        now_s, new = time.monotonic(), shot.id
        self._replaces[new] = shot.retakes, now_s
        # What the one before was to replace waits for this one, too.
        while (replaced := self._replaces.get(new)) is not None:
            self._replaces[new] = replaced[0], now_s
            new = replaced[0]
        if shot.kept:
            self.kept(shot.id)

    def kept(self, capture_id: str) -> None:
        """Somebody keeps a capture. It replaces the one before, and so on."""
        new = capture_id
        while (replaced := self._replaces.pop(new, None)) is not None:
            self._replace(replaced[0], capture_id)
            new = replaced[0]

    def are_open(self, capture_id: str) -> bool:
        """Whether somebody may still decide for a newer portrait in place of this one."""
        now_s = time.monotonic()
        # A copy: another thread may add one meanwhile.
        return any(old == capture_id and now_s - at_s < UNDECIDED_S for old, at_s in list(self._replaces.values()))

    def _replace(self, old: str, new: str) -> None:
        try:
            before, after = self._find(old), self._find(new)
            # If it turned out to be somebody else's, nobody loses the portrait from before.
            if before is not None and after is not None and _subject(before) in (None, _subject(after)):
                self._mark(old)
        except StationError as error:  # It was removed elsewhere, or the disk is full.
            log.warning("not marked as retaken: %s", error)


def _subject(saved: Saved) -> str | None:
    return None if saved.subject is None else saved.subject.id
