"""Uploads finished captures, each at least once, however often the station crashes.

There is no list of pending uploads that could be lost. Every capture in the archive without a marker is pending, and
the marker is written durably after the capture's last file has arrived. A station that crashes in between uploads the
capture again under the same names.

An upload starts only after the capture's review and a possible retake are over, because retaken captures are not
uploaded. Captures that the demo camera took in place of a missing camera are not uploaded either.

Captures are tried in rounds. One that fails moves behind the others. If no upload succeeds in a round, the captures of
that round wait, each time longer. A capture taken meanwhile does not wait with them.
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
from capture_station.config import StationSettings
from capture_station.errors import ArchiveError
from capture_station.upload.target import Target

TICK_S = 0.5
RESCAN_S = 600.0
"""Captures of other processes are found after this time at the latest."""
FAILURES_A_ROUND = 10
"""This many failures in a row end a round. The target is then down, and trying thousands of captures would not help."""

log = logging.getLogger(__name__)


class UploadQueue:
    """Uploads captures, oldest first. ``run`` belongs to one thread, which may wait for the network.

    Args:
        archive: The archive whose captures are uploaded.
        settings: Settings of the whole station; ``upload.url`` must be set.
        captures: Returns a number that grows with each new capture.

    Raises:
        ConfigError: The target cannot be used.
    """

    def __init__(self, archive: Archive, settings: StationSettings, captures: Callable[[], int]) -> None:
        assert settings.upload.url
        self._archive = archive
        self._settings = settings.upload
        self._demo_too = settings.camera.kind == "demo"
        self._wait_s = max(settings.upload.after_s, _retaken_within_s(settings))
        self._captures = captures
        self._url = settings.upload.url
        self._target = Target(settings.upload.url.get_secret_value())
        self._seen_s: dict[str, float] = {}
        """Captures that are due, in the order in which they are tried."""
        self._put_off: set[str] = set()
        """Those among them that wait for the next round."""
        self._done: set[str] = set()
        """Captures that have arrived or never can."""
        self._scanned = (-1, -math.inf)

    def run(self, stop: threading.Event) -> None:
        """Upload captures until ``stop`` is set."""
        delay_s, again_s = self._settings.retry_first_s, -math.inf
        while not stop.is_set():
            waiting = time.monotonic() < again_s
            if not waiting:
                self._put_off.clear()
            arrived, failure = self._round(stop)
            if arrived:
                delay_s, again_s = self._settings.retry_first_s, -math.inf
                continue
            if failure and not waiting:
                log.warning("upload failed, next try in %g s: %s", delay_s, failure)
                again_s = time.monotonic() + delay_s
                delay_s = min(2 * delay_s, self._settings.retry_longest_s)
            stop.wait(TICK_S)

    def _round(self, stop: threading.Event) -> tuple[bool, str]:
        """Try what is due and not put off; whether a capture arrived, and why the last that failed did, or nothing.

        Where none arrived, those that were to be tried are put off.
        """
        try:
            self._scan()
        except (ArchiveError, OSError) as error:
            return False, str(error)
        seen_before_s = time.monotonic() - self._wait_s
        due = [i for i, seen_s in self._seen_s.items() if seen_s <= seen_before_s and i not in self._put_off]
        arrived, failure, in_a_row = False, "", 0
        for capture_id in due:
            if stop.is_set() or in_a_row == FAILURES_A_ROUND:
                break
            try:
                if self._hand_on(capture_id):
                    arrived, in_a_row = True, 0
            # What can go wrong is as manifold as fsspec's file systems, and nothing of it may end the station.
            except Exception as error:
                failure = self._url.redact(str(error) or repr(error))
                in_a_row += 1
        if failure and not arrived:
            self._put_off.update(due)
        return arrived, failure

    def _scan(self) -> None:
        captures, now_s = self._captures(), time.monotonic()
        if captures == self._scanned[0] and now_s < self._scanned[1] + RESCAN_S:
            return
        ids = sorted(self._archive.ids())
        there = set(ids)
        self._done &= there
        waiting = [capture_id for capture_id in self._seen_s if capture_id in there]
        fresh = [capture_id for capture_id in ids if capture_id not in self._seen_s and not self._is_done(capture_id)]
        self._seen_s = {capture_id: self._seen_s.get(capture_id, now_s) for capture_id in (*waiting, *fresh)}
        self._scanned = captures, now_s

    def _is_done(self, capture_id: str) -> bool:
        if capture_id in self._done:
            return True
        if not (self._archive.folder_of(capture_id) / names.UPLOADED).exists():
            return False
        self._done.add(capture_id)
        return True

    def _hand_on(self, capture_id: str) -> bool:
        """Hand a capture on and mark it; False where it is not for others. Should it fail, it stands behind the others.

        Raises:
            Exception: Whatever ``Target.put`` raises.
        """
        self._seen_s[capture_id] = self._seen_s.pop(capture_id)
        record = self._archive.find(capture_id)
        # Gone, damaged, taken again or of nobody: not for others.
        arrived = (
            isinstance(record, Record) and record.kept and (self._demo_too or not record.by_demo) and self._send(record)
        )
        del self._seen_s[capture_id]
        return arrived

    def _send(self, record: Record) -> bool:
        folder, about = self._archive.folder_of(record.id), {"CAPTURE": record.id}
        files = [folder / file.name for file in record.files if file.role in self._settings.files]
        # The last: who waits for it finds everything else there.
        if "record" in self._settings.files:
            files.append(folder / names.RECORD)
        if gone := [file.name for file in files if not file.exists()]:
            self._done.add(record.id)
            log.warning("%s is not uploaded: %s is missing", record.id, ", ".join(gone), extra=about)
            return False
        for file in files:
            self._target.put(PurePosixPath(folder.parent.name, record.id, file.name), file.read_bytes())
        # It is not sent again by this process where the disk is too full for the mark.
        self._done.add(record.id)
        log.info("uploaded %s", record.id, extra=about)
        try:
            self._archive.add_marker(record.id, names.UPLOADED)
        except ArchiveError as error:
            log.warning("%s will be uploaded again after a restart: %s", record.id, error)
        return True


def _retaken_within_s(settings: StationSettings) -> float:
    """How long after a capture a retake, asked for at the end of the review, may still mark it as retaken."""
    if settings.window.review_s == 0:
        return 0.0
    return settings.window.review_s + settings.capture.countdown_s + settings.capture.deadline_s
