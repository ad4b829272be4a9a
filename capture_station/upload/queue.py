"""Uploads finished captures, each at least once, however often the station crashes.

There is no list of pending uploads that could be lost. Every capture in the archive without a marker is pending, and
the marker is written durably after the capture's last file has arrived. A station that crashes in between uploads the
capture again under the same names.

An upload starts only after the capture's review and a possible retake are over, because retaken captures are not
uploaded. What ``ReleaseRule`` leaves out is not uploaded either: what the demo camera took in place of a missing
camera, and, where names are required, what has no name. The latter waits until somebody says whose it is.

Captures are tried in rounds, the newest first, so that a capture taken during a backlog does not wait for all of it.
One that fails moves behind the others. If no upload succeeds in a round, the captures of that round wait, each time
longer. A capture taken meanwhile does not wait with them.

Pictures are compared with the checksums in the record before they are sent. Damaged captures are reported in the log,
left out and not marked, so that retention does not remove them either.
"""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.disk_watch import call_within
from capture_station.archive.record import FileRecord, Record
from capture_station.archive.verification import DamagedPicture, read_verified
from capture_station.config import StationSettings
from capture_station.errors import ArchiveError
from capture_station.regular_files import read_regular_file
from capture_station.release import NAMELESS, ReleaseRule
from capture_station.upload.target import Target
from capture_station.upload.target_names import TargetNames

TICK_S = 0.5
RESCAN_S = 600.0
"""Captures of other processes are found after this time at the latest."""
REACHED_WITHIN_S = 3.0
BATCH = 100
"""Captures whose summaries are read at once."""
FAILURES_A_ROUND = 10
"""This many failures in a row end a round. The target is then down, and trying thousands of captures would not help."""

log = logging.getLogger(__name__)


class UploadQueue:
    """Uploads captures, newest first. ``run`` belongs to one thread, which may wait for the network.

    Args:
        archive: The archive whose captures are uploaded.
        settings: Settings of the whole station; ``upload.url`` must be set.
        captures: Returns a number that grows with each new capture.
        station: This booth's name, which no other booth has that uploads to the same place.
        undecided: Whether somebody may still decide for a newer portrait in place of this one.

    Raises:
        ConfigError: The target cannot be used.
    """

    def __init__(
        self,
        archive: Archive,
        settings: StationSettings,
        captures: Callable[[], int],
        station: str = "",
        undecided: Callable[[str], bool] = lambda _: False,
    ) -> None:
        assert settings.upload.url
        self._archive = archive
        self._settings = settings.upload
        self._rule = ReleaseRule.of(settings)
        self._wait_s = max(settings.upload.after_s, _retaken_within_s(settings))
        self._captures = captures
        self._undecided = undecided
        self._url = settings.upload.url
        self._target = Target(settings.upload.url.get_secret_value())
        # A target that hangs must not delay the start. It is checked again before the first upload.
        with suppress(TimeoutError):
            call_within(REACHED_WITHIN_S, partial(self._target.refuse_archives, archive.folder))
        template = settings.export.name if settings.upload.names == "export" else None
        exchanging = station if settings.subjects.exchange else ""
        self._names = None if template is None else TargetNames(archive, template, self._target, self._rule, exchanging)
        self._pending_since_s: dict[str, float] = {}
        """Captures that may have to be uploaded, in the order in which they are tried; when they were first seen."""
        self._checked: set[str] = set()
        """Those among them whose records say that they are to be uploaded."""
        self._deferred: set[str] = set()
        """Those among them that wait for the next round."""
        self._finished: set[str] = set()
        """Captures without a marker that this process uploaded, or that cannot be uploaded."""
        self._nameless: set[str] = set()
        """Captures that wait until somebody says whose they are."""
        self._nameless_told = 0
        self._scanned = (-1, -1, -math.inf)

    def run(self, stop: threading.Event) -> None:
        """Upload captures until ``stop`` is set."""
        delay_s, again_s = self._settings.retry_first_s, -math.inf
        while not stop.is_set():
            waiting = time.monotonic() < again_s
            if not waiting:
                self._deferred.clear()
            failure = "" if waiting else self._withdraw()
            arrived, failed = self._round(stop)
            failure = failed or failure
            self._tell_nameless()
            if arrived:
                delay_s, again_s = self._settings.retry_first_s, -math.inf
                continue
            if failure and not waiting:
                log.warning("upload failed, next try in %g s: %s", delay_s, failure)
                again_s = time.monotonic() + delay_s
                delay_s = min(2 * delay_s, self._settings.retry_longest_s)
            stop.wait(TICK_S)

    def send_again(self, capture_id: str) -> None:
        """Upload a capture once more if another booth's portrait may have replaced it in the target. Any thread.

        Raises:
            DiskFull, ArchiveError: The disk cannot be written.
        """
        if self._names is not None and self._names.are_shared:
            self._archive.remove_marker(capture_id, names.UPLOADED)
            self._archive.amendments.add(capture_id)

    def _withdraw(self) -> str:
        """Take back what the target has under the wrong name. Returns why it did not work, or nothing."""
        if self._names is None:
            return ""
        try:
            self._scan()
            self._names.withdraw()
        except Exception as error:  # As for uploads.
            return self._url.redact(str(error) or repr(error))
        return ""

    def _tell_nameless(self) -> None:
        """Say how many captures wait for a name, whenever they have become more."""
        if len(self._nameless) > self._nameless_told:
            log.warning("%s", waiting_for_names(len(self._nameless)))
        self._nameless_told = len(self._nameless)

    def _round(self, stop: threading.Event) -> tuple[bool, str]:
        """Try every capture that is due and not deferred. If no upload succeeds but some fail, defer all of them.

        Returns:
            Whether an upload succeeded, and the error of the last one that failed, or nothing.
        """
        arrived, failure, in_a_row = False, "", 0
        tried = set[str]()
        while not stop.is_set() and in_a_row < FAILURES_A_ROUND:
            try:
                # Before each capture, so that a new one does not wait for the whole round.
                self._scan()
                capture_id = self._next(tried)
            except (ArchiveError, OSError) as error:
                return arrived, str(error)
            if capture_id is None:
                break
            tried.add(capture_id)
            try:
                if self._upload(capture_id):
                    arrived, in_a_row = True, 0
            # Every file system of fsspec raises its own errors, and none of them may end the station.
            except Exception as error:
                failure = self._url.redact(str(error) or repr(error))
                in_a_row += 1
        if failure and not arrived:
            self._deferred.update(self._due())
        return arrived, failure

    def _scan(self) -> None:
        """Look for new captures, which are tried before older ones."""
        captures, now_s = self._captures(), time.monotonic()
        amendments, amended = self._archive.amendments.after(self._scanned[1])
        if (captures, amendments) == self._scanned[:2] and now_s < self._scanned[2] + RESCAN_S:
            return
        if self._names is not None:
            self._names.find_wrong()
        ids = self._archive.not_uploaded(self._rule.demo_too)
        there = set(ids)
        # What was given to somebody else is uploaded again.
        self._finished = (self._finished & there).difference(amended)
        self._checked &= there
        self._nameless &= there
        waiting = [capture_id for capture_id in self._pending_since_s if capture_id in there]
        known = self._finished.union(waiting)
        fresh = [capture_id for capture_id in ids if capture_id not in known]
        self._pending_since_s = {one: self._pending_since_s.get(one, now_s) for one in (*fresh, *waiting)}
        self._scanned = captures, amendments, now_s

    def _due(self) -> Iterator[str]:
        seen_before_s = time.monotonic() - self._wait_s
        old = (one for one, seen_s in self._pending_since_s.items() if seen_s <= seen_before_s)
        return (one for one in old if not self._undecided(one))

    def _next(self, tried: set[str]) -> str | None:
        """The next capture to try. Drops captures that are not to be uploaded."""
        while True:
            due = (one for one in self._due() if one not in self._deferred and one not in tried)
            batch = list(islice(due, BATCH))
            unchecked = [capture_id for capture_id in batch if capture_id not in self._checked]
            if not unchecked:
                return batch[0] if batch else None
            self._nameless.difference_update(unchecked)
            for one in self._archive.summaries(unchecked):
                if one.uploaded or one.verdict == "damaged":
                    continue
                if (reason := self._rule.left_out_as(one)) == NAMELESS:
                    self._nameless.add(one.id)
                elif not reason:
                    self._checked.add(one.id)
            for capture_id in unchecked:
                if capture_id not in self._checked:
                    del self._pending_since_s[capture_id]

    def _upload(self, capture_id: str) -> bool:
        """Upload a capture and mark it. If this fails, the capture moves behind the others.

        Returns:
            False if the capture is no longer to be uploaded.

        Raises:
            Exception: Whatever ``Target.put`` raises.
        """
        self._pending_since_s[capture_id] = self._pending_since_s.pop(capture_id)
        record = self._archive.find(capture_id)
        arrived = isinstance(record, Record) and not self._rule.left_out_as(record) and self._send(record)
        del self._pending_since_s[capture_id]
        self._checked.discard(capture_id)  # It is read again if its record changes.
        return arrived

    def _send(self, record: Record) -> bool:
        folder, about = self._archive.folder_of(record.id), {"CAPTURE": record.id}
        files = [file for file in record.files if file.role in self._settings.files]
        stem = None if self._names is None else self._names.claim(record)
        if self._names is not None and stem is None:
            files = []  # The target has a newer portrait of the person.
        text = read_regular_file(folder / names.RECORD) if "record" in self._settings.files and files else b""
        try:
            for file in files:
                # All of them first: nothing is uploaded of a capture that is damaged.
                read_verified(folder, file)
            if self._names is not None and stem is not None:
                # Before they are there: what nobody remembers could not be taken back.
                sent = {str(_place(record.id, file, stem)): file.sha256 for file in files}
                if text:
                    sent[f"{stem}.json"] = hashlib.sha256(text).hexdigest()
                self._names.remember(record, stem, sent)
            for file in files:
                self._target.put(_place(record.id, file, stem), read_verified(folder, file))
        except DamagedPicture as error:
            # A picture that vanished together with its disk is not damaged.
            self._archive.free_bytes()
            self._finished.add(record.id)
            log.warning("%s is not uploaded: %s", record.id, error, extra=about)
            return False
        # The record comes last, so that a program that waits for it finds everything else.
        if text:
            place = _folder(record.id) / names.RECORD if stem is None else PurePosixPath(f"{stem}.json")
            self._target.put(place, text)
        log.info("uploaded %s", record.id, extra=about)
        try:
            self._archive.mark_uploaded(record)
        except ArchiveError as error:
            # This process does not upload it again, even if the disk is too full for the marker.
            self._finished.add(record.id)
            log.warning("%s will be uploaded again after a restart: %s", record.id, error)
        return True


def waiting_for_names(count: int) -> str:
    """One line for people who look after the station."""
    what = "portrait is" if count == 1 else "portraits are"
    return f"{count} {what} not uploaded before somebody says on the page whose, as subjects.mode is required"


def _place(capture_id: str, file: FileRecord, stem: str | None) -> PurePosixPath:
    """Where a picture goes: into folders as in the archive, or under the person's name."""
    if stem is None:
        return _folder(capture_id) / file.name
    role = "" if file.role == "portrait" else f"-{file.role}"
    return PurePosixPath(f"{stem}{role}{PurePosixPath(file.name).suffix}")


def _folder(capture_id: str) -> PurePosixPath:
    return PurePosixPath(names.folder_of(Path(), capture_id).as_posix())


def _retaken_within_s(settings: StationSettings) -> float:
    """How long after a capture a retake, asked for at the end of the review, may still mark it as retaken."""
    if settings.window.review_s == 0:
        return 0.0
    return settings.window.review_s + settings.capture.countdown_s + settings.capture.deadline_s
