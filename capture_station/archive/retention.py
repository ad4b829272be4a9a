"""Removes captures that are older than the configuration allows, with the reports in the archive that show them.

Captures that were replaced by a retake have a limit of their own; a doubtful one about which nobody decided may be the
only one of a person, and stays as long as those that were kept. If an upload target is configured, kept captures are
removed only after their upload; captures of the demo camera are never uploaded and do not wait.

The age of a capture is the lower bound of ``capture_ages``, which a wrong clock cannot make too high. Captures are
removed, and the counted time is saved, at the start, every hour and at the stop. Without the last, a booth that runs
for a few hours a day would lose the time since the last full hour.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import takewhile
from typing import Literal

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.capture_ages import CaptureAges, ClockReading, read_clocks
from capture_station.archive.deletions import remove_reports
from capture_station.archive.index import CaptureIndex
from capture_station.archive.record import Damaged, Record
from capture_station.archive.summary import CaptureSummary
from capture_station.errors import ArchiveError
from capture_station.release import ReleaseRule

INTERVAL_S = 3600.0
PAUSE_S = 0.01
"""Pause before each removal, so that the preview does not stutter."""
AT_ONCE = 100
"""Captures whose summaries are read at once."""
DAY = timedelta(days=1)
"""No UTC offset is larger."""
DAY_S = 86400.0

State = Literal["kept", "retaken", "undecided"]
"""A doubtful portrait is ``undecided`` until somebody keeps it or takes another one."""
_REAL = ReleaseRule(demo_too=False)
"""What a demo camera took replaces nobody's portrait."""

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
            for due in self._due(ages):
                if stop.is_set():
                    break
                removable = [(one, state) for one, state in due if not self._awaits_upload(one)]
                awaiting += len(due) - len(removable)
                failures += self._remove(removable, ages, stop)
            if awaiting:
                log.warning("%d captures are past their time but stay because they are not uploaded yet", awaiting)
            if failures:
                log.warning("%d captures are past their time but stay: %s", len(failures), failures[0])
            self._archive.write_file(names.AGES, ages.model_dump_json().encode())
        except (ArchiveError, OSError) as error:
            log.warning("the ages of captures were not saved: %s", error)

    def _due(self, ages: CaptureAges) -> Iterator[list[tuple[CaptureSummary, State]]]:
        """Captures past their time, oldest first, so that an interruption leaves the newest ones."""
        shortest_s = min(self._kept_s, self._retaken_s)
        old = list(takewhile(lambda capture_id: ages.age_s(capture_id) >= shortest_s, ages.captures()))
        for start in range(0, len(old), AT_ONCE):
            found = self._archive.summaries(old[start : start + AT_ONCE])
            subjects = sorted({one.subject for one in found if not one.kept and one.subject is not None})
            ask = partial(CaptureIndex.newest_kept_captures, subjects=subjects, rule=_REAL)
            newest = self._archive.query(ask) if subjects else {}
            states = ((one, _state(one, newest)) for one in found)
            yield [(one, state) for one, state in states if ages.age_s(one.id) >= self._limit_s(state)]

    def _limit_s(self, state: State) -> float:
        return self._retaken_s if state == "retaken" else self._kept_s

    def _remove(
        self, due: Sequence[tuple[CaptureSummary, State]], ages: CaptureAges, stop: threading.Event
    ) -> list[ArchiveError]:
        """Remove captures, and the reports in the archive that show them. Returns what the disk refuses."""
        failures = list[ArchiveError]()
        try:
            if due:
                remove_reports(self._archive, [capture.id for capture, _ in due])
        except ArchiveError as error:
            # The captures go all the same: a report that only root can read must not keep all of them for ever.
            log.warning("%s; it may show captures that are past their time: remove it yourself", error)
        for capture, state in due:
            if stop.wait(PAUSE_S):
                break
            try:
                removed = self._archive.remove(capture.id)
            except ArchiveError as error:
                failures.append(error)
                continue
            if removed:
                days = ages.age_s(capture.id) / DAY_S
                log.info("removed capture %s: %s %.1f days", capture.id, state, days, extra={"CAPTURE": capture.id})
        return failures

    def _awaits_upload(self, capture: CaptureSummary) -> bool:
        """Whether the capture may still have to be uploaded, which also holds if its record is damaged."""
        return self._after_upload and capture.kept and not capture.by_demo and not capture.uploaded


def _state(capture: CaptureSummary, newest: Mapping[str, tuple[str, str]]) -> State:
    """What became of a capture.

    Args:
        newest: As ``CaptureIndex.newest_kept_captures`` has it, at least of the person in this one.
    """
    if capture.kept:
        return "kept"
    # What needs no review was kept at first. Of the others, older versions did not record whether they were retaken.
    replaced = capture.retaken or capture.verdict == "ok" or newest.get(capture.subject or "", ("",))[0] > capture.id
    return "retaken" if replaced else "undecided"


def dated_before(archive: Archive, limit: datetime) -> Iterator[str]:
    """Ids of captures dated before ``limit``, newest first, for a person who knows that the clock was right.

    The id tells the local date. Only near the limit does the UTC offset matter, and the record is read. The date of a
    damaged record is that of its id.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    latest, certain = (names.first_id(limit.astimezone(timezone.utc) + shift) for shift in (DAY, -DAY))
    for capture_id in archive.ids(before=latest):
        if capture_id >= certain or names.taken_at(capture_id) is None:
            found = archive.find(capture_id)
            if found is None or not is_dated_before(found, limit):
                continue
        yield capture_id


def is_dated_before(found: Record | Damaged, limit: datetime) -> bool:
    """Whether a capture was taken before ``limit`` according to its record, or to its id if the record is damaged."""
    if isinstance(found, Record):
        return found.taken_at < limit
    taken_at = names.taken_at(found.id)
    return taken_at is not None and taken_at < limit.replace(tzinfo=None)
