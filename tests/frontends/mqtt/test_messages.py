"""What a station and a real mosquitto broker say to each other."""

from __future__ import annotations

import logging

import pytest

from capture_station.frames import Flaw
from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation

pytest.importorskip("trustme", reason="trustme is not installed: pip install '.[test]'")
pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed: pip install '.[mqtt]'")


from .brokers import Broker, connected, needs_broker, settings


@needs_broker
def test_state_changes_and_the_end_are_published(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)) as end:
        assert broker.receive("state")["state"] == "starting"
        station.see()
        assert broker.receive_until("running")["camera"] == "demo camera"
        station.unplug("/dev/video0: gone")
        assert broker.receive_until("degraded")["reason"] == "/dev/video0: gone"
        end()
        assert broker.receive("state") == {"state": "offline"}


@needs_broker
@pytest.mark.parametrize("named", [False, True])
def test_whose_portrait_it_is_is_published_only_when_asked_for_and_by_id_only(
    broker: Broker, station: FakeStation, named: bool
) -> None:
    station.subjects.use("required", Subject("20417", "Ada Lovelace"))
    with connected(station, settings(broker, subjects=named)):
        station.see()
        broker.receive_until("running")
        station.capture(0, "20417")
        station.finish()
        captured = broker.receive("capture")
        assert captured.get("subject") == ("20417" if named else None)
        assert "Ada" not in str(captured)


@needs_broker
@pytest.mark.parametrize("named", [False, True])
def test_who_is_there_and_who_is_next_is_published_only_when_asked_for_and_by_id_only(
    broker: Broker, station: FakeStation, named: bool
) -> None:
    station.subjects.use("required", *(Subject(one, "Ada Lovelace") for one in ("20417", "20418", "20419", "20420")))
    station.see()
    station.subjects.check_in("20417")
    station.capture(3, "20420")
    for subject_id in ("20418", "20419"):
        station.subjects.check_in(subject_id)
    told = {
        "subject": "20417",
        "capture_subject": "20420",
        "next_subject": "20418",
        "waiting_subjects": ["20418", "20419"],
    }
    with connected(station, settings(broker, subjects=named)):
        state = broker.receive_until("running")
        assert {key: value for key, value in state.items() if "subject" in key} == (told if named else {})
        assert "Ada" not in str(state)


@needs_broker
def test_a_command_takes_a_portrait_and_its_verdict_is_published(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)):
        station.see()
        broker.receive_until("running")
        broker.send(b"")
        assert station.await_requests(1)
        shot = station.finish("review", (Flaw("face-dark"),))
        assert broker.receive("capture") == {"id": shot.id, "verdict": "review", "reasons": ["face-dark"]}
        broker.send('{"countdown_s": 2.5}')
        assert station.await_requests(2)
        assert station.status().captures.countdown_left_s == 2.5
        station.fail("segmentation failed")
        assert broker.receive("failure") == {"reason": "segmentation failed"}


@needs_broker
def test_a_commands_preset_is_that_of_its_portrait_only(broker: Broker, station: FakeStation) -> None:
    before = station.status().adjustments
    with connected(station, settings(broker)):
        station.see()
        broker.receive_until("running")
        broker.send('{"preset": "square"}')
        assert station.await_requests(1)
        assert station.capture_preset == "square"
        assert station.status().adjustments == before


@needs_broker
@pytest.mark.parametrize(
    "command",
    [
        "{",
        "[]",
        "3",
        '{"countdown_s": -1}',
        '{"countdown_s": 1e9}',
        '{"countdown_s": NaN}',
        '{"countdown_s": true}',
        '{"countdown_s": "3"}',
        '{"countdown_s": 1, "path": "/etc"}',
        "[" * 1000,
        " " * 2000 + "{}",
        b"\xff",
    ],
)
def test_an_invalid_command_takes_nothing(broker: Broker, station: FakeStation, command: str | bytes) -> None:
    with connected(station, settings(broker)):
        station.see()
        broker.receive_until("running")
        broker.send(command)
        assert "not a command" in broker.receive("failure")["reason"]
    assert station.requests == 0


@needs_broker
def test_a_refused_command_is_published_as_a_failure(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)):
        broker.receive_until("starting")
        broker.send("")
        assert broker.receive("failure") == {"reason": "no camera"}


@needs_broker
def test_a_refusal_does_not_say_who_must_not_be_photographed(broker: Broker, station: FakeStation) -> None:
    station.subjects.use("required", Subject("20417", "Ada Lovelace"))
    station.see()
    station.subjects.check_in("20417")
    station.subjects.relist(Subject("20417", "Ada Lovelace", refused="Photo consent: no"))
    with connected(station, settings(broker)):
        broker.receive_until("running")
        broker.send("")
        assert broker.receive("failure") == {"reason": "the person must not be photographed: the list says so"}


@needs_broker
def test_a_retained_command_takes_nothing(broker: Broker, station: FakeStation) -> None:
    station.see()
    broker.send("{}", retain=True)
    with connected(station, settings(broker)):
        broker.receive_until("running")
        broker.send('{"countdown_s": 9}')
        assert station.await_requests(1)
        assert station.status().captures.countdown_left_s == 9


@needs_broker
def test_a_broker_that_was_away_receives_what_it_missed(
    broker: Broker, station: FakeStation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with connected(station, settings(broker)):
        station.see()
        broker.receive_until("running")
        broker.stop()
        station.capture()
        shot = station.finish()
        station.unplug("gone")
        broker.start()
        assert broker.receive("capture")["id"] == shot.id
        assert broker.receive_until("degraded")["captures"] == 1
        broker.send("")
        assert broker.receive("failure") == {"reason": "no camera"}
    told = [message for message in caplog.messages if message.startswith("mqtt")]
    assert len([line for line in told if "no connection" in line]) == 1


@needs_broker
def test_a_broker_that_starts_later_is_found(broker: Broker, station: FakeStation) -> None:
    broker.stop()
    with connected(station, settings(broker)):
        station.see()
        broker.start()
        assert broker.receive_until("running")


@needs_broker
def test_a_command_during_the_capture_of_another_is_refused(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)):
        station.see()
        broker.receive_until("running")
        broker.send("")
        assert station.await_requests(1)
        broker.send("")
        assert "earlier command" in broker.receive("failure")["reason"]
        station.finish()
        broker.receive("capture")
        broker.send("")
        assert station.await_requests(2)
