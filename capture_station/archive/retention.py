"""Removes captures when their time is over: those that are kept after one time, those that were retaken after another.
Where captures are handed on, those that are kept are removed only afterwards.

Their age is that of ``ages.py``, which no clock can make too high. Captures are removed at the start and every hour,
and so is the count of time made durable; the stop does that, too, or a booth that is on for some hours a day would lose
them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from capture_station.archive import names
from capture_station.archive.ages import Ages, Moment, moment
from capture_station.archive.archive import Archive
from capture_station.archive.record import Record
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
        limits = [days * DAY_S for days in (settings.keep_days, settings.keep_retaken_days) if days is not None]
        self._kept_s = settings.keep_days * DAY_S if settings.keep_days is not None else None
        self._retaken_s = min(limits, default=None)

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
            for capture_id in self._due(ages, stop):
                if self._is_awaited(capture_id):
                    awaited += 1
                elif error := self._remove(capture_id, ages):
                    failures.append(error)
            if awaited:
                log.warning("%d captures stay beyond their time: they are not handed on yet", awaited)
            if failures:
                log.warning("%d captures stay beyond their time: %s", len(failures), failures[0])
            self._archive.write(names.AGES, ages.model_dump_json().encode())
        except (ArchiveError, OSError) as error:
            log.warning("the age of captures is not written down: %s", error)

    def _due(self, ages: Ages, stop: threading.Event) -> Iterator[str]:
        """The oldest first: should this be interrupted, the right ones are gone."""
        for capture_id in ages.captures():
            age_s = ages.of(capture_id)
            if self._retaken_s is None or age_s < self._retaken_s or stop.wait(PAUSE_S):
                return
            if self._is_over(age_s) or self._is_retaken(capture_id):
                yield capture_id

    def _remove(self, capture_id: str, ages: Ages) -> ArchiveError | None:
        try:
            removed = self._archive.remove(capture_id)
        except ArchiveError as error:
            return error
        if removed:
            age_s = ages.of(capture_id)
            why = "kept" if self._is_over(age_s) else "retaken"
            days = age_s / DAY_S
            log.info("removed capture %s: %s %.1f days", capture_id, why, days, extra={"CAPTURE": capture_id})
        return None

    def _is_over(self, age_s: float) -> bool:
        return self._kept_s is not None and age_s >= self._kept_s

    def _is_retaken(self, capture_id: str) -> bool:
        found = self._archive.find(capture_id)
        return isinstance(found, Record) and not found.kept

    def _is_awaited(self, capture_id: str) -> bool:
        """Whether it is still to arrive elsewhere, for all that is known: also with a damaged record."""
        marked = (self._archive.folder_of(capture_id) / names.UPLOADED).exists()
        return self._handed_on_first and not marked and not self._is_retaken(capture_id)


def dated_before(archive: Archive, limit: datetime) -> Iterator[str]:
    """Captures that were taken before ``limit`` by their own date, for a person who knows that the clock was right.

    One with a damaged record has no date and is left out.
    """
    return (r.id for r in archive.records() if isinstance(r, Record) and r.taken_at < limit)
