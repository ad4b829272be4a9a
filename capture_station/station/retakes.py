"""Marks a portrait that was taken again as not kept, once the new one is kept, and back if that is somebody else's."""

from __future__ import annotations

import logging
import math
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
        mark: Marks a capture as kept or not.
        find: Finds a capture.
    """

    def __init__(self, mark: Callable[[str, bool], object], find: Callable[[str], Saved | None]) -> None:
        self._mark = mark
        self._find = find
        self._replaces: dict[str, str] = {}
        """What a capture that nobody has kept yet is to replace."""
        self._replaced: dict[str, str] = {}
        """The kept capture in whose place a capture is."""
        self._undecided_until_s: dict[str, float] = {}

    def taken(self, shot: Shot) -> None:
        """A portrait is saved."""
        if shot.retakes is None:
            return
        self._replaces[shot.id] = shot.retakes
        if shot.kept:
            self.kept(shot.id)
            return
        # What the one before was to replace waits for this one, too.
        old: str | None = shot.retakes
        while old is not None:
            self._undecided_until_s[old] = time.monotonic() + UNDECIDED_S
            old = self._replaces.get(old)

    def kept(self, capture_id: str) -> None:
        """Somebody keeps a capture. It replaces the one before, and so on."""
        new = capture_id
        while (old := self._replaces.pop(new, None)) is not None:
            self._undecided_until_s.pop(old, None)
            self._replace(old, capture_id)
            new = old

    def given_away(self, capture_id: str, subject_id: str) -> None:
        """A capture turned out not to be of this person, who has the portrait from before again."""
        old = self._replaced.pop(capture_id, None)
        if old is None:
            return
        try:
            before = self._find(old)
            if before is not None and not before.kept and _subject(before) == subject_id:
                self._mark(old, True)
        except StationError as error:  # The disk is full, or hangs.
            log.warning("the portrait from before is not kept again: %s", error)

    def undecided(self, capture_id: str) -> bool:
        """Whether somebody may still decide for a newer portrait in place of this one."""
        return time.monotonic() < self._undecided_until_s.get(capture_id, -math.inf)

    def _replace(self, old: str, new: str) -> None:
        try:
            before, after = self._find(old), self._find(new)
            # If it turned out to be somebody else's, nobody loses the portrait from before.
            if before is not None and after is not None and _subject(before) in (None, _subject(after)):
                self._mark(old, False)
                if before.kept:
                    self._replaced[new] = old
        except StationError as error:  # It was removed elsewhere, or the disk is full.
            log.warning("not marked as retaken: %s", error)


def _subject(saved: Saved) -> str | None:
    return None if saved.subject is None else saved.subject.id
