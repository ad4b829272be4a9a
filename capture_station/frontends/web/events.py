"""Server-sent events: tells every subscriber what changes at the station."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from capture_station.errors import ArchiveError
from capture_station.frontends.web.schemas import CaptureEvent, RemovedResponse
from capture_station.frontends.web.state_schemas import StateResponse
from capture_station.station.contract import PublicStation

T = TypeVar("T")
A = TypeVar("A")

POLL_INTERVAL_S = 0.1
HEARTBEAT_S = 5.0
"""The longest time between two state events. They keep proxies from closing the connection."""
MAX_QUEUED_EVENTS = 64
"""A subscriber with more unread events is disconnected. A browser then reconnects by itself."""

ARCHIVE_POLL_INTERVAL_S = 0.5
ARCHIVE_WITHIN_S = 3.0
TRACKED_CAPTURES = 500
"""How many of the newest captures are checked for removal: retention and ``purge`` do not report what they remove."""
REMOVAL_PAUSE_S = 0.001
"""Wait after each removal event. Without it, a purge would overflow the subscribers' queues."""

EVENTS: dict[type[BaseModel], tuple[str, str]] = {
    StateResponse: ("state", "first, after every change, and every few seconds"),
    CaptureEvent: ("capture", "a portrait was taken (`is_new`), marked as kept or not kept, or given to somebody else"),
    RemovedResponse: ("removed", "a capture was deleted here, by retention, or by hand"),
}
"""For each type of data: the name of its event, and when it is sent."""
DESCRIPTION = "Server-sent events, their data in JSON.\n\n" + "\n".join(
    f"- `{name}` ({answer.__name__}): {when}." for answer, (name, when) in EVENTS.items()
)

FIELDS_WITHOUT_EVENT: dict[str, Any] = {
    "fps": True,
    "disk_free_bytes": True,
    "countdown_left_s": True,
    "framing": {"crop"},
}
"""A change of only these fields sends no state event."""


class EventStream:
    """Polls the station while there are subscribers, and sends them events. Used by the event loop only."""

    def __init__(self, station: PublicStation, language: str, sharing: bool, closing: asyncio.Event) -> None:
        self._station = station
        self._language = language
        self._sharing = sharing
        self._closing = closing
        self._subscribers: set[asyncio.Queue[bytes | None]] = set()
        self._polling: asyncio.Task[None] | None = None
        self._published_removals: set[str] = set()

    def publish(self, value: BaseModel) -> None:
        """Send an event to all subscribers."""
        text = _encoded(value)
        for queue in list(self._subscribers):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                self._subscribers.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    async def publish_removed(self, capture_ids: Sequence[str]) -> None:
        """Send a ``removed`` event for each now, and not again when the archive is polled."""
        if not self._subscribers:
            return
        self._published_removals.update(capture_ids)
        for capture_id in capture_ids:
            self.publish(RemovedResponse(id=capture_id))
            await asyncio.sleep(REMOVAL_PAUSE_S)

    async def subscribe(self) -> AsyncGenerator[bytes, None]:
        """Yield encoded events. The current state comes first. Ends when the station closes."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_QUEUED_EVENTS)
        state = await asyncio.to_thread(self._state)
        self._subscribers.add(queue)
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll())
        try:
            yield b"retry: 1000\n" + _encoded(state)
            while (text := await queue.get()) is not None:
                yield text
        finally:
            self._subscribers.discard(queue)
            if not self._subscribers and self._polling is not None:
                self._polling.cancel()
                self._polling = None

    async def _poll(self) -> None:
        published: dict[str, object] = {}
        published_s = 0.0
        last: str | None = None
        first = True
        ids: list[str] = []
        archive_polled_s = -ARCHIVE_POLL_INTERVAL_S
        changes, _ = self._station.changes(0)
        try:
            while not self._closing.is_set():
                status = await asyncio.to_thread(self._station.status)
                shot = status.captures.last_shot
                with contextlib.suppress(ArchiveError, OSError, asyncio.TimeoutError):
                    # Before the state that says that the capture is over, so that a page shows nobody else in between.
                    if shot is not None and shot.id != last and not first and not status.captures.in_progress:
                        await self._publish_capture(shot.id, is_new=True)
                        last = shot.id
                state = StateResponse.of(status, self._language, self._sharing)
                news = state.model_dump(exclude=FIELDS_WITHOUT_EVENT) | {"counting": state.countdown_left_s is not None}
                if news != published or time.monotonic() - published_s >= HEARTBEAT_S:
                    published, published_s = news, time.monotonic()
                    self.publish(state)
                # While the disk does not answer, nothing counts as removed.
                with contextlib.suppress(ArchiveError, OSError, asyncio.TimeoutError):
                    if shot is not None and shot.id != last and not first:
                        await self._publish_capture(shot.id, is_new=True)
                    last, first = None if shot is None else shot.id, False
                    now, changed = self._station.changes(changes)
                    for capture_id in changed:
                        await self._publish_capture(capture_id, is_new=False)
                    changes = now
                    if time.monotonic() - archive_polled_s >= ARCHIVE_POLL_INTERVAL_S:
                        archive_polled_s = time.monotonic()
                        before, ids = ids, await _from_archive(self._station.ids, TRACKED_CAPTURES)
                        await self._publish_missing(before, ids)
                await asyncio.sleep(POLL_INTERVAL_S)
        finally:
            if self._closing.is_set():
                for queue in self._subscribers:
                    queue.put_nowait(None)

    async def _publish_capture(self, capture_id: str, is_new: bool) -> None:
        if (saved := await _from_archive(self._station.find, capture_id)) is not None:
            self.publish(CaptureEvent.of_event(saved, is_new))

    async def _publish_missing(self, before: list[str], ids: list[str]) -> None:
        """Report captures that are gone. A capture older than all current ones may only have left the window."""
        oldest = ids[-1] if len(ids) == TRACKED_CAPTURES else ""
        missing = {capture_id for capture_id in before if capture_id > oldest} - set(ids)
        for capture_id in sorted(missing):
            if capture_id not in self._published_removals:
                self.publish(RemovedResponse(id=capture_id))
                await asyncio.sleep(REMOVAL_PAUSE_S)
        # A capture removed during this poll is missing in the next one.
        self._published_removals.intersection_update(ids)

    def _state(self) -> StateResponse:
        return StateResponse.of(self._station.status(), self._language, self._sharing)


async def _from_archive(read: Callable[[A], T], argument: A) -> T:
    """Read from the archive in another thread, but do not wait for a disk that hangs: the state is still published.

    Raises:
        asyncio.TimeoutError: The disk does not answer.
    """
    return await asyncio.wait_for(asyncio.to_thread(read, argument), ARCHIVE_WITHIN_S)


def _encoded(value: BaseModel) -> bytes:
    return f"event: {EVENTS[type(value)][0]}\ndata: {value.model_dump_json()}\n\n".encode()
