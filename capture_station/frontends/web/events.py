"""Server-sent events: whoever listens is told what changes at the station."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

from pydantic import BaseModel

from capture_station.errors import ArchiveError
from capture_station.frontends.web.schemas import CaptureAnswer, RemovedAnswer, StateAnswer
from capture_station.station.contract import PublicStation

LOOK_EVERY_S = 0.1
SAY_EVERY_S = 5.0
"""The state is told at least so often: a connection through a proxy stays open, and who hears nothing is cut off."""
BEHIND_AT_MOST = 64
"""Events that a listener may leave unread before it is cut off; a browser then connects again by itself."""

LOOK_INTO_ARCHIVE_S = 0.5
TRACKED_MEASURES = 500
"""So many of the newest captures are looked after: retention and ``purge`` tell nobody what they remove."""
BREATH_S = 0.001
"""After each removal that is told: a purge makes more of them than a listener may leave unread."""

EVENTS: dict[type[BaseModel], tuple[str, str]] = {
    StateAnswer: ("state", "at the beginning, when it changes, and every few seconds"),
    CaptureAnswer: ("capture", "a portrait was taken, or marked as kept or not"),
    RemovedAnswer: ("removed", "a capture is gone: deleted here, or removed by its time or by hand"),
}
"""Name of each event by the type of its data, and when it comes."""
DESCRIPTION = "Server-sent events, their data in JSON.\n\n" + "\n".join(
    f"- `{name}` ({answer.__name__}): {when}." for answer, (name, when) in EVENTS.items()
)

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
        self._told_removed: set[str] = set()

    def tell(self, value: BaseModel) -> None:
        """Send an event to all listeners."""
        text = _event(value)
        for queue in list(self._listeners):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                self._listeners.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    def tell_removed(self, capture_id: str) -> None:
        """The same for a capture that is gone; the look into the archive does not tell it again."""
        if self._listeners:
            self._told_removed.add(capture_id)
            self.tell(RemovedAnswer(id=capture_id))

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """Events as they go over the wire, from the present state on. Ends when closing."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(BEHIND_AT_MOST)
        state = await asyncio.to_thread(self._state)
        self._listeners.add(queue)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            yield b"retry: 1000\n" + _event(state)
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
        there: list[str] = []
        looked_s = -LOOK_INTO_ARCHIVE_S
        try:
            while not self._closing.is_set():
                status = await asyncio.to_thread(self._station.status)
                state = StateAnswer.of(status, self._language)
                news = state.model_dump(exclude=UNTOLD) | {"counting": state.countdown_left_s is not None}
                if news != told or time.monotonic() - told_s >= SAY_EVERY_S:
                    told, told_s = news, time.monotonic()
                    self.tell(state)
                shot = status.captures.last_shot
                # A disk that is away for a moment has lost nothing: what was known holds until it answers again.
                with contextlib.suppress(ArchiveError, OSError):
                    if shot is not None and shot.id != last and not first:
                        saved = await asyncio.to_thread(self._station.find, shot.id)
                        if saved is not None:
                            self.tell(CaptureAnswer.of(saved))
                    last, first = None if shot is None else shot.id, False
                    if time.monotonic() - looked_s >= LOOK_INTO_ARCHIVE_S:
                        looked_s = time.monotonic()
                        before, there = there, await asyncio.to_thread(self._station.ids, TRACKED_MEASURES)
                        await self._tell_missing(before, there)
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            if self._closing.is_set():
                for queue in self._listeners:
                    queue.put_nowait(None)

    async def _tell_missing(self, before: list[str], there: list[str]) -> None:
        """What was among the newest and is gone; what is older than all of them now has only moved on."""
        oldest = there[-1] if len(there) == TRACKED_MEASURES else ""
        missing = {capture_id for capture_id in before if capture_id > oldest} - set(there)
        for capture_id in sorted(missing):
            if capture_id not in self._told_removed:
                self.tell(RemovedAnswer(id=capture_id))
                await asyncio.sleep(BREATH_S)
        # One that was removed during this look is missed by the next.
        self._told_removed.intersection_update(there)

    def _state(self) -> StateAnswer:
        return StateAnswer.of(self._station.status(), self._language)


def _event(value: BaseModel) -> bytes:
    return f"event: {EVENTS[type(value)][0]}\ndata: {value.model_dump_json()}\n\n".encode()
