"""The index answers in full also while other processes write it, and when it has to go into memory in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager, closing
from datetime import datetime, timedelta, timezone

import pytest

import capture_station.archive.index
from capture_station.archive.archive import Archive
from capture_station.archive.index_tables import insert_unread, writing
from capture_station.archive.names import INDEX
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures

ORIGINAL, PORTRAIT = sample_pictures((32, 24))
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone(timedelta(hours=2)))


def save(archive: Archive, day: int) -> str:
    whose = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="1")})
    return archive.save(ORIGINAL, PORTRAIT, NOON + timedelta(days=day), whose).id


def test_two_processes_may_find_a_capture_at_the_same_time(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    taken = save(archive, 0)
    with closing(Archive.open(archive.settings)) as other:

        def after_the_other(db: sqlite3.Connection) -> AbstractContextManager[None]:
            monkeypatch.undo()
            assert other.not_uploaded(demo_too=False) == [taken]
            return writing(db)

        other.summaries([])  # Makes the file.
        monkeypatch.setattr(capture_station.archive.index, "writing", after_the_other)
        assert archive.not_uploaded(demo_too=False) == [taken]
    assert "cannot be used" not in caplog.text


@pytest.mark.parametrize("error", [sqlite3.OperationalError("database is locked"), sqlite3.IntegrityError("twice")])
@pytest.mark.parametrize("fails_at", [0, 1, 2])
def test_an_index_that_goes_into_memory_in_the_middle_of_a_query_leaves_nothing_out(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, error: sqlite3.Error, fails_at: int
) -> None:
    taken = [save(archive, day) for day in range(3)]
    calls = iter(range(100))

    def failing(db: sqlite3.Connection, captures: Iterable[tuple[str, bool]]) -> None:
        if next(calls) == fails_at:
            raise error
        insert_unread(db, captures)

    monkeypatch.setattr(capture_station.archive.index, "insert_unread", failing)
    assert archive.query(lambda index: index.of_subject("1")) == taken[::-1]
    assert (archive.folder / INDEX).is_file()
