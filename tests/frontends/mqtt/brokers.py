"""A real mosquitto on loopback, a broker of the old protocol, and a station that talks to them."""

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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import trustme
from paho.mqtt.enums import CallbackAPIVersion

from capture_station.config import MqttSettings
from capture_station.frontends.mqtt import Mqtt
from tests.frontends.fake_station import FakeStation

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


class LogLines(logging.Handler):
    """The lines that the frontend logs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.put(record.getMessage())

    def next(self) -> str:
        return self.lines.get(timeout=PATIENCE_S)


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
