"""Server-sent events: whoever listens is told what changes at the station."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

from pydantic import BaseModel

from capture_station.faces.web.answers import CaptureAnswer, StateAnswer
from capture_station.station.public import PublicStation

LOOK_EVERY_S = 0.1
SAY_EVERY_S = 5.0
"""The state is told at least so often: a connection through a proxy stays open, and who hears nothing is cut off."""
BEHIND_AT_MOST = 64
"""Events that a listener may leave unread before it is cut off; a browser then connects again by itself."""

UNTOLD = {"fps", "disk_free_bytes", "countdown_left_s"}
"""Fields of the state whose change alone is no event."""


class Events:
    """Looks at the station while somebody listens. Belongs to the event loop."""

    def __init__(self, station: PublicStation, language: str, closing: asyncio.Event) -> None:
        self._station = station
        self._language = language
        self._closing = closing
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._watching: asyncio.Task[None] | None = None

    def tell(self, name: str, value: BaseModel) -> None:
        """Send an event to all listeners."""
        text = _event(name, value)
        for queue in list(self._listeners):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                self._listeners.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """Events as they go over the wire, from the present state on. Ends when closing."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(BEHIND_AT_MOST)
        state = await asyncio.to_thread(self._state)
        self._listeners.add(queue)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        try:
            yield b"retry: 1000\n" + _event("state", state)
            while (text := await queue.get()) is not None:
                yield text
        finally:
            self._listeners.discard(queue)
            if not self._listeners and self._watching is not None:
                self._watching.cancel()
                self._watching = None

    async def _watch(self) -> None:
        told: dict[str, object] = {}
        told_s = 0.0
        last: str | None = None
        first = True
        try:
            while not self._closing.is_set():
                status = await asyncio.to_thread(self._station.status)
                state = StateAnswer.of(status, self._language)
                news = state.model_dump(exclude=UNTOLD) | {"counting": state.countdown_left_s is not None}
                if news != told or time.monotonic() - told_s >= SAY_EVERY_S:
                    told, told_s = news, time.monotonic()
                    self.tell("state", state)
                shot = status.last_shot
                if shot is not None and shot.id != last and not first:
                    saved = await asyncio.to_thread(self._station.find, shot.id)
                    if saved is not None:
                        self.tell("capture", CaptureAnswer.of(saved))
                last, first = None if shot is None else shot.id, False
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            if self._closing.is_set():
                for queue in self._listeners:
                    queue.put_nowait(None)

    def _state(self) -> StateAnswer:
        return StateAnswer.of(self._station.status(), self._language)


def _event(name: str, value: BaseModel) -> bytes:
    return f"event: {name}\ndata: {value.model_dump_json()}\n\n".encode()
