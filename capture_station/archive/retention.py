"""Removes captures that are older than the configuration allows.

Kept and retaken captures have separate limits. If an upload target is configured, kept captures are removed only after
their upload; captures of the demo camera are never uploaded and do not wait.

The age of a capture is the lower bound of ``capture_ages``, which a wrong clock cannot make too high. Captures are
removed, and the counted time is saved, at the start, every hour and at the stop. Without the last, a booth that runs
for a few hours a day would lose the time since the last full hour.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.capture_ages import CaptureAges, ClockReading, read_clocks
from capture_station.archive.record import Damaged, Record
from capture_station.errors import ArchiveError

INTERVAL_S = 3600.0
PAUSE_S = 0.01
"""Pause between two captures, so that the preview does not stutter."""
DAY_S = 86400.0

log = logging.getLogger(__name__)


class Retention:
    """Enforces ``archive.keep_days`` and ``archive.keep_retaken_days``. ``run`` belongs to one thread.

    Args:
        archive: The archive whose captures are removed.
        read_clocks: Reads the machine's clocks.
        after_upload: Whether a kept capture, however old, stays until it has been uploaded.
    """

    def __init__(
        self, archive: Archive, read_clocks: Callable[[], ClockReading] = read_clocks, *, after_upload: bool = False
    ) -> None:
        self._archive = archive
        self._read_clocks = read_clocks
        self._after_upload = after_upload
        settings = archive.settings
        self._kept_s = math.inf if settings.keep_days is None else settings.keep_days * DAY_S
        retaken_days = settings.keep_retaken_days
        self._retaken_s = self._kept_s if retaken_days is None else retaken_days * DAY_S

    def run(self, stop: threading.Event) -> None:
        """Remove captures at the start, every hour and at the end, until ``stop`` is set."""
        self.apply(stop)
        while not stop.is_set():
            stop.wait(INTERVAL_S)
            self.apply(stop)

    def apply(self, stop: threading.Event) -> None:
        """Remove the captures that are due, until ``stop`` is set, and save the ages. Logs what the disk refuses.

        The ages are written last, because a full disk must not prevent the removal of captures.
        """
        try:
            ages = CaptureAges.read(self._archive.folder / names.AGES)
            ages = ages.advanced_to(self._read_clocks(), self._archive.ids())
            failures, awaiting = list[ArchiveError](), 0
            for capture_id, found in self._due(ages, stop):
                if self._awaits_upload(capture_id, found):
                    awaiting += 1
                elif error := self._remove(capture_id, "retaken" if _is_retaken(found) else "kept", ages):
                    failures.append(error)
            if awaiting:
                log.warning("%d captures are past their time but stay because they are not uploaded yet", awaiting)
            if failures:
                log.warning("%d captures are past their time but stay: %s", len(failures), failures[0])
            self._archive.write_file(names.AGES, ages.model_dump_json().encode())
        except (ArchiveError, OSError) as error:
            log.warning("the ages of captures were not saved: %s", error)

    def _due(self, ages: CaptureAges, stop: threading.Event) -> Iterator[tuple[str, Record | Damaged | None]]:
        """Captures past their time, oldest first, so that an interruption leaves the newest ones."""
        for capture_id in ages.captures():
            age_s = ages.age_s(capture_id)
            if age_s < min(self._kept_s, self._retaken_s) or stop.wait(PAUSE_S):
                return
            found = self._archive.find(capture_id)
            if age_s >= (self._retaken_s if _is_retaken(found) else self._kept_s):
                yield capture_id, found

    def _remove(self, capture_id: str, state: str, ages: CaptureAges) -> ArchiveError | None:
        try:
            removed = self._archive.remove(capture_id)
        except ArchiveError as error:
            return error
        if removed:
            days = ages.age_s(capture_id) / DAY_S
            log.info("removed capture %s: %s %.1f days", capture_id, state, days, extra={"CAPTURE": capture_id})
        return None

    def _awaits_upload(self, capture_id: str, found: Record | Damaged | None) -> bool:
        """Whether the capture may still have to be uploaded, which also holds if its record is damaged."""
        if not self._after_upload or (isinstance(found, Record) and (not found.kept or found.by_demo)):
            return False
        return not (self._archive.folder_of(capture_id) / names.UPLOADED).exists()


def _is_retaken(found: Record | Damaged | None) -> bool:
    return isinstance(found, Record) and not found.kept


def dated_before(archive: Archive, limit: datetime) -> Iterator[str]:
    """Ids of captures dated before ``limit``, for a person who knows that the clock was right.

    The date comes from the record, or from the id if the record is damaged.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    return (found.id for found in archive.records() if _is_before(found, limit))


def _is_before(found: Record | Damaged, limit: datetime) -> bool:
    if isinstance(found, Record):
        return found.taken_at < limit
    taken_at = names.taken_at(found.id)
    return taken_at is not None and taken_at < limit.replace(tzinfo=None)
