"""The index's file: its tables, and rows made of summaries."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from capture_station.archive.summary import CaptureSummary
from capture_station.frames import Flaw

VERSION = 4
"""A file of an unknown version is made again; what versions 1 to 3 lack is added to them."""


def _day_of(value: str) -> str:
    """An SQL expression: the name of the folder of a capture's day."""
    return f"substr({value}, 1, 4) || '-' || substr({value}, 5, 2) || '-' || substr({value}, 7, 2)"


_AGREED = "agreed INTEGER NOT NULL DEFAULT 0"
_OF_SUBJECT = "CREATE INDEX of_subject ON captures (subject, kept, demo, verdict, agreed, id) WHERE subject IS NOT NULL"
_UNREAD = "CREATE INDEX unread ON captures (id) WHERE stamp = ''"
# ``changed_ns``: time of change of the day's folder when it was last compared with the index; 0: it has to be compared.
# Each day that has captures in the index is there.
_DAYS = "CREATE TABLE days (day TEXT PRIMARY KEY, changed_ns INTEGER NOT NULL) WITHOUT ROWID"
_SCHEMA = (
    "DROP TABLE IF EXISTS days",
    "DROP TABLE IF EXISTS captures",
    # ``stamp``: times of change when the record was read, or empty if it was not read yet.
    # ``details``: reasons, flaws, pictures, the subject's name and whether it was retaken, as JSON.
    f"""CREATE TABLE captures (
        id TEXT PRIMARY KEY,
        stamp TEXT NOT NULL DEFAULT '',
        taken_at TEXT,
        verdict TEXT NOT NULL DEFAULT '',
        kept INTEGER NOT NULL DEFAULT 1,
        demo INTEGER NOT NULL DEFAULT 0,
        uploaded INTEGER NOT NULL DEFAULT 0,
        subject TEXT,
        details TEXT NOT NULL DEFAULT '',
        {_AGREED}
    ) WITHOUT ROWID""",
    "CREATE INDEX not_uploaded ON captures (id) WHERE uploaded = 0 AND kept = 1 AND verdict <> 'damaged'",
    _OF_SUBJECT,
    _UNREAD,
    _DAYS,
)
_INDEXED_DAYS = f"INSERT INTO days SELECT DISTINCT {_day_of('id')}, 0 FROM captures"
# Until version 3, consent was among the details.
_WHO_AGREED = (
    f"ALTER TABLE captures ADD COLUMN {_AGREED}",
    "UPDATE captures SET agreed = coalesce(json_extract(details, '$.agreed'), 0) WHERE json_valid(details)",
    "DROP INDEX IF EXISTS of_subject",
    _OF_SUBJECT,
)
_SINCE_VERSION = {
    1: (_UNREAD, _DAYS, _INDEXED_DAYS, *_WHO_AGREED),
    2: (_DAYS, _INDEXED_DAYS, *_WHO_AGREED),
    3: _WHO_AGREED,
}
_COLUMNS = "id, stamp, taken_at, verdict, kept, demo, uploaded, subject, details, agreed"


def prepare(db: sqlite3.Connection) -> None:
    """Set up a connection, and the tables if they are missing or of another version."""
    # Nothing of a removed capture stays in the file.
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA synchronous = NORMAL")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    with writing(db):
        for statement in (*_SINCE_VERSION.get(version, _SCHEMA), f"PRAGMA user_version = {VERSION}"):
            db.execute(statement)


@contextlib.contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all of it or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def rows_of(db: sqlite3.Connection, ids: Sequence[str]) -> list[tuple[str, ...]]:
    """What is known about these captures; ``summary_of`` reads it."""
    marks = ", ".join("?" * len(ids))
    return db.execute(f"SELECT {_COLUMNS} FROM captures WHERE id IN ({marks})", ids).fetchall()


def insert_unread(db: sqlite3.Connection, captures: Iterable[tuple[str, bool]]) -> None:
    """Add captures whose records were not read yet, each with whether it is marked as uploaded.

    Another process may have added some of them just now.
    """
    for capture in captures:
        db.execute("INSERT OR IGNORE INTO captures (id, uploaded) VALUES (?, ?)", capture)
        db.execute(f"INSERT OR IGNORE INTO days VALUES ({_day_of('?1')}, 0)", capture[:1])


def store(db: sqlite3.Connection, learned: Sequence[tuple[str, CaptureSummary]]) -> None:
    """Add what the records of captures say, each with their stamp."""
    marks = ", ".join("?" * len(_COLUMNS.split(",")))
    with writing(db):
        db.executemany(f"INSERT OR REPLACE INTO captures ({_COLUMNS}) VALUES ({marks})", map(_row, learned))


def _row(learned: tuple[str, CaptureSummary]) -> tuple[object, ...]:
    stamp, summary = learned
    details = {
        "reasons": summary.reasons,
        "flaws": [[flaw.code, flaw.values] for flaw in summary.flaws],
        "pictures": summary.pictures,
        "subject_name": summary.subject_name,
        "retaken": summary.retaken,
    }
    return (
        summary.id,
        stamp,
        summary.taken_at and summary.taken_at.isoformat(),
        summary.verdict,
        summary.kept,
        summary.by_demo,
        summary.uploaded,
        summary.subject,
        json.dumps(details),
        summary.agreed,
    )


def summary_of(row: Sequence[object] | None, stamp: str) -> CaptureSummary | None:
    """The summary in a row; None if it is missing, outdated or damaged, or the record was not readable."""
    if row is None or row[1] != stamp or row[3] == "damaged":
        return None
    try:
        return _restored(row)
    except (ValueError, KeyError, TypeError):
        return None


def _restored(row: Sequence[object]) -> CaptureSummary:
    capture_id, _, taken_at, verdict, kept, demo, uploaded, subject, details, agreed = row
    values = json.loads(str(details))
    return CaptureSummary(
        id=str(capture_id),
        taken_at=None if taken_at is None else datetime.fromisoformat(str(taken_at)),
        verdict=str(verdict),
        kept=bool(kept),
        by_demo=bool(demo),
        uploaded=bool(uploaded),
        subject=None if subject is None else str(subject),
        reasons=tuple(values["reasons"]),
        flaws=tuple(Flaw(code, values) for code, values in values["flaws"]),
        pictures=values["pictures"],
        subject_name=values["subject_name"],
        retaken=values.get("retaken", False),
        agreed=bool(agreed),
    )
