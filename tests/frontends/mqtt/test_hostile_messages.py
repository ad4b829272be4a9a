"""Last wills of older connections, states of others, and messages that are too large."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from tests.frontends.fake_station import FakeStation

pytest.importorskip("trustme", reason="trustme is not installed: pip install '.[test]'")
pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed: pip install '.[mqtt]'")

from capture_station.frontends.mqtt import OVERSIZED_ADVICE
from capture_station.frontends.mqtt_client import BoundedClient

from .brokers import PATIENCE_S, Broker, LogLines, OldBroker, connected, needs_broker, settings


@needs_broker
def test_the_last_will_of_an_older_connection_does_not_stay(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)):
        station.see()
        broker.receive_until("running")
        broker.publish_state({"state": "offline"})
        broker.receive_until("offline")
        assert broker.receive("state")["state"] == "running"


@needs_broker
def test_a_state_of_somebody_else_is_not_fought(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)):
        station.see()
        broker.receive_until("running")
        broker.publish_state({"state": "elsewhere"})
        broker.receive_until("elsewhere")
        broker.send("3")
        assert "not a command" in broker.receive("failure")["reason"]
        station.unplug("gone")
        assert broker.receive("state")["state"] == "degraded"


@needs_broker
def test_a_new_connection_ends_the_older_one_of_the_same_station(
    broker: Broker, station: FakeStation, log_lines: LogLines
) -> None:
    older = BoundedClient("booth/7", mqtt_5=True)
    ended = threading.Event()
    older.on_disconnect = lambda *_: ended.set()
    older.connect("127.0.0.1", broker.port)
    older.loop_start()
    with connected(station, settings(broker)):
        assert ended.wait(PATIENCE_S)
        older.disconnect()
        older.loop_stop()
    assert "connected" in log_lines.next()


@needs_broker
def test_a_large_message_is_never_delivered_and_commands_still_work(broker: Broker, station: FakeStation) -> None:
    broker.send(b"x" * 10_000_000, retain=True)
    with connected(station, settings(broker)):
        station.see()
        broker.receive_until("running")
        broker.send("")
        assert station.await_requests(1)


def test_an_old_broker_is_spoken_to_and_cannot_fill_the_memory(station: FakeStation, log_lines: LogLines) -> None:
    with closing(OldBroker()) as broker:
        station.see()
        with connected(station, settings(broker)):
            events = [broker.events.get(timeout=PATIENCE_S)]
            while "large message refused" not in events or events[-1] != "running":
                events.append(broker.events.get(timeout=PATIENCE_S))
            assert events[0] == "MQTT 5 refused"
            assert "large message taken in" not in events
            assert "connected" in log_lines.next()
            assert OVERSIZED_ADVICE in log_lines.next()
