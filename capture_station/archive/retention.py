"""Removes captures when their time is over: those that are kept after one time, those that were retaken after another.
Where captures are handed on, those that are kept are removed only afterwards, but for the demo's, which nobody awaits.

Their age is that of ``ages.py``, which no clock can make too high. Captures are removed at the start and every hour,
and so is the count of time made durable; the stop does that, too, or a booth that is on for some hours a day would lose
them.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.capture_ages import Ages, Moment, moment
from capture_station.archive.record import Damaged, Record
from capture_station.errors import ArchiveError

LOOK_EVERY_S = 3600.0
PAUSE_S = 0.01
"""Between two captures, so that the preview does not stutter."""
DAY_S = 86400.0

log = logging.getLogger(__name__)


class Retention:
    """Holds to ``archive.keep_days`` and ``archive.keep_retaken_days``. ``run`` is one thread's.

    Args:
        archive: Whose captures they are.
        now: What the machine knows of the time.
        handed_on_first: Captures stay until they are handed on, however old, but for those that were retaken.
    """

    def __init__(self, archive: Archive, now: Callable[[], Moment] = moment, *, handed_on_first: bool = False) -> None:
        self._archive = archive
        self._now = now
        self._handed_on_first = handed_on_first
        settings = archive.settings
        self._kept_s = math.inf if settings.keep_days is None else settings.keep_days * DAY_S
        retaken_days = settings.keep_retaken_days
        self._retaken_s = self._kept_s if retaken_days is None else retaken_days * DAY_S

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set."""
        self.look(stop)
        while not stop.is_set():
            stop.wait(LOOK_EVERY_S)
            self.look(stop)

    def look(self, stop: threading.Event) -> None:
        """Count on, and remove what is due until ``stop`` is set; a disk that does not obey is told.

        The count is written last: a full disk must not keep captures from being removed.
        """
        try:
            ages = Ages.read(self._archive.folder / names.AGES).at(self._now(), self._archive.ids())
            failures, awaited = list[ArchiveError](), 0
            for capture_id, found in self._due(ages, stop):
                if self._is_awaited(capture_id, found):
                    awaited += 1
                elif error := self._remove(capture_id, "retaken" if _is_retaken(found) else "kept", ages):
                    failures.append(error)
            if awaited:
                log.warning("%d captures stay beyond their time: they are not handed on yet", awaited)
            if failures:
                log.warning("%d captures stay beyond their time: %s", len(failures), failures[0])
            self._archive.write(names.AGES, ages.model_dump_json().encode())
        except (ArchiveError, OSError) as error:
            log.warning("the age of captures is not written down: %s", error)

    def _due(self, ages: Ages, stop: threading.Event) -> Iterator[tuple[str, Record | Damaged | None]]:
        """The oldest first: should this be interrupted, the right ones are gone."""
        for capture_id in ages.captures():
            age_s = ages.of(capture_id)
            if age_s < min(self._kept_s, self._retaken_s) or stop.wait(PAUSE_S):
                return
            found = self._archive.find(capture_id)
            if age_s >= (self._retaken_s if _is_retaken(found) else self._kept_s):
                yield capture_id, found

    def _remove(self, capture_id: str, why: str, ages: Ages) -> ArchiveError | None:
        try:
            removed = self._archive.remove(capture_id)
        except ArchiveError as error:
            return error
        if removed:
            days = ages.of(capture_id) / DAY_S
            log.info("removed capture %s: %s %.1f days", capture_id, why, days, extra={"CAPTURE": capture_id})
        return None

    def _is_awaited(self, capture_id: str, found: Record | Damaged | None) -> bool:
        """Whether it is still to arrive elsewhere, for all that is known: also with a damaged record."""
        if not self._handed_on_first or (isinstance(found, Record) and (not found.kept or found.by_demo)):
            return False
        return not (self._archive.folder_of(capture_id) / names.UPLOADED).exists()


def _is_retaken(found: Record | Damaged | None) -> bool:
    return isinstance(found, Record) and not found.kept


def dated_before(archive: Archive, limit: datetime) -> Iterator[str]:
    """Captures that were taken before ``limit`` by their own date, for a person who knows that the clock was right.

    One with a damaged record has its date from its id.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    return (found.id for found in archive.records() if _is_before(found, limit))


def _is_before(found: Record | Damaged, limit: datetime) -> bool:
    if isinstance(found, Record):
        return found.taken_at < limit
    taken_at = names.taken_at(found.id)
    return taken_at is not None and taken_at < limit.replace(tzinfo=None)
