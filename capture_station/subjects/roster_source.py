"""Where the roster comes from, a file or a URL, looked at again while the station runs."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from capture_station import urls
from capture_station.config import SubjectColumns, SubjectSettings
from capture_station.errors import IdColumnUnknown, RosterError
from capture_station.masking import masked, redacted
from capture_station.regular_files import read_regular_file
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_columns import BY_HEADING
from capture_station.subjects.roster_csv import (
    OLD_ENCODING,
    columns_beside_names,
    describe_columns,
    parse_roster,
    table_delimiter,
)

log = logging.getLogger(__name__)


class RosterSource:
    """The newest roster that could be read. ``roster`` and ``error`` are thread-safe.

    A file is read once two looks in a row find the same, so that one that is being written is left alone.

    Args:
        place: Path of a CSV file, or a URL that fsspec reads.
        columns: Which column is what.
        refresh_s: How often a URL is read again.
        today: Decides who has left; on a new day the roster is looked through again.

    Raises:
        IdColumnUnknown: The columns do not say which one has the ids.
        RosterError: The roster cannot be read, or not be used.
    """

    def __init__(
        self,
        place: str,
        columns: SubjectColumns = BY_HEADING,
        refresh_s: float = 60.0,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._place = place
        self._columns = columns
        self._today = today
        self._is_url = "://" in place
        self._look_every_s = refresh_s if self._is_url else 0.0
        self._look_at_s = time.monotonic() + self._look_every_s
        self._seen = self._used = self._stamp()
        self._data = self._read()
        self._error = ""
        self._roster = self._parsed(self._data)

    @property
    def roster(self) -> Roster:
        return self._roster

    @property
    def error(self) -> str:
        """Why the newest state of the file is not used, in one line; empty while it is."""
        return self._error

    @property
    def description(self) -> str:
        """How many people there are, and from which columns, in words without a name."""
        return self._description

    @property
    def encoding_advice(self) -> str:
        """What to check where the file does not say how its letters are written, in one line; else empty."""
        if self._encoding != OLD_ENCODING:
            return ""
        return (
            f"the roster {self._shown} is not UTF-8; it was read as Windows-1252 (Latin-1): check the names with "
            "accents, or save it as UTF-8"
        )

    def look_if_due(self) -> bool:
        """Look, unless it is too early; whether another roster came into use. Call every two seconds or so."""
        if time.monotonic() < self._look_at_s:
            return False
        self._look_at_s = time.monotonic() + self._look_every_s
        return self.look()

    def look(self) -> bool:
        """Look once; whether another roster came into use."""
        stamp, new_day = None, False
        try:
            if self._today() != self._day:
                # Who has left since then counts also while the newest list is faulty or away.
                self._roster, new_day = self._parsed(self._data), True
            stamp = self._stamp()
            settled, self._seen = stamp == self._seen, stamp
            if not settled or (not self._is_url and stamp == self._used):
                return new_day
            data = self._read()
            if self._stamp() != stamp:  # It was written to meanwhile.
                return new_day
            self._used = stamp
            if data == self._data:
                self._error = ""
                return new_day
            self._roster = self._parsed(data)
        except RosterError as error:
            if str(error) != self._error:
                log.warning("the roster stays as it was: %s", error)
            self._error = str(error)
            if stamp != self._used:
                self._used = ()  # It could not be read: it is read again once it is back, also unchanged.
            return new_day
        self._data, self._error = data, ""
        return True

    @property
    def _shown(self) -> str:
        """A URL may hold a password, so only its host is repeated."""
        return masked(self._place) if self._is_url else self._place

    def _stamp(self) -> tuple[int, ...]:
        """What changes when a file is written or replaced; always the same for a URL."""
        if self._is_url:
            return ()
        try:
            found = os.stat(self._place)
        except OSError as error:
            raise RosterError(f"the roster {self._place} cannot be read: {error.strerror}") from error
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def _read(self) -> bytes:
        if not self._is_url:
            try:
                return read_regular_file(Path(self._place), follow=True)
            except OSError as error:
                raise RosterError(f"the roster {self._place} cannot be read: {error.strerror}") from error
        try:
            system, place = urls.file_system(self._place)
            return bytes(system.cat_file(place))
        except Exception as error:  # fsspec's libraries raise errors of their own kinds, and of no common one.
            raise RosterError(f"the roster at {self._shown} cannot be read: {self._explained(error)}") from error

    def _explained(self, error: Exception) -> str:
        return f"{type(error).__name__}: {redacted(str(error), self._place)}"

    def _parsed(self, data: bytes) -> Roster:
        day = self._today()
        try:
            subjects, encoding = parse_roster(data, self._columns, day)
        except IdColumnUnknown as error:
            raise IdColumnUnknown(f"{self._shown}: {error}", error.choices) from error
        except RosterError as error:
            raise RosterError(f"{self._shown}: {error}") from error
        refused = sum(bool(subject.refused) for subject in subjects)
        self._description = f"{len(subjects)} people ({encoding}), {describe_columns(data, self._columns)}"
        if refused:
            self._description += f": {refused} must not be photographed"
        log.info("roster %s: %s", self._shown, self._description)
        self._encoding, self._day = encoding, day
        return Roster(subjects, columns_beside_names(data, self._columns), table_delimiter(data))


def open_roster(settings: SubjectSettings) -> RosterSource:
    """The roster that the configuration names.

    Raises:
        RosterError: It cannot be read, or not be used.
    """
    return RosterSource(settings.roster.get_secret_value(), settings.columns, settings.refresh_s)
