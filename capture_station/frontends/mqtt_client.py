"""A paho client that takes in only small messages. Only this file imports paho.

paho collects a message of up to 256 MB in memory before it calls anybody, and a retained one again at every start.
MQTT 5 lets a client announce the largest packet that it accepts (section 3.1.2.11.4), and the broker then drops larger
ones. With MQTT 3.1.1 the client itself closes the connection as soon as a packet announces its length.

paho is used without an asyncio wrapper, because its thread is a daemon and no event loop has to end at shutdown.
"""

from __future__ import annotations

import hashlib
import socket
import uuid

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

__all__ = ["BoundedClient", "Client", "MQTTMessage"]

LARGEST_PACKET_BYTES = 4096


class BoundedClient(Client):
    """A client whose id stays the same for a topic and a machine.

    With the same id, a broker ends an older connection of this station, whose last will would otherwise come later.

    Args:
        topic: The station's topic.
        mqtt_5: Whether to speak MQTT 5 or 3.1.1.
    """

    def __init__(self, topic: str, mqtt_5: bool) -> None:
        machine = f"{uuid.getnode()} {socket.gethostname()} {topic}"
        super().__init__(
            CallbackAPIVersion.VERSION2,
            # 23 letters and digits are what every broker accepts (MQTT 3.1.1, section 3.1.3.1).
            client_id=f"cs{hashlib.sha256(machine.encode()).hexdigest()[:20]}",
            protocol=MQTTProtocolVersion.MQTTv5 if mqtt_5 else MQTTProtocolVersion.MQTTv311,
        )
        self.refused_bytes = 0
        """Length of the packet that ended the last connection; 0 if none did."""

    @property
    def speaks_mqtt_5(self) -> bool:
        return self.protocol == MQTTProtocolVersion.MQTTv5

    def start(self, host: str, port: int, keepalive_s: int) -> None:
        """Connect in paho's own thread, again and again."""
        properties = None
        if self.speaks_mqtt_5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.MaximumPacketSize = LARGEST_PACKET_BYTES
        self.connect_async(host, port, keepalive_s, properties=properties)
        self.loop_start()

    def _sock_recv(self, bufsize: int) -> bytes:
        # paho has no public limit. It takes an OSError here for a lost connection, and asks for the packet's body only
        # once it knows its length.
        length = self._in_packet["remaining_length"]
        if self._in_packet["have_remaining"] and length > LARGEST_PACKET_BYTES:
            self.refused_bytes = length
            raise ConnectionError(f"a packet of {length} bytes")
        return super()._sock_recv(bufsize)
