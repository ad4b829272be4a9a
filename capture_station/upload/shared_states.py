"""Booths tell each other through the upload target whose portrait they have taken.

The folder ``subjects`` of the target has one small file for each person, which every booth may replace: the newest
change holds, by its time and then by the station's name. Two booths that write at once are no problem, because each
writes again as long as what it finds is older than what it knows.

A booth knows its own states from its archive alone. So nothing has to be remembered during an outage, and nothing is
lost in a crash. What others told is kept in the archive's folder, for a restart while the target is away.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import read_deletions, was_deleted
from capture_station.archive.record import Record
from capture_station.config.values import SecretUrl
from capture_station.errors import ArchiveError
from capture_station.regular_files import read_regular_file
from capture_station.release import ALL_KEPT, ReleaseRule
from capture_station.subjects.shared_state import SharedState, read_shared_state
from capture_station.upload.target import Target

FOLDER = "subjects"
EVERY_S = 5.0
PATIENCE = 20
"""A target with many people is asked at most for one part in so many of the time."""
LONGEST_PAUSE_S = 60.0
"""Also after the first exchange, which reads all files and may take minutes."""

log = logging.getLogger(__name__)


class SharedStates:
    """Exchanges states with the target. ``run`` belongs to one thread, which may wait for the network.

    Args:
        archive: The archive of this booth.
        url: ``upload.url``.
        station: This booth's name, which no other has.
        learn: Called with the states of people whose newest portrait another booth has taken, by the person's id,
            whenever one of them has changed.
        now: The time of changes, aware.
        send_again: Called with the newest capture here of a person whose portrait another booth has taken back, before
            it is told that this one counts.
        rule: Which portraits count.

    Raises:
        ConfigError: The target cannot be used.
    """

    def __init__(
        self,
        archive: Archive,
        url: SecretUrl,
        station: str,
        learn: Callable[[Mapping[str, SharedState]], None],
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        rule: ReleaseRule = ALL_KEPT,
        send_again: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._archive = archive
        self._url = url
        self._station = station
        self._learn = learn
        self._rule = rule
        self._now = now
        self._send_again = send_again
        self._target = Target(url.get_secret_value())
        self._stamps: dict[str, str] = {}
        """Of the files that were read, by name."""
        self._since: dict[str, tuple[str, datetime]] = {}
        """The own newest capture of each person, and when that came to be."""
        self._known = self._remembered()
        self._told: Mapping[str, SharedState] = {}

    def run(self, stop: threading.Event) -> None:
        """Exchange until ``stop`` is set."""
        failing = False
        while True:
            began_s = time.monotonic()
            try:
                self.exchange()
                if failing:
                    log.info("the other booths' states arrive again")
                failing = False
                pause_s = min(max(EVERY_S, PATIENCE * (time.monotonic() - began_s)), LONGEST_PAUSE_S)
            # Every file system of fsspec raises its own errors, and none of them may end the station.
            except Exception as error:
                if not failing:
                    log.warning(
                        "the other booths' states do not arrive: %s", self._url.redact(str(error) or repr(error))
                    )
                failing, pause_s = True, EVERY_S
            if stop.wait(pause_s):
                return

    def exchange(self) -> None:
        """Read what others have changed, and tell what changed here.

        Raises:
            ArchiveError: The archive cannot be read.
            Exception: Whatever the target's library raises.
        """
        own = self._archive.query(lambda index: index.newest_kept_captures(rule=self._rule))
        before = dict(self._known)
        self._tell(own)  # What is remembered and what was taken here are true also while the target is away.
        self._read()
        for subject, (capture_id, verdict) in own.items():
            if (news := self._news(subject, capture_id, verdict)) is not None:
                known = self._known.get(subject)
                if known is not None and known.state == "missing" and known.station != self._station:
                    self._send_again(capture_id)
                self._write(news)
        for state in self._withdrawn(own):
            self._write(state)
        self._tell(own)
        if self._known != before:
            self._remember()

    def _tell(self, own: Mapping[str, tuple[str, str]]) -> None:
        """Tell the station who was photographed elsewhere, later than here."""
        since = {subject: self._changed_at(subject, capture_id) for subject, (capture_id, _) in own.items()}
        elsewhere = {
            known.subject: known
            for known in self._known.values()
            if known.station != self._station
            and known.state != "missing"
            and (known.subject not in since or known.order > (since[known.subject], self._station))
        }
        if elsewhere != self._told:
            self._told = elsewhere
            self._learn(elsewhere)

    def _read(self) -> None:
        listing = self._target.listing(FOLDER)
        for name, stamp in listing.items():
            if self._stamps.get(name) == stamp or not name.endswith(".json"):
                continue
            data = self._target.read(PurePosixPath(FOLDER, name))
            try:
                state = read_shared_state(json.loads(data or b""))
            except ValueError:
                log.warning("%s/%s in the target is not the state of a person; it is left alone", FOLDER, name)
            else:
                self._known[state.subject] = state
            self._stamps[name] = stamp
        for name in self._stamps.keys() - listing.keys():
            del self._stamps[name]

    def _news(self, subject: str, capture_id: str, verdict: str) -> SharedState | None:
        """What is to be told about a person who has a portrait here; None if the others know, or know better."""
        known = self._known.get(subject)
        since = self._changed_at(subject, capture_id)
        mine = SharedState(subject, "ok" if verdict == "ok" else "review", capture_id, since, self._station)
        if known is None:
            return mine
        if (known.capture, known.state, known.station) == (capture_id, mine.state, self._station):
            # A target that lost its files gets them again.
            return None if known.file_name in self._stamps else known
        if known.station == self._station or known.state == "missing":
            return replace(mine, changed_at=self._after(known))
        return mine if mine.order > known.order else None

    def _changed_at(self, subject: str, capture_id: str) -> datetime:
        remembered = self._since.get(subject)
        if remembered is None or remembered[0] != capture_id:
            # What was there at the start is as old as its picture; another change has just been made.
            found = self._archive.find(capture_id) if remembered is None else None
            since = found.taken_at if isinstance(found, Record) else self._now()
            remembered = self._since[subject] = (capture_id, since.astimezone(timezone.utc))
        return remembered[1]

    def _withdrawn(self, own: Mapping[str, object]) -> list[SharedState]:
        """People of whom this booth told a portrait that was retaken, given to somebody else, or deleted."""
        told = [one for one in self._known.values() if one.station == self._station and one.state != "missing"]
        gone = [one for one in told if one.subject not in own]
        deletions = read_deletions(self._archive.folder) if gone else []
        withdrawn = []
        for one in gone:
            found = self._archive.find(one.capture) if names.is_id(one.capture) else None
            # Retention may have removed the capture, or its disk was replaced: the person has a portrait all the same.
            if isinstance(found, Record) or (found is None and was_deleted(deletions, one.subject, one.capture)):
                self._since.pop(one.subject, None)
                withdrawn.append(SharedState(one.subject, "missing", one.capture, self._after(one), self._station))
        return withdrawn

    def _after(self, known: SharedState) -> datetime:
        """Now, and later than what is known, also where another booth's clock is ahead."""
        return max(self._now(), known.changed_at + timedelta(microseconds=1))

    def _write(self, state: SharedState) -> None:
        self._target.put(PurePosixPath(FOLDER, state.file_name), state.as_bytes())
        self._known[state.subject] = state
        self._stamps.setdefault(state.file_name, "")

    def _remembered(self) -> dict[str, SharedState]:
        path = self._archive.folder / names.SHARED
        try:
            states = [read_shared_state(value) for value in json.loads(read_regular_file(path))]
        except (OSError, ValueError, TypeError):
            return {}
        return {state.subject: state for state in states}

    def _remember(self) -> None:
        states = [state.as_json() for state in self._known.values()]
        try:
            self._archive.write_file(names.SHARED, json.dumps(states).encode())
        except ArchiveError as error:
            log.warning("the other booths' states are not remembered: %s", error)
