"""Whoever is deleted while their portrait is being taken has none afterwards."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from capture_station.errors import StationError
from capture_station.station.status import State
from tests.station.conftest import PATIENCE_S, StartStation, until
from tests.station.segmenters import Watching, gated


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
