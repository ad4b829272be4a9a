"""A station in a fleet: tells an MQTT broker how it is, and takes portraits when told to. Nothing else imports paho.

Below the topic, in JSON: ``state`` (retained; the broker says ``offline`` once the station is gone), ``capture`` for
each portrait, ``failure`` for each that came to nothing, and ``take``, which the station listens to: an empty message,
or ``{"countdown_s": 3}``. No pictures. While the broker is away, captures wait in memory, the state does not.

paho itself rather than an asyncio client around it: its thread is a daemon, and waits for no event loop at the end.
"""

from __future__ import annotations

import json
import logging
import queue
import socket
import ssl
import sys
import threading
from typing import TYPE_CHECKING, Any

from capture_station.config import MqttSettings
from capture_station.errors import ConfigError, StationError
from capture_station.station.contract import PublicStation
from capture_station.station.status import Shot, Status

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

POLL_S = 0.1
KEEPALIVE_S = 30
RECONNECT_S = (1, 60)
FAREWELL_S = 1.0
WAITING_MESSAGES = 1000
WAITING_COMMANDS = 8
LONGEST_COMMAND_BYTES = 1024
LONGEST_COUNTDOWN_S = 30
OFFLINE = json.dumps({"state": "offline"})
PASSWORD_ADVICE = "set mqtt.user and mqtt.password_file to what it knows"
CERTIFICATE_ADVICE = (
    "mqtt.ca_file has to hold the authority that signed its certificate, mqtt.host a name for which it was signed, "
    "and the clock has to be right"
)
LISTENER_ADVICE = "mqtt.port and mqtt.tls have to fit together"

log = logging.getLogger(__name__)


class Mqtt:
    """One station's connection to its broker, opened again for ever. ``run`` is one thread's.

    Args:
        station: Whose state and captures are told.
        settings: ``host`` is to be set.

    Raises:
        ConfigError: paho is missing, or a file that the settings name cannot be used.
    """

    def __init__(self, station: PublicStation, settings: MqttSettings) -> None:
        self._station = station
        self._settings = settings
        self._topic = settings.topic.replace("{host}", socket.gethostname())
        self._commands: queue.Queue[bytes] = queue.Queue(WAITING_COMMANDS)
        self._connected = threading.Event()
        """Set by every new connection, cleared when the state was told."""
        self._greeted = False
        """Whether there was a connection, ever."""
        self._advised: str | None = None
        """What was said to do about a connection that is missing; None where none is."""
        self._before: Status | None = None
        self._client = self._new_client()

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set."""
        port = self._settings.port or (8883 if self._settings.tls else 1883)
        self._client.connect_async(self._settings.host, port, KEEPALIVE_S)
        self._client.loop_start()
        try:
            while not stop.wait(POLL_S):
                self._tell(self._station.status())
                self._obey()
        finally:
            if self._client.is_connected():
                self._client.publish(f"{self._topic}/state", OFFLINE, qos=1, retain=True).wait_for_publish(FAREWELL_S)
            self._client.disconnect()
            self._client.loop_stop()

    def _tell(self, status: Status) -> None:
        before, self._before = self._before, status
        changed = before is None or _state(status) != _state(before)
        # Without a connection the next one tells it.
        if (changed or self._connected.is_set()) and self._client.is_connected():
            self._connected.clear()
            self._client.publish(f"{self._topic}/state", json.dumps(_state(status)), qos=1, retain=True)
        if before is None:
            return
        shot = status.captures.last_shot
        if shot is not None and (before.captures.last_shot is None or shot.id != before.captures.last_shot.id):
            self._client.publish(f"{self._topic}/capture", json.dumps(_capture(shot)), qos=1)
        if status.captures.failed > before.captures.failed:
            self._fail(status.captures.last_failure)

    def _obey(self) -> None:
        while not self._commands.empty():
            try:
                self._station.capture(_countdown_s(self._commands.get()))
            except StationError as error:
                self._fail(str(error))

    def _fail(self, reason: str) -> None:
        self._client.publish(f"{self._topic}/failure", json.dumps({"reason": reason}), qos=1)

    def _new_client(self) -> Client:
        settings = self._settings
        try:
            from paho.mqtt.client import Client, MQTTv311
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise ConfigError(
                f"mqtt.host is set, but paho-mqtt is missing ({error}): install the extra [mqtt]"
            ) from error
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
        try:
            if settings.user:
                password = settings.password_file.read_text().partition("\n")[0] if settings.password_file else None
                client.username_pw_set(settings.user, password)
            if settings.tls:
                client.tls_set_context(ssl.create_default_context(cafile=settings.ca_file))
        except (OSError, ValueError) as error:
            raise ConfigError(f"mqtt.password_file or mqtt.ca_file cannot be used: {error}") from error
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
            refused = code.getName() in ("Bad user name or password", "Not authorized")
            self._on_away(str(code), PASSWORD_ADVICE if refused else "")
            return
        log.info("mqtt: connected to %s", self._settings.host)
        self._greeted, self._advised = True, None
        # At most once: a portrait too few is asked for again, one too many surprises somebody.
        client.subscribe(f"{self._topic}/take", qos=0)
        self._connected.set()

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        # paho calls this while it handles the error, and keeps that to itself.
        match sys.exc_info()[1]:
            case ssl.SSLCertVerificationError(verify_message=reason):
                self._on_away(f"its certificate is not trusted ({reason})", CERTIFICATE_ADVICE)
            case ssl.SSLError() | ConnectionResetError() as error:
                self._on_away(f"it hangs up ({error})", LISTENER_ADVICE)
            case error:
                self._on_away(f"it does not answer ({error})")

    def _on_disconnect(self, _client: Client, _data: object, _flags: object, code: Any, _properties: object) -> None:
        # Behind a refusal there comes one of these, which knows less.
        if code.is_failure and self._advised is None:
            self._on_away(str(code) if self._greeted else "it hangs up", "" if self._greeted else LISTENER_ADVICE)

    def _on_away(self, reason: str, advice: str = "") -> None:
        """Told once until it is back or something else is to be done."""
        if advice != self._advised:
            self._advised = advice
            sentence = f"{reason}: {advice}" if advice else reason
            log.warning("mqtt: no connection to %s: %s; trying on", self._settings.host, sentence)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        # A retained command is an old one.
        if not message.retain and not self._commands.full():
            self._commands.put_nowait(bytes(message.payload))


def _state(status: Status) -> dict[str, object]:
    return {
        "state": status.state.value,
        "reason": status.reason,
        "camera": status.camera.name if status.camera is not None else "",
        "captures": status.captures.taken,
        "disk_low": status.disk.low,
        "archive_away": status.disk.away,
    }


def _capture(shot: Shot) -> dict[str, object]:
    return {"id": shot.id, "verdict": shot.verdict, "reasons": [flaw.code for flaw in shot.flaws]}


def _countdown_s(command: bytes) -> float | None:
    """What a command says; None where it leaves that to the station.

    Raises:
        StationError: It is not a command.
    """
    try:
        match json.loads(command or b"{}") if len(command) <= LONGEST_COMMAND_BYTES else None:
            case {"countdown_s": (int() | float()) as countdown_s, **others} if (
                not others and not isinstance(countdown_s, bool) and 0 <= countdown_s <= LONGEST_COUNTDOWN_S
            ):
                return countdown_s
            case {**others} if not others:
                return None
    except (ValueError, RecursionError):
        pass
    raise StationError(f'not a command; write nothing, or {{"countdown_s": 0 to {LONGEST_COUNTDOWN_S}}}')
