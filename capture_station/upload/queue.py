"""Hands finished captures on to another place, each at least once, however often the station dies.

There is no list of what is to be done that could be lost: due is every capture in the archive without a mark, and the
mark is written durably after its last file has arrived. Who dies in between hands the capture on again, to the same
names. A capture that fails goes behind the others, so that one bad file does not hold up the rest.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import PurePosixPath

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.record import Record
from capture_station.config import UploadSettings
from capture_station.errors import ArchiveError
from capture_station.upload.target import Target

TICK_S = 0.5
RESCAN_S = 600.0
"""Captures of other processes are found after this time at the latest."""

log = logging.getLogger(__name__)


class UploadQueue:
    """Hands captures on, oldest first. ``run`` is one thread's, which may wait for the network; nobody waits for it.

    Args:
        archive: Whose captures.
        settings: ``url`` is to be set.
        captures: Grows when there is a new one.

    Raises:
        ConfigError: The target cannot be used.
    """

    def __init__(self, archive: Archive, settings: UploadSettings, captures: Callable[[], int]) -> None:
        assert settings.url
        self._archive = archive
        self._settings = settings
        self._captures = captures
        self._target = Target(settings.url)
        self._seen_s: dict[str, float] = {}
        """Captures that are due, in the order in which they are tried."""
        self._arrived: set[str] = set()
        self._scanned = (-1, -math.inf)

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set."""
        delay_s = self._settings.retry_first_s
        while not stop.is_set():
            try:
                self._scan()
                capture_id = next(iter(self._seen_s), None)
                if capture_id is None or time.monotonic() < self._seen_s[capture_id] + self._settings.after_s:
                    stop.wait(TICK_S)
                    continue
                self._hand_on(capture_id)
                delay_s = self._settings.retry_first_s
            # What can go wrong is as manifold as fsspec's file systems, and nothing of it may end the station.
            except Exception as error:
                log.warning("not handed on, next try in %g s: %s", delay_s, error)
                stop.wait(delay_s)
                delay_s = min(2 * delay_s, self._settings.retry_longest_s)

    def _scan(self) -> None:
        captures, now_s = self._captures(), time.monotonic()
        if captures == self._scanned[0] and now_s < self._scanned[1] + RESCAN_S:
            return
        ids = sorted(self._archive.ids())
        there = set(ids)
        self._arrived &= there
        waiting = [capture_id for capture_id in self._seen_s if capture_id in there]
        fresh = [capture_id for capture_id in ids if capture_id not in self._seen_s and not self._is_marked(capture_id)]
        self._seen_s = {capture_id: self._seen_s.get(capture_id, now_s) for capture_id in (*waiting, *fresh)}
        self._scanned = captures, now_s

    def _is_marked(self, capture_id: str) -> bool:
        if capture_id in self._arrived:
            return True
        if not (self._archive.folder_of(capture_id) / names.UPLOADED).exists():
            return False
        self._arrived.add(capture_id)
        return True

    def _hand_on(self, capture_id: str) -> None:
        """Hand a capture on and mark it; should that fail, it stands behind the others."""
        seen_s = self._seen_s.pop(capture_id)
        record = self._archive.find(capture_id)
        # Gone, damaged or to be taken again: not for others.
        if not isinstance(record, Record) or not record.kept:
            return
        # Behind the others until it has arrived.
        self._seen_s[capture_id] = seen_s
        self._send(record)
        del self._seen_s[capture_id]
        # It is not sent again by this process where the disk is too full for the mark.
        self._arrived.add(capture_id)
        log.info("handed on %s", capture_id, extra={"CAPTURE": capture_id})
        try:
            self._archive.note(capture_id, names.UPLOADED)
        except ArchiveError as error:
            log.warning("%s is handed on again after a restart: %s", capture_id, error)

    def _send(self, record: Record) -> None:
        folder = self._archive.folder_of(record.id)
        place = PurePosixPath(folder.parent.name, record.id)
        for file in record.files:
            if file.role in self._settings.files:
                self._target.put(place / file.name, (folder / file.name).read_bytes())
        # The last: who waits for it finds everything else there.
        if "record" in self._settings.files:
            self._target.put(place / names.RECORD, (folder / names.RECORD).read_bytes())
