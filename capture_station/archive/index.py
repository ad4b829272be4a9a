"""Remembers what the records say, so that lists, uploads and retention need not read every record again.

The index is one SQLite file in the archive. The records stay the only truth: a remembered summary is used only while
the capture's folder and its record have the same times of change as when the record was read. The file may be deleted
at any time, and fills again as records are read. Where it cannot be written or is damaged, the index is kept in memory
for a while.

Each operation opens the file and closes it again, with a rollback journal. A write-ahead log would hold files open,
so that a USB stick could not be unmounted, would map memory of a disk that may be pulled out, and does not work on
network disks (https://sqlite.org/wal.html). Captures are not slowed down: saving one does not touch the file.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from capture_station.archive import names
from capture_station.archive.capture_ids import days, ids_of_day, is_real_folder, is_settled
from capture_station.archive.record import read_record
from capture_station.archive.summary import CaptureSummary, summarise
from capture_station.frames import Flaw

T = TypeVar("T")

VERSION = 2
"""A file of another version is made again, but what version 1 lacks is added to it."""
BUSY_WITHIN_S = 5.0
FILE_AGAIN_S = 60.0
"""After this time in memory, the file is tried again."""
CHUNK = 500
"""Captures per SQL statement; SQLite allows at least 999 parameters."""

_UNREAD = "CREATE INDEX unread ON captures (id) WHERE stamp = ''"
_SCHEMA = (
    "DROP TABLE IF EXISTS captures",
    # ``stamp``: times of change when the record was read, or empty if it was not read yet.
    # ``details``: reasons, flaws, pictures and the subject's name, as JSON.
    """CREATE TABLE captures (
        id TEXT PRIMARY KEY,
        stamp TEXT NOT NULL DEFAULT '',
        taken_at TEXT,
        verdict TEXT NOT NULL DEFAULT '',
        kept INTEGER NOT NULL DEFAULT 1,
        demo INTEGER NOT NULL DEFAULT 0,
        uploaded INTEGER NOT NULL DEFAULT 0,
        subject TEXT,
        details TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID""",
    "CREATE INDEX not_uploaded ON captures (id) WHERE uploaded = 0 AND kept = 1 AND verdict <> 'damaged'",
    "CREATE INDEX of_subject ON captures (subject, kept, verdict, id) WHERE subject IS NOT NULL",
    _UNREAD,
    f"PRAGMA user_version = {VERSION}",
)
_FROM_VERSION_1 = (_UNREAD, f"PRAGMA user_version = {VERSION}")
_COLUMNS = "id, stamp, taken_at, verdict, kept, demo, uploaded, subject, details"

log = logging.getLogger(__name__)


class CaptureIndex:
    """The summaries of an archive's captures. Thread-safe. All methods raise OSError where the archive cannot be read.

    Args:
        archive: The archive's folder. Nothing is written there before the first use.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._comparing = threading.Lock()
        self._memory: sqlite3.Connection | None = None
        self._file_again_s = 0.0
        self._changed: set[str] = set()
        """Captures that this process changed or removed since the last operation."""
        self._day_stamps: dict[str, int] = {}
        """Times of change of the days' folders when they were last compared with the index."""
        self._days: set[str] | None = None
        """The days there were then; None: the index may have others."""

    def changed(self, capture_id: str) -> None:
        """Forget what is known about a capture. Does not touch the disk."""
        with self._lock:
            self._changed.add(capture_id)

    def summaries(self, ids: Sequence[str]) -> list[CaptureSummary]:
        """Summaries of captures, in this order. Captures that are gone are left out. Reads only changed records."""
        if self._memory is not None and self._comparing.acquire(blocking=False):
            try:
                self._return_to_file()
            finally:
                self._comparing.release()
        found = list[CaptureSummary]()
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            known = {row[0]: row for row in self._run(partial(_rows, ids=chunk))}
            learned = list[tuple[str, CaptureSummary]]()
            for capture_id in chunk:
                folder = names.folder_of(self._archive, capture_id)
                # Before the record: a change in between is then noticed the next time.
                stamp = _stamp(folder)
                if stamp is None:
                    continue
                if remembered := _summary(known.get(capture_id), stamp):
                    found.append(remembered)
                    continue
                summary = summarise(read_record(folder), uploaded=(folder / names.UPLOADED).exists())
                found.append(summary)
                if is_settled(max(map(int, stamp.split()))):
                    learned.append((stamp, summary))
            if learned:
                self._run(partial(_store, learned=learned))
        return found

    def not_uploaded(self, demo_too: bool) -> list[str]:
        """Ids of captures that may have to be uploaded, newest first: kept, without a marker, or not read yet."""
        with self._comparing:
            self._compare_with_folders()
        query = "SELECT id FROM captures WHERE uploaded = 0 AND kept = 1 AND verdict <> 'damaged' AND demo <= ?"
        rows = self._run(lambda db: db.execute(f"{query} ORDER BY id DESC", (int(demo_too),)).fetchall())
        return [capture_id for (capture_id,) in rows]

    def newest_kept(self, subjects: Sequence[str] | None = None) -> dict[str, str]:
        """The verdict of each person's newest kept capture, by the person's id. Reads records not read yet.

        Args:
            subjects: As ``newest_kept_captures``.
        """
        return {subject: verdict for subject, (_, verdict) in self.newest_kept_captures(subjects).items()}

    def newest_kept_captures(self, subjects: Sequence[str] | None = None) -> dict[str, tuple[str, str]]:
        """Id and verdict of each person's newest kept capture, by the person's id.

        Args:
            subjects: At most ``CHUNK`` ids of people to look for; None: everybody.
        """
        fresh = self._read_unread()
        among = "IS NOT NULL" if subjects is None else f"IN ({', '.join('?' * len(subjects))})"
        query = f"SELECT subject, verdict, max(id) FROM captures WHERE subject {among} AND kept = 1 GROUP BY subject"
        rows = self._rows_of(query, *(subjects or ()))
        newest = {subject: (capture_id, verdict) for subject, verdict, capture_id in rows}
        for summary in fresh:
            if summary.subject is not None and summary.kept and (subjects is None or summary.subject in subjects):
                seen = newest.get(summary.subject, ("", ""))
                newest[summary.subject] = max(seen, (summary.id, summary.verdict))
        return newest

    def of_subject(self, subject: str) -> list[str]:
        """Ids of all captures of a person, newest first, also of those that were retaken."""
        fresh = self._read_unread()
        rows = self._rows_of("SELECT id FROM captures WHERE subject = ?", subject)
        ids = {capture_id for (capture_id,) in rows} | {one.id for one in fresh if one.subject == subject}
        return sorted(ids, reverse=True)

    def _rows_of(self, query: str, *values: object) -> list[tuple[str, ...]]:
        return self._run(lambda db: db.execute(query, values).fetchall())

    def _read_unread(self) -> list[CaptureSummary]:
        """Read the records that changed since they were read. Returns all of them: the newest are not stored yet."""
        with self._comparing:
            self._compare_with_folders()
        return self.summaries(
            [capture_id for (capture_id,) in self._rows_of("SELECT id FROM captures WHERE stamp = ''")]
        )

    def close(self) -> None:
        """Bring the file up to date, and remove it if there is no capture left."""
        with contextlib.suppress(OSError):
            if self._changed:
                self._run(lambda _: None)
            if not self._path.exists() or any(ids_of_day(self._archive, day) for day in days(self._archive)):
                return
            self._path.unlink()

    @property
    def _path(self) -> Path:
        return self._archive / names.INDEX

    def _compare_with_folders(self) -> None:
        """Add captures that appeared and forget those that vanished or changed, in days whose folder has changed."""
        self._return_to_file()
        # A file that was deleted is made again here, before it is decided which days must be looked at.
        self._run(lambda _: None)
        there = set(days(self._archive))
        for day in {*there, *self._day_stamps}:
            try:
                changed_ns = os.stat(self._archive / day).st_mtime_ns if day in there else 0
            except FileNotFoundError:
                changed_ns = 0
            if changed_ns and self._day_stamps.get(day) == changed_ns:
                continue
            ids = ids_of_day(self._archive, day) if changed_ns else []
            found = {capture_id: _stamp(names.folder_of(self._archive, capture_id)) for capture_id in ids}
            stamps = {capture_id: stamp for capture_id, stamp in found.items() if stamp is not None}
            self._run(partial(self._compare_day, day=day, stamps=stamps))
            self._day_stamps.pop(day, None)
            if changed_ns and is_settled(changed_ns):
                self._day_stamps[day] = changed_ns
        if there != self._days:
            self._run(partial(_remove_other_days, there=there))
            self._days = there

    def _compare_day(self, db: sqlite3.Connection, day: str, stamps: dict[str, str]) -> None:
        prefix = day.replace("-", "")
        query = "SELECT id, stamp FROM captures WHERE id > ? AND id < ?"
        known = dict(db.execute(query, (f"{prefix}-", f"{prefix}.")).fetchall())
        outdated = [capture_id for capture_id, stamp in known.items() if stamp and stamps.get(capture_id) != stamp]
        gone = [capture_id for capture_id in known if capture_id not in stamps]
        fresh = [capture_id for capture_id in stamps if capture_id not in known]
        if outdated or gone or fresh:
            with _writing(db):
                db.executemany("DELETE FROM captures WHERE id = ?", [(one,) for one in (*gone, *outdated)])
                self._insert(db, [*fresh, *(capture_id for capture_id in outdated if capture_id in stamps)])

    def _insert(self, db: sqlite3.Connection, ids: Sequence[str]) -> None:
        """Add captures whose records were not read yet."""
        markers = ((one, (names.folder_of(self._archive, one) / names.UPLOADED).exists()) for one in ids)
        db.executemany("INSERT INTO captures (id, uploaded) VALUES (?, ?)", markers)

    def _run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run one transaction, in the file if possible."""
        with self._lock:
            if self._memory is None:
                try:
                    return self._run_in_file(operation)
                except sqlite3.OperationalError as error:
                    self._use_memory(error)
                except sqlite3.DatabaseError as error:
                    # Not a database, or a damaged one.
                    with contextlib.suppress(OSError):
                        self._path.unlink()
                    self._use_memory(error)
                except OSError as error:
                    os.stat(self._archive / names.UNFINISHED)
                    self._use_memory(error)
            assert self._memory is not None
            return self._transaction(self._memory, operation)

    def _run_in_file(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        # On an empty mount point, nothing is made.
        os.stat(self._archive / names.UNFINISHED)
        # The file is private, and SQLite's journal takes over its permissions.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY_WITHIN_S, isolation_level=None)) as db:
            if _prepare(db):
                self._forget_days()
            return self._transaction(db, operation)

    def _transaction(self, db: sqlite3.Connection, operation: Callable[[sqlite3.Connection], T]) -> T:
        if not self._changed:
            return operation(db)
        with _writing(db):
            for capture_id in self._changed:
                db.execute("DELETE FROM captures WHERE id = ?", (capture_id,))
                if names.folder_of(self._archive, capture_id).is_dir():
                    self._insert(db, [capture_id])
        self._changed.clear()
        return operation(db)

    def _return_to_file(self) -> None:
        """Try the file again if it is time. Not during a comparison, which may have learned from the other one."""
        with self._lock:
            if self._memory is None or time.monotonic() < self._file_again_s:
                return
            self._file_again_s = time.monotonic() + FILE_AGAIN_S
            with contextlib.suppress(OSError, sqlite3.Error):
                self._run_in_file(lambda _: None)
                self._memory.close()
                self._memory = None
                # Whatever changed meanwhile has other times of change than the file says.
                self._forget_days()
                log.info("%s: is used again", self._path)

    def _forget_days(self) -> None:
        self._day_stamps.clear()
        self._days = None

    def _use_memory(self, error: Exception) -> None:
        log.warning("%s: cannot be used, so it is kept in memory: %s", self._path, error)
        self._file_again_s = time.monotonic() + FILE_AGAIN_S
        self._memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._forget_days()
        _prepare(self._memory)


def _prepare(db: sqlite3.Connection) -> bool:
    """Set up a connection; whether the index is new and empty."""
    # Nothing of a removed capture stays in the file.
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA synchronous = NORMAL")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return False
    with _writing(db):
        for statement in _FROM_VERSION_1 if version == 1 else _SCHEMA:
            db.execute(statement)
    return int(version) != 1


@contextlib.contextmanager
def _writing(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _rows(db: sqlite3.Connection, ids: Sequence[str]) -> list[tuple[str, ...]]:
    marks = ", ".join("?" * len(ids))
    return db.execute(f"SELECT {_COLUMNS} FROM captures WHERE id IN ({marks})", ids).fetchall()


def _store(db: sqlite3.Connection, learned: Sequence[tuple[str, CaptureSummary]]) -> None:
    marks = ", ".join("?" * len(_COLUMNS.split(",")))
    with _writing(db):
        db.executemany(f"INSERT OR REPLACE INTO captures ({_COLUMNS}) VALUES ({marks})", map(_row, learned))


def _row(learned: tuple[str, CaptureSummary]) -> tuple[object, ...]:
    stamp, summary = learned
    details = {
        "reasons": summary.reasons,
        "flaws": [[flaw.code, flaw.values] for flaw in summary.flaws],
        "pictures": summary.pictures,
        "subject_name": summary.subject_name,
    }
    return (
        summary.id,
        stamp,
        summary.taken_at and summary.taken_at.isoformat(),
        summary.verdict,
        summary.kept,
        summary.demo,
        summary.uploaded,
        summary.subject,
        json.dumps(details),
    )


def _summary(row: Sequence[object] | None, stamp: str) -> CaptureSummary | None:
    """The summary in a row; None if it is missing, outdated or damaged, or the record was not readable."""
    if row is None or row[1] != stamp or row[3] == "damaged":
        return None
    try:
        return _restored(row)
    except (ValueError, KeyError, TypeError):
        return None


def _restored(row: Sequence[object]) -> CaptureSummary:
    capture_id, _, taken_at, verdict, kept, demo, uploaded, subject, details = row
    values = json.loads(str(details))
    return CaptureSummary(
        id=str(capture_id),
        taken_at=None if taken_at is None else datetime.fromisoformat(str(taken_at)),
        verdict=str(verdict),
        kept=bool(kept),
        demo=bool(demo),
        uploaded=bool(uploaded),
        subject=None if subject is None else str(subject),
        reasons=tuple(values["reasons"]),
        flaws=tuple(Flaw(code, values) for code, values in values["flaws"]),
        pictures=values["pictures"],
        subject_name=values["subject_name"],
    )


def _remove_other_days(db: sqlite3.Connection, there: Collection[str]) -> None:
    indexed = {day for (day,) in db.execute("SELECT DISTINCT substr(id, 1, 8) FROM captures")}
    if gone := indexed - {day.replace("-", "") for day in there}:
        with _writing(db):
            db.executemany("DELETE FROM captures WHERE substr(id, 1, 8) = ?", [(day,) for day in gone])


def _stamp(folder: Path) -> str | None:
    """Times of change of a capture's folder and record; None if it is gone or not a folder."""
    if not is_real_folder(folder):
        return None
    times_ns = []
    for path in (folder, folder / names.RECORD):
        try:
            times_ns.append(os.lstat(path).st_mtime_ns)
        except FileNotFoundError:
            times_ns.append(0)
    return " ".join(map(str, times_ns))
