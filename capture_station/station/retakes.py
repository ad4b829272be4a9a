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
        """What a capture is to replace once it is kept, and of the same person."""
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

    def corrected(self, capture_id: str, from_id: str | None) -> None:
        """A capture turned out not to be of this person, who has the portrait from before again; None: of nobody.

        If it turns out to be of that person after all, it replaces the portrait from before again.
        """
        old = None if from_id is None else self._replaced.pop(capture_id, None)
        try:
            before = None if old is None else self._find(old)
            if old is not None and before is not None and not before.kept and _subject(before) == from_id:
                self._mark(old, True)
                self._replaces[capture_id] = old
            after = self._find(capture_id) if capture_id in self._replaces else None
            if after is not None and after.kept:
                self.kept(capture_id)
        except StationError as error:  # The disk is full, or hangs.
            log.warning("which portrait counts after a correction is not marked: %s", error)

    def undecided(self, capture_id: str) -> bool:
        """Whether somebody may still decide for a newer portrait in place of this one."""
        return time.monotonic() < self._undecided_until_s.get(capture_id, -math.inf)

    def _replace(self, old: str, new: str) -> None:
        try:
            before, after = self._find(old), self._find(new)
            if before is None or after is None:
                return
            if _subject(before) in (None, _subject(after)):
                self._mark(old, False)
                if before.kept:
                    self._replaced[new] = old
            elif before.kept:  # It turned out to be somebody else's: nobody loses the portrait from before meanwhile.
                self._replaces[new] = old
        except StationError as error:  # It was removed elsewhere, or the disk is full.
            log.warning("not marked as retaken: %s", error)


def _subject(saved: Saved) -> str | None:
    return None if saved.subject is None else saved.subject.id
