"""What a fleet's broker, a real mosquitto on loopback, hears from a station and makes it do."""

from __future__ import annotations

import json
import logging
import queue
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from capture_station.config import MqttSettings
from capture_station.errors import ConfigError
from capture_station.frames import Flaw

from .fake_station import FakeStation

paho = pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed: pip install '.[mqtt]'")
from paho.mqtt.enums import CallbackAPIVersion

from capture_station.faces.mqtt import Mqtt

PATIENCE_S = 30
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is missing: apt-get install mosquitto")


class Broker:
    """mosquitto, and somebody who listens to all of it."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as trial:
            self.port: int = trial.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n")
        self._process: subprocess.Popen[bytes] | None = None
        self._heard: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._listener = paho.Client(CallbackAPIVersion.VERSION2)
        self._listener.reconnect_delay_set(1, 1)
        listening = threading.Event()
        self._listener.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._listener.on_subscribe = lambda *_: listening.set()
        self._listener.on_message = lambda _client, _data, message: self._heard.put((message.topic, message.payload))
        self.start()
        self._listener.connect_async("127.0.0.1", self.port)
        self._listener.loop_start()
        assert listening.wait(PATIENCE_S)

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen([MOSQUITTO, "-c", self._config], stderr=subprocess.DEVNULL)
        tick = threading.Event()
        for _ in range(PATIENCE_S * 50):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            tick.wait(0.02)
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self._listener.disconnect()
        self._listener.loop_stop()
        self.stop()

    def hear(self, topic: str) -> Any:
        """The next message of a topic of booth's."""
        while True:
            heard, payload = self._heard.get(timeout=PATIENCE_S)
            if heard == f"booth/7/{topic}":
                return json.loads(payload)

    def hear_until(self, state: str) -> Any:
        while (heard := self.hear("state"))["state"] != state:
            pass
        return heard

    def say(self, payload: str | bytes, retain: bool = False) -> None:
        self._listener.publish("booth/7/take", payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.close()


def settings(broker: Broker, **changes: object) -> MqttSettings:
    return MqttSettings.model_validate({"host": "127.0.0.1", "port": broker.port, "topic": "booth/7", **changes})


@contextmanager
def connected(station: FakeStation, settings: MqttSettings) -> Iterator[Callable[[], None]]:
    """Gives what ends it."""
    stop = threading.Event()
    thread = threading.Thread(target=Mqtt(station, settings).run, args=(stop,))
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()

    try:
        yield end
    finally:
        end()


@needs_broker
def test_state_changes_are_told_and_the_end_too(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)) as end:
        assert broker.hear("state")["state"] == "starting"
        station.see()
        assert broker.hear_until("running")["camera"] == "demo camera"
        station.unplug("/dev/video0: gone")
        assert broker.hear_until("degraded")["reason"] == "/dev/video0: gone"
        end()
        assert broker.hear("state") == {"state": "offline"}


@needs_broker
def test_a_command_takes_a_portrait_and_its_verdict_is_told(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)):
        station.see()
        broker.hear_until("running")
        broker.say(b"")
        assert station.await_requests(1)
        shot = station.finish("review", (Flaw("face-dark"),))
        assert broker.hear("capture") == {"id": shot.id, "verdict": "review", "reasons": ["face-dark"]}
        broker.say('{"countdown_s": 2.5}')
        assert station.await_requests(2)
        assert station.status().countdown_left_s == 2.5
        station.fail("segmentation failed")
        assert broker.hear("failure") == {"reason": "segmentation failed"}


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
def test_what_is_no_command_takes_nothing(broker: Broker, station: FakeStation, command: str | bytes) -> None:
    with connected(station, settings(broker)):
        station.see()
        broker.hear_until("running")
        broker.say(command)
        assert "not a command" in broker.hear("failure")["reason"]
    assert station.requests == 0


@needs_broker
def test_a_refusal_is_told(broker: Broker, station: FakeStation) -> None:
    with connected(station, settings(broker)):
        broker.hear_until("starting")
        broker.say("")
        assert broker.hear("failure") == {"reason": "no camera"}


@needs_broker
def test_an_old_command_takes_nothing(broker: Broker, station: FakeStation) -> None:
    station.see()
    broker.say("{}", retain=True)
    with connected(station, settings(broker)):
        broker.hear_until("running")
        broker.say('{"countdown_s": 9}')
        assert station.await_requests(1)
        assert station.status().countdown_left_s == 9


@needs_broker
def test_a_broker_that_was_away_hears_what_it_missed(
    broker: Broker, station: FakeStation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with connected(station, settings(broker)):
        station.see()
        broker.hear_until("running")
        broker.stop()
        station.capture()
        shot = station.finish()
        station.unplug("gone")
        broker.start()
        assert broker.hear("capture")["id"] == shot.id
        assert broker.hear_until("degraded")["captures"] == 1
        broker.say("")
        assert broker.hear("failure") == {"reason": "no camera"}
    told = [message for message in caplog.messages if message.startswith("mqtt")]
    assert len([line for line in told if "no connection" in line]) == 1


@needs_broker
def test_a_broker_that_comes_later_is_found(broker: Broker, station: FakeStation) -> None:
    broker.stop()
    with connected(station, settings(broker)):
        station.see()
        broker.start()
        assert broker.hear_until("running")


def test_a_password_that_cannot_be_read_is_told_at_once(station: FakeStation, tmp_path: Path) -> None:
    missing = MqttSettings(host="127.0.0.1", user="booth", password_file=tmp_path / "missing")
    with pytest.raises(ConfigError, match="password_file"):
        Mqtt(station, missing)
