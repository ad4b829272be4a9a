"""The messages between a station and a real mosquitto broker on loopback."""

from __future__ import annotations

import json
import logging
import queue
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from capture_station.config import MqttSettings
from capture_station.errors import ConfigError
from capture_station.frames import Flaw
from capture_station.subjects.subject import Subject

from .fake_station import FakeStation

trustme = pytest.importorskip("trustme", reason="trustme is not installed: pip install '.[test]'")
paho = pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed: pip install '.[mqtt]'")
from paho.mqtt.enums import CallbackAPIVersion

from capture_station.frontends.mqtt import (
    CERTIFICATE_ADVICE,
    LISTENER_ADVICE,
    OVERSIZED_ADVICE,
    PASSWORD_ADVICE,
    Mqtt,
)
from capture_station.frontends.mqtt_client import BoundedClient

PATIENCE_S = 30
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is missing: apt-get install mosquitto")


class Broker:
    """mosquitto with a client that is subscribed to everything. ``port`` accepts anonymous clients.

    ``guarded`` is the configuration of a second listener, on ``guarded_port``.
    """

    def __init__(self, folder: Path, guarded: str = "allow_anonymous true") -> None:
        with socket.create_server(("127.0.0.1", 0)) as trial, socket.create_server(("127.0.0.1", 0)) as other:
            self.port: int = trial.getsockname()[1]
            self.guarded_port: int = other.getsockname()[1]
        self._log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"per_listener_settings true\nlistener {self.port} 127.0.0.1\nallow_anonymous true\n"
            f"listener {self.guarded_port} 127.0.0.1\n{guarded}\nuser root\nlog_dest file {self._log}\n"
            # The subscriber keeps its session: it gets what the station publishes before it reconnects itself.
            f"persistence true\npersistence_location {folder}/\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._heard: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._listener = paho.Client(CallbackAPIVersion.VERSION2, "listener", clean_session=False)
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
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def reload(self) -> None:
        """Make it read its password file again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def await_log(self, text: str, count: int) -> None:
        """Wait until this many occurrences of the text are in its log."""
        tick = threading.Event()
        for _ in range(PATIENCE_S * 50):
            if self._log.read_text().count(text) >= count:
                return
            tick.wait(0.02)
        raise AssertionError(self._log.read_text())

    def close(self) -> None:
        self._listener.disconnect()
        self._listener.loop_stop()
        self.stop()

    def receive(self, topic: str) -> Any:
        """The next message on a topic of the station."""
        while True:
            heard, payload = self._heard.get(timeout=PATIENCE_S)
            if heard == f"booth/7/{topic}":
                return json.loads(payload)

    def receive_until(self, state: str) -> Any:
        while (heard := self.receive("state"))["state"] != state:
            pass
        return heard

    def publish_state(self, state: dict[str, str]) -> None:
        """Publish a state in the name of the station."""
        self._listener.publish("booth/7/state", json.dumps(state), qos=1, retain=True).wait_for_publish(PATIENCE_S)

    def send(self, payload: str | bytes, retain: bool = False) -> None:
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
    """Run the frontend in a thread. Yields a function that ends it."""
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


class Guarded:
    """The certificate authority and the password list of a guarded listener."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca_file)
        self.passwords = folder / "passwords"
        self._folder = folder
        self.set_password("booth", "right")

    def set_password(self, user: str, password: str) -> None:
        program = shutil.which("mosquitto_passwd")
        assert program is not None
        subprocess.run([program, "-c", "-b", self.passwords, user, password], check=True, stderr=subprocess.DEVNULL)

    def password_file(self, password: str) -> str:
        path = self._folder / "password"
        path.write_bytes(f"{password}\n".encode())
        return str(path)

    def broker(self, certified: str, password: bool = False) -> Broker:
        """A broker with a certificate for this name."""
        certificate = self.authority.issue_cert(certified)
        chain, key = self._folder / "chain.pem", self._folder / "key.pem"
        certificate.private_key_pem.write_to_path(key)
        for number, part in enumerate(certificate.cert_chain_pems):
            part.write_to_path(chain, append=number > 0)
        asks = f"password_file {self.passwords}\nallow_anonymous false" if password else "allow_anonymous true"
        return Broker(self._folder, f"certfile {chain}\nkeyfile {key}\n{asks}")


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


class LogLines(logging.Handler):
    """The lines that the frontend logs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.put(record.getMessage())

    def next(self) -> str:
        return self.lines.get(timeout=PATIENCE_S)


@pytest.fixture
def log_lines() -> Iterator[LogLines]:
    log_lines, log = LogLines(), logging.getLogger("capture_station.frontends.mqtt")
    log.addHandler(log_lines)
    log.setLevel(logging.INFO)
    yield log_lines
    log.setLevel(logging.NOTSET)
    log.removeHandler(log_lines)


@needs_broker
def test_tls_and_a_password_work(station: FakeStation, guarded: Guarded) -> None:
    with closing(guarded.broker("127.0.0.1", password=True)) as broker:
        ours = {
            "tls": True,
            "ca_file": guarded.ca_file,
            "user": "booth",
            "password_file": guarded.password_file("right\r\nfor the booth in the hall\n"),
        }
        with connected(station, settings(broker, port=broker.guarded_port, **ours)) as end:
            station.see()
            broker.receive_until("running")
            broker.send("")
            assert station.await_requests(1)
            end()
            assert broker.receive_until("offline")


@needs_broker
@pytest.mark.parametrize("user", ["booth", ""])
def test_a_refusal_is_logged_once_and_the_connection_retried(
    station: FakeStation, guarded: Guarded, log_lines: LogLines, user: str
) -> None:
    with closing(guarded.broker("127.0.0.1", password=True)) as broker:
        ours = {"tls": True, "ca_file": guarded.ca_file, "user": user, "password_file": guarded.password_file("wrong")}
        with connected(station, settings(broker, port=broker.guarded_port, **ours)):
            line = log_lines.next()
            assert PASSWORD_ADVICE in line
            assert "\n" not in line
            broker.await_log("not authorised", 2)
            if user:
                guarded.set_password(user, "wrong")
                broker.reload()
                assert "connected" in log_lines.next()
                station.see()
                broker.receive_until("running")
        assert log_lines.lines.empty()


# paho does not close the socket of a failed handshake.
paho_leaves_a_socket_open = pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")


@needs_broker
@paho_leaves_a_socket_open
@pytest.mark.parametrize(
    ("certified", "mode", "advice"),
    [
        ("127.0.0.1", "stranger", CERTIFICATE_ADVICE),
        ("127.0.0.1", "system", CERTIFICATE_ADVICE),
        ("another.example", "authority", CERTIFICATE_ADVICE),
        ("127.0.0.1", "plain", LISTENER_ADVICE),
    ],
)
def test_an_untrusted_broker_is_logged_once_and_receives_nothing(
    station: FakeStation, guarded: Guarded, log_lines: LogLines, tmp_path: Path, certified: str, mode: str, advice: str
) -> None:
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    files = {"stranger": stranger, "system": None, "authority": guarded.ca_file}
    ours = {"tls": True, "ca_file": files[mode]} if mode in files else {"tls": False}
    with closing(guarded.broker(certified)) as broker:
        with connected(station, settings(broker, port=broker.guarded_port, **ours)):
            line = log_lines.next()
            assert advice in line
            assert "\n" not in line
            broker.await_log("error", 2)
        assert log_lines.lines.empty()


@needs_broker
@paho_leaves_a_socket_open
def test_tls_with_a_plain_broker_is_reported(broker: Broker, station: FakeStation, log_lines: LogLines) -> None:
    with connected(station, settings(broker, tls=True)):
        assert LISTENER_ADVICE in log_lines.next()


def test_an_unreadable_password_is_reported_at_the_start(station: FakeStation, tmp_path: Path) -> None:
    missing = MqttSettings(host="127.0.0.1", user="booth", password_file=tmp_path / "missing")
    with pytest.raises(ConfigError, match="password_file"):
        Mqtt(station, missing)


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


class OldBroker:
    """A broker that speaks MQTT 3.1.1 only and has a retained message of 256 MB for whoever subscribes to commands."""

    ANNOUNCED = b"\x30\xff\xff\xff\x7f"
    """A PUBLISH packet of the largest length."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.events: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(PATIENCE_S)
                if connection.recv(1, socket.MSG_PEEK) == b"":
                    return
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        packet = self._receive(connection)
        if packet[8] == 5:
            self.events.put("MQTT 5 refused")
            connection.sendall(b"\x20\x02\x00\x01")
            return
        connection.sendall(b"\x20\x02\x00\x00")
        while packet := self._receive(connection):
            if packet[0] >> 4 == 8:
                topics = packet.count(b"booth/7/")
                connection.sendall(bytes([0x90, 2 + topics]) + packet[2:4] + b"\x00" * topics)
                if b"booth/7/take" in packet:
                    with suppress(OSError):
                        sent = connection.send(self.ANNOUNCED)
                        while sent < 64_000_000:
                            sent += connection.send(b"x" * 65536)
                        self.events.put("large message taken in")
                    self.events.put("large message refused")
                    return
            elif packet[0] >> 4 == 3:
                self.events.put(json.loads(packet[packet.index(b"{") :])["state"])
                if packet[0] & 6:
                    name_end = 4 + int.from_bytes(packet[2:4], "big")
                    connection.sendall(b"\x40\x02" + packet[name_end : name_end + 2])

    def _receive(self, connection: socket.socket) -> bytes:
        head = connection.recv(2)
        if len(head) < 2:
            return b""
        length, shift = head[1] & 127, 7
        while head[-1] & 128:
            head += connection.recv(1)
            length |= (head[-1] & 127) << shift
            shift += 7
        body = b""
        while len(body) < length:
            body += connection.recv(length - len(body))
        return head[:1] + head[-1:] + body

    def close(self) -> None:
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join(PATIENCE_S)
        self._listener.close()


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
