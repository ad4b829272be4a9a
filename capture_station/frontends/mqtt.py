"""The MQTT frontend: publishes state and captures, takes portraits on command.

The station publishes JSON to three topics below its own: ``state`` (retained, with ``offline`` as the last will),
``capture`` for each portrait, and ``failure`` for each failed capture. It subscribes to ``take``: an empty message or
``{"countdown_s": 3, "preset": "square"}`` takes a portrait. Pictures are never published. While the broker is away,
captures and failures are queued in memory; of the state only the newest is published.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import socket
import ssl
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from capture_station.config import MqttSettings
from capture_station.errors import Busy, ConfigError, StationError, missing_extra
from capture_station.regular_files import open_regular_file, read_regular_file
from capture_station.station.contract import PublicStation
from capture_station.station.status import Shot, Status

if TYPE_CHECKING:
    from capture_station.frontends.mqtt_client import BoundedClient, Client, MQTTMessage

POLL_S = 0.1
KEEPALIVE_S = 30
RECONNECT_S = (1, 60)
LAST_PUBLISH_S = 1.0
WAITING_MESSAGES = 1000
WAITING_COMMANDS = 8
LONGEST_COMMAND_BYTES = 1024
LONGEST_PASSWORD_BYTES = 65_535
"""MQTT's own limit."""
LONGEST_COUNTDOWN_S = 30
OFFLINE = json.dumps({"state": "offline"})
PASSWORD_ADVICE = "set mqtt.user and mqtt.password_file to a user and password that the broker accepts"
CERTIFICATE_ADVICE = (
    "mqtt.ca_file must contain the authority that signed its certificate, mqtt.host must be a name in the certificate, "
    "and this machine's clock must be right"
)
LISTENER_ADVICE = (
    "check that mqtt.port is the broker's port for TLS if mqtt.tls is true, and for plain connections if not"
)

TAKEN_OVER_ADVICE = "give each station its own mqtt.topic"
OVERSIZED_ADVICE = (
    "remove it, for example with mosquitto_pub -r -n; until the next connection, commands are not listened to"
)

log = logging.getLogger(__name__)


class Mqtt:
    """One station's connection to its broker, reopened whenever it is lost. Call ``run`` in one thread.

    Args:
        station: Its state and captures are published.
        settings: ``host`` must be set.

    Raises:
        ConfigError: paho is missing, or a file named in the settings cannot be used.
    """

    def __init__(self, station: PublicStation, settings: MqttSettings) -> None:
        self._station = station
        self._settings = settings
        self._topic = settings.topic.replace("{host}", socket.gethostname())
        self._commands: queue.Queue[bytes] = queue.Queue(WAITING_COMMANDS)
        self._capture: Future[Shot] | None = None
        """The newest capture that a command asked for."""
        self._state_due = threading.Event()
        """Set by every new connection, and when the broker has another state, until the state is published."""
        self._mqtt_5_refused = threading.Event()
        self._listen_to_commands = True
        self._was_connected = False
        """Whether there ever was a connection."""
        self._logged_advice: str | None = None
        """The advice logged for the missing connection; None while connected."""
        self._before: Status | None = None
        self._client = self._new_client(mqtt_5=True)

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set. Blocks its thread."""
        self._start()
        try:
            while not stop.wait(POLL_S):
                if self._mqtt_5_refused.is_set():
                    self._mqtt_5_refused.clear()
                    self._client.disconnect()
                    self._client.loop_stop()
                    self._client = self._new_client(mqtt_5=False)
                    self._start()
                self._publish_changes(self._station.status())
                self._run_commands()
        finally:
            if self._client.is_connected():
                self._client.publish(f"{self._topic}/state", OFFLINE, qos=1, retain=True).wait_for_publish(
                    LAST_PUBLISH_S
                )
            self._client.disconnect()
            self._client.loop_stop()

    def _start(self) -> None:
        port = self._settings.port or (8883 if self._settings.tls else 1883)
        self._client.start(self._settings.host, port, KEEPALIVE_S)

    def _publish_changes(self, status: Status) -> None:
        before, self._before = self._before, status
        changed = before is None or self._state_payload(status) != self._state_payload(before)
        # Without a connection nothing is sent: the next connection publishes the state.
        if (changed or self._state_due.is_set()) and self._client.is_connected():
            self._state_due.clear()
            self._client.publish(f"{self._topic}/state", json.dumps(self._state_payload(status)), qos=1, retain=True)
        if before is None:
            return
        shot = status.captures.last_shot
        if shot is not None and (before.captures.last_shot is None or shot.id != before.captures.last_shot.id):
            self._client.publish(f"{self._topic}/capture", json.dumps(self._capture_payload(shot)), qos=1)
        if status.captures.failed > before.captures.failed:
            self._publish_failure(status.captures.last_failure)

    def _state_payload(self, status: Status) -> dict[str, object]:
        payload: dict[str, object] = {
            "state": status.state.value,
            "reason": status.reason,
            "camera": status.camera.name if status.camera is not None else "",
            "captures": status.captures.taken,
            "preset": status.adjustments.preset,
            "disk_low": status.disk.low,
            "archive_away": status.disk.away,
        }
        if self._settings.subjects:
            people = status.subjects
            named = {"subject": people.current, "capture_subject": status.captures.subject, "next_subject": people.next}
            payload |= {key: None if one is None else one.id for key, one in named.items()}
            payload["waiting_subjects"] = [one.id for one in people.waiting]
        return payload

    def _capture_payload(self, shot: Shot) -> dict[str, object]:
        payload: dict[str, object] = {
            "id": shot.id,
            "verdict": shot.verdict,
            "reasons": [flaw.code for flaw in shot.flaws],
        }
        if self._settings.subjects:
            payload["subject"] = None if shot.subject is None else shot.subject.id
        return payload

    def _run_commands(self) -> None:
        while not self._commands.empty():
            try:
                command = _parse_command(self._commands.get())
                # Where the station queues captures, many commands would keep a person at the page waiting.
                if self._capture is not None and not self._capture.done():
                    raise Busy("the capture of an earlier command is still in progress")
                self._capture = self._station.capture(command.countdown_s, preset=command.preset)
            except StationError as error:
                self._publish_failure(error.anonymous)

    def _publish_failure(self, reason: str) -> None:
        self._client.publish(f"{self._topic}/failure", json.dumps({"reason": reason}), qos=1)

    def _new_client(self, mqtt_5: bool) -> BoundedClient:
        settings = self._settings
        try:
            from capture_station.frontends.mqtt_client import BoundedClient
        except ImportError as error:
            raise ConfigError(
                f"mqtt.host is set, but paho-mqtt is missing ({error}): {missing_extra('mqtt')}"
            ) from error
        client = BoundedClient(self._topic, mqtt_5)
        password, tls = read_secrets(settings)
        if settings.user:
            client.username_pw_set(settings.user, password)
        if tls is not None:
            client.tls_set_context(tls)
        client.reconnect_delay_set(*RECONNECT_S)
        client.max_queued_messages_set(WAITING_MESSAGES)
        client.will_set(f"{self._topic}/state", OFFLINE, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: Client, _data: object, _flags: object, code: Any, _properties: object) -> None:
        if code.is_failure:
            if code.getName() == "Unsupported protocol version" and self._client.speaks_mqtt_5:
                self._mqtt_5_refused.set()
                return
            refused = code.getName() in ("Bad user name or password", "Not authorized")
            self._log_disconnected(str(code), PASSWORD_ADVICE if refused else "")
            return
        log.info("mqtt: connected to %s", self._settings.host)
        self._was_connected, self._logged_advice = True, None
        # At most once: a lost command is repeated by its sender, a doubled one takes an unwanted portrait.
        topics = [f"{self._topic}/state", *([f"{self._topic}/take"] if self._listen_to_commands else [])]
        client.subscribe([(topic, 0) for topic in topics])
        self._listen_to_commands = True
        self._state_due.set()

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        # paho does not pass the error on, but calls this function while it handles it.
        match sys.exc_info()[1]:
            case ssl.SSLCertVerificationError(verify_message=reason):
                self._log_disconnected(f"its certificate is not trusted ({reason})", CERTIFICATE_ADVICE)
            case ssl.SSLError() | ConnectionResetError() as error:
                self._log_disconnected(f"it closes the connection ({error})", LISTENER_ADVICE)
            case error:
                self._log_disconnected(f"it does not answer ({error})")

    def _on_disconnect(self, _client: Client, _data: object, _flags: object, code: Any, _properties: object) -> None:
        if self._mqtt_5_refused.is_set():
            return
        if self._client.refused_bytes:
            self._listen_to_commands = False
            reason = f"a message of {self._client.refused_bytes} bytes is at {self._topic}/take"
            self._client.refused_bytes = 0
            self._log_disconnected(reason, OVERSIZED_ADVICE)
        elif code.getName() == "Session taken over":
            self._log_disconnected("another station uses this topic", TAKEN_OVER_ADVICE)
        # paho calls this after a refused connection as well, without the reason.
        elif code.is_failure and self._logged_advice is None:
            self._log_disconnected(
                str(code) if self._was_connected else "it closes the connection",
                "" if self._was_connected else LISTENER_ADVICE,
            )

    def _log_disconnected(self, reason: str, advice: str = "") -> None:
        """Log once until the connection is back or the advice changes."""
        if advice != self._logged_advice:
            self._logged_advice = advice
            sentence = f"{reason}: {advice}" if advice else reason
            log.warning("mqtt: no connection to %s: %s; trying again", self._settings.host, sentence)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        # A retained command is an old one, and each reconnection would repeat it.
        if message.retain:
            return
        if message.topic.endswith("/state"):
            # The broker publishes the last will of an older connection when it notices its end, perhaps much later.
            if message.payload == OFFLINE.encode():
                self._state_due.set()
        elif not self._commands.full():
            self._commands.put_nowait(bytes(message.payload))


def read_secrets(settings: MqttSettings) -> tuple[str | None, ssl.SSLContext | None]:
    """The user's password and the certificates to trust; None for what the settings do not ask for.

    Raises:
        ConfigError: A file cannot be used.
    """
    try:
        password = _password(settings.password_file) if settings.user else None
        if not settings.tls:
            return password, None
        if settings.ca_file:
            # OpenSSL would wait for ever for somebody who writes into a pipe.
            os.close(open_regular_file(settings.ca_file, follow=True))
        return password, ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"mqtt.password_file or mqtt.ca_file cannot be used: {error}") from error


def _password(file: Path | None) -> str | None:
    """The first line of a file; what stands below it is for people."""
    if file is None:
        return None
    text = read_regular_file(file, follow=True, most_bytes=LONGEST_PASSWORD_BYTES).decode()
    return next(iter(text.splitlines()), "")


class Command(NamedTuple):
    """A request for a portrait. None leaves a value to the station's settings."""

    countdown_s: float | None = None
    preset: str | None = None
    """Of this one portrait."""


def _parse_command(command: bytes) -> Command:
    """What a message asks for.

    Raises:
        StationError: The message is not a command.
    """
    try:
        wish = json.loads(command or b"{}") if len(command) <= LONGEST_COMMAND_BYTES else None
        if isinstance(wish, dict) and wish.keys() <= {"countdown_s", "preset"}:
            countdown_s, preset = wish.get("countdown_s", 0), wish.get("preset", "")
            number = isinstance(countdown_s, int | float) and not isinstance(countdown_s, bool)
            if number and 0 <= countdown_s <= LONGEST_COUNTDOWN_S and isinstance(preset, str):
                return Command(wish.get("countdown_s"), wish.get("preset"))
    except (ValueError, RecursionError):
        pass
    raise StationError(
        f'not a command; send an empty message, or {{"countdown_s": 0 to {LONGEST_COUNTDOWN_S}, "preset": "…"}}'
    )
