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
from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from capture_station.archive import names
from capture_station.archive.capture_ids import days, ids_of_day, is_real_folder, is_settled
from capture_station.archive.index_tables import insert_unread, prepare, rows_of, store, summary_of, writing
from capture_station.archive.record import read_record
from capture_station.archive.summary import CaptureSummary, summarise
from capture_station.release import ALL_KEPT, ReleaseRule

P = ParamSpec("P")
T = TypeVar("T")

BUSY_WITHIN_S = 5.0
FILE_AGAIN_S = 60.0
"""After this time in memory, the file is tried again."""
MOVES_ENDURED = 3
CHUNK = 500
"""Captures per SQL statement; SQLite allows at least 999 parameters."""
WITHOUT_CONSENT = "without-consent"
"""In place of the verdict of a portrait that lacks it."""

log = logging.getLogger(__name__)


def _repeated(query: Callable[Concatenate[CaptureIndex, P], T]) -> Callable[Concatenate[CaptureIndex, P], T]:
    """Ask again if the index went into memory or back meanwhile: what a comparison has found is not there."""

    @wraps(query)
    def repeated(index: CaptureIndex, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(MOVES_ENDURED):
            moves = index.moves
            answer = query(index, *args, **kwargs)
            if index.moves == moves:
                break
        return answer

    return repeated


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
        self.moves = 0
        """How often the index has gone into memory, or back into the file."""
        self._changed: set[str] = set()
        """Captures that this process changed or removed since the last operation."""
        self._verifying = threading.Lock()
        self._verified = False

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
            known = {row[0]: row for row in self._run(partial(rows_of, ids=chunk))}
            learned = list[tuple[str, CaptureSummary]]()
            for capture_id in chunk:
                folder = names.folder_of(self._archive, capture_id)
                # Before the record: a change in between is then noticed the next time.
                stamp = _stamp(folder)
                if stamp is None:
                    continue
                if remembered := summary_of(known.get(capture_id), stamp):
                    found.append(remembered)
                    continue
                summary = summarise(read_record(folder), uploaded=(folder / names.UPLOADED).exists())
                found.append(summary)
                if is_settled(max(map(int, stamp.split()))):
                    learned.append((stamp, summary))
            if learned:
                self._run(partial(store, learned=learned))
        return found

    @_repeated
    def not_uploaded(self, demo_too: bool) -> list[str]:
        """Ids of captures that may have to be uploaded, newest first: kept, without a marker, or not read yet."""
        self.verify()
        with self._comparing:
            self._compare_with_folders()
        query = "SELECT id FROM captures WHERE uploaded = 0 AND kept = 1 AND verdict <> 'damaged' AND demo <= ?"
        rows = self._run(lambda db: db.execute(f"{query} ORDER BY id DESC", (int(demo_too),)).fetchall())
        return [capture_id for (capture_id,) in rows]

    @_repeated
    def newest_kept(self, subjects: Sequence[str] | None = None, rule: ReleaseRule = ALL_KEPT) -> dict[str, str]:
        """The verdict of each person's newest kept capture, by the person's id. Reads records not read yet.

        Args:
            subjects: As ``newest_kept_captures``; likewise the next.
        """
        fresh = self._read_unread()
        newest: dict[str, str] = {}
        if subjects is None:
            # SQLite puts the table together several times as fast as Python puts its rows together.
            newest_kept = _newest_kept("IS NOT NULL", rule)
            table = self._rows_of(f"SELECT json_group_object(subject, verdict) FROM ({newest_kept})")
            newest = json.loads(table[0][0])
            renewed = {one.subject for one in fresh if one.subject is not None}
            subjects = list(renewed) if len(renewed) <= CHUNK else None
        captures = self._newest_kept_captures(subjects, rule, fresh)
        newest.update((subject, verdict) for subject, (_, verdict) in captures.items())
        return newest

    @_repeated
    def newest_kept_captures(
        self, subjects: Sequence[str] | None = None, rule: ReleaseRule = ALL_KEPT
    ) -> dict[str, tuple[str, str]]:
        """Id and verdict of each person's newest kept capture, by the person's id.

        Args:
            subjects: At most ``CHUNK`` ids of people to look for; None: everybody.
            rule: Which captures count, and whether ``WITHOUT_CONSENT`` stands in place of a verdict.
        """
        return self._newest_kept_captures(subjects, rule, self._read_unread())

    def _newest_kept_captures(
        self, subjects: Sequence[str] | None, rule: ReleaseRule, fresh: Sequence[CaptureSummary]
    ) -> dict[str, tuple[str, str]]:
        among = "IS NOT NULL" if subjects is None else f"IN ({', '.join('?' * len(subjects))})"
        rows = self._rows_of(_newest_kept(among, rule), *(subjects or ()))
        newest = {subject: (capture_id, verdict) for subject, verdict, capture_id in rows}
        for one in fresh:
            wanted = one.subject is not None and (subjects is None or one.subject in subjects)
            if one.subject is not None and wanted and not rule.left_out_as(one):
                verdict = WITHOUT_CONSENT if rule.lacks(one) == "consent" else one.verdict
                newest[one.subject] = max(newest.get(one.subject, ("", "")), (one.id, verdict))
        return newest

    @_repeated
    def nameless(self, limit: int, rule: ReleaseRule) -> list[str]:
        """Ids of the newest kept captures that lack a name by the rule, newest first. Reads records not read yet."""
        fresh = self._read_unread() if rule.wants_names else []
        known = f"subject IS NULL AND kept = 1 AND demo <= {rule.demo_too:d} AND stamp <> '' AND verdict <> 'damaged'"
        query = f"SELECT id FROM captures WHERE {known} ORDER BY id DESC LIMIT ?"
        ids = {capture_id for (capture_id,) in self._rows_of(query, limit)} if rule.wants_names else set()
        found = (one for one in fresh if one.subject is None and one.kept and one.verdict != "damaged")
        ids.update(one.id for one in found if rule.lacks(one))
        return sorted(ids, reverse=True)[:limit]

    @_repeated
    def kept_owners(self) -> dict[str, str]:
        """The person of each kept capture, by its id; a capture of nobody is its own owner. Reads new records."""
        fresh = self._read_unread()
        pairs = "SELECT json_group_object(id, coalesce(subject, id)) FROM captures WHERE kept = 1 AND stamp <> ''"
        owners: dict[str, str] = json.loads(self._rows_of(pairs)[0][0])
        return owners | {one.id: one.id if one.subject is None else one.subject for one in fresh if one.kept}

    @_repeated
    def subjects(self) -> set[str]:
        """Ids of everybody who has a capture, also one that was retaken."""
        fresh = self._read_unread()
        rows = self._rows_of("SELECT DISTINCT subject FROM captures WHERE subject IS NOT NULL")
        return {str(subject) for (subject,) in rows} | {one.subject for one in fresh if one.subject is not None}

    @_repeated
    def of_subject(self, subject: str) -> list[str]:
        """Ids of all captures of a person, newest first, also of those that were retaken."""
        fresh = self._read_unread()
        rows = self._rows_of("SELECT id FROM captures WHERE subject = ?", subject)
        ids = {capture_id for (capture_id,) in rows} | {one.id for one in fresh if one.subject == subject}
        return sorted(ids, reverse=True)

    def verify(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Look once at every capture that an earlier process has read, newest first; takes seconds in a large archive.

        The index trusts the times of change of the days' folders, so that it answers at once after a start. They do not
        tell that the record of a capture was replaced: just before a crash, by another program, or by a restored copy.

        Args:
            stopped: Whether to give up, so that a stop need not wait.
        """
        with self._verifying:
            below = ":"  # It follows the digits.
            query = "SELECT id, stamp FROM captures WHERE id < ? AND stamp <> '' ORDER BY id DESC LIMIT ?"
            while not self._verified and not stopped():
                rows = self._rows_of(query, below, CHUNK)
                for capture_id, stamp in rows:
                    if _stamp(names.folder_of(self._archive, capture_id)) != stamp:
                        self.changed(capture_id)
                self._verified = len(rows) < CHUNK
                below = rows[-1][0] if rows else ""

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
        known: dict[str, int] = dict(self._run(lambda db: db.execute("SELECT day, changed_ns FROM days").fetchall()))
        there = set(days(self._archive))
        for day in {*there, *known}:
            try:
                changed_ns = os.stat(self._archive / day).st_mtime_ns if day in there else 0
            except FileNotFoundError:
                changed_ns = 0
            if changed_ns and known.get(day) == changed_ns:
                continue
            ids = ids_of_day(self._archive, day) if changed_ns else []
            found = {capture_id: _stamp(names.folder_of(self._archive, capture_id)) for capture_id in ids}
            stamps = {capture_id: stamp for capture_id, stamp in found.items() if stamp is not None}
            settled_ns = changed_ns if is_settled(changed_ns) else 0
            if settled_ns or stamps or day in known:
                self._run(partial(self._compare_day, day=day, stamps=stamps, settled_ns=settled_ns))

    def _compare_day(self, db: sqlite3.Connection, day: str, stamps: dict[str, str], settled_ns: int) -> None:
        prefix = day.replace("-", "")
        query = "SELECT id, stamp FROM captures WHERE id > ? AND id < ?"
        known = dict(db.execute(query, (f"{prefix}-", f"{prefix}.")).fetchall())
        outdated = [capture_id for capture_id, stamp in known.items() if stamp and stamps.get(capture_id) != stamp]
        gone = [capture_id for capture_id in known if capture_id not in stamps]
        fresh = [capture_id for capture_id in stamps if capture_id not in known]
        (known_ns,) = db.execute("SELECT changed_ns FROM days WHERE day = ?", (day,)).fetchone() or (None,)
        if outdated or gone or fresh or settled_ns != known_ns:
            with writing(db):
                db.executemany("DELETE FROM captures WHERE id = ?", [(one,) for one in (*gone, *outdated)])
                self._insert(db, [*fresh, *(capture_id for capture_id in outdated if capture_id in stamps)])
                if stamps or settled_ns:
                    db.execute("INSERT OR REPLACE INTO days VALUES (?, ?)", (day, settled_ns))
                else:
                    db.execute("DELETE FROM days WHERE day = ?", (day,))

    def _insert(self, db: sqlite3.Connection, ids: Sequence[str]) -> None:
        insert_unread(db, ((one, (names.folder_of(self._archive, one) / names.UPLOADED).exists()) for one in ids))

    def _run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run one transaction, in the file if possible."""
        with self._lock:
            if self._memory is None:
                try:
                    return self._run_in_file(operation)
                except sqlite3.Error as error:
                    # Not a database, or a damaged one. All other errors have classes of their own.
                    if type(error) is sqlite3.DatabaseError:
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
            prepare(db)
            return self._transaction(db, operation)

    def _transaction(self, db: sqlite3.Connection, operation: Callable[[sqlite3.Connection], T]) -> T:
        if not self._changed:
            return operation(db)
        with writing(db):
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
                # Whatever changed meanwhile has other times of change than the file says.
                self._run_in_file(lambda db: db.execute("UPDATE days SET changed_ns = 0"))
                self._memory.close()
                self._memory = None
                self.moves += 1
                log.info("%s: is used again", self._path)

    def _use_memory(self, error: Exception) -> None:
        log.warning("%s: cannot be used, so it is kept in memory: %s", self._path, error)
        self._file_again_s = time.monotonic() + FILE_AGAIN_S
        self._memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        prepare(self._memory)
        self.moves += 1


def _newest_kept(among: str, rule: ReleaseRule) -> str:
    """An SQL query: subject, verdict and id of each person's newest kept capture that counts."""
    verdict = f"CASE WHEN agreed THEN verdict ELSE '{WITHOUT_CONSENT}' END" if rule.asks_consent else "verdict"
    counts = f"subject {among} AND kept = 1 AND demo <= {rule.demo_too:d}"
    return f"SELECT subject, {verdict} AS verdict, max(id) FROM captures WHERE {counts} GROUP BY subject"


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
