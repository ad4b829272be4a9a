"""Limits of long-lived responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.types import Message

from capture_station.frontends.web.streams import StreamSlots, TooManyStreams

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}}


class Chunks:
    """An endless stream that records whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    async def all(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"chunk"
                await asyncio.sleep(0)
        finally:
            self.closed = True


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_client_that_stops_reading_is_disconnected_and_frees_its_slot() -> None:
    async def stuck(_: Message) -> None:
        await asyncio.Event().wait()

    async def check() -> None:
        streams, chunks = StreamSlots(maximum=1, write_timeout_s=0.05), Chunks()
        await asyncio.wait_for(streams.open(chunks.all(), "text/plain")(SCOPE, never, stuck), 10)
        await streams.open(Chunks().all(), "text/plain")(SCOPE, gone, taken)

    asyncio.run(check())


def test_a_client_that_leaves_ends_the_stream_at_once() -> None:
    async def check() -> None:
        streams, chunks = StreamSlots(maximum=1), Chunks()
        sent: list[Message] = []

        async def leave() -> Message:
            while len(sent) < 5:
                await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def take(message: Message) -> None:
            sent.append(message)

        await asyncio.wait_for(streams.open(chunks.all(), "text/plain")(SCOPE, leave, take), 10)
        assert chunks.closed

    asyncio.run(check())


def test_a_running_stream_holds_a_slot() -> None:
    async def check() -> None:
        streams = StreamSlots(maximum=1)
        running = asyncio.create_task(streams.open(Chunks().all(), "text/plain")(SCOPE, never, taken))
        await asyncio.sleep(0.01)
        with pytest.raises(TooManyStreams):
            await streams.open(Chunks().all(), "text/plain")(SCOPE, gone, taken)
        running.cancel()
        await asyncio.wait({running})
        await streams.open(Chunks().all(), "text/plain")(SCOPE, gone, taken)

    asyncio.run(check())


def test_streams_opened_together_respect_the_limit() -> None:
    async def check() -> None:
        streams = StreamSlots(maximum=3)
        opened = [streams.open(Chunks().all(), "text/plain") for _ in range(20)]
        running = [asyncio.create_task(stream(SCOPE, never, taken)) for stream in opened]
        for refused in running[3:]:
            with pytest.raises(TooManyStreams):
                await asyncio.wait_for(refused, 10)
        assert not any(watching.done() for watching in running[:3])
        for watching in running[:3]:
            watching.cancel()
        await asyncio.wait(running[:3])

    asyncio.run(check())


async def gone() -> Message:
    return {"type": "http.disconnect"}


async def taken(_: Message) -> None: ...
