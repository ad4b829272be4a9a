"""Whoever is deleted while their portrait is being taken has none afterwards."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from datetime import datetime, timedelta, timezone

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import SubjectSettings
from capture_station.errors import StationError
from capture_station.station.status import State
from capture_station.station.subject_desk import SubjectDesk
from tests.station.conftest import PATIENCE_S, StartStation, until
from tests.station.segmenters import Watching, gated

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)


def test_their_countdown_ends(start: StartStation) -> None:
    station = start(lambda *_: Watching(), subjects={"mode": "required"})
    until(station, lambda status: status.state is State.RUNNING)
    station.subjects.check_in("20417")
    before = station.capture().result(PATIENCE_S)
    station.subjects.check_in("20417")
    taking = station.capture(countdown_s=30)
    assert station.subjects.remove("20417", "web") == [before.id]
    with pytest.raises(CancelledError):
        taking.result(PATIENCE_S)
    status = until(station, lambda status: status.captures.countdown_left_s is None)
    assert status.subjects.current is None
    assert station.ids(9) == []


def test_a_retake_that_begins_while_their_portraits_are_deleted_leaves_none(archive: Archive) -> None:
    circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="20417")})
    saved = list[str]()

    def save(_: object) -> None:
        """Give up what is being taken. One portrait is being saved each time, and that is waited for."""
        taken_at = NOON + timedelta(minutes=len(saved))
        saved.append(archive.save(*sample_pictures((32, 24)), taken_at, circumstances).id)

    desk = SubjectDesk(SubjectSettings(mode="required"), archive, drop=save)
    assert (desk.remove("20417", "web"), len(saved)) == (saved, 2)
    assert list(archive.ids()) == []


def test_what_is_developed_or_waits_is_given_up_and_others_get_their_portraits(start: StartStation) -> None:
    gate = threading.Event()
    gate.set()
    station = start(gated(gate), subjects={"mode": "required"}, capture={"when_busy": "queue"})
    until(station, lambda status: status.state is State.RUNNING)
    first = station.capture(subject_id="20417").result(PATIENCE_S)
    gate.clear()
    developed = station.capture(retakes=first.id)
    waiting = station.capture(countdown_s=1, subject_id="20417")
    other = station.capture(subject_id="20418")
    until(station, lambda status: status.captures.in_progress and not status.captures.exposing)
    assert station.subjects.remove("20417", "web") == [first.id]
    gate.set()
    with pytest.raises(StationError, match="the person was deleted meanwhile; nothing was saved"):
        developed.result(PATIENCE_S)
    with pytest.raises(CancelledError):
        waiting.result(PATIENCE_S)
    only = other.result(PATIENCE_S)
    assert station.ids(9) == [only.id]
    assert station.status().captures.last_failure == "the person was deleted meanwhile; nothing was saved"
