"""Streams to those who left or no longer read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.types import Message

from capture_station.frontends.web.streams import Streams, TooManyStreams

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}}


class Pieces:
    """An endless stream that knows whether it was ended."""

    def __init__(self) -> None:
        self.ended = False

    async def all(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"piece"
                await asyncio.sleep(0)
        finally:
            self.ended = True


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def test_who_no_longer_reads_is_cut_off_and_gives_the_seat_back() -> None:
    async def stuck(_: Message) -> None:
        await asyncio.Event().wait()

    async def check() -> None:
        streams, pieces = Streams(most=1, stuck_after_s=0.05), Pieces()
        await asyncio.wait_for(streams.open(pieces.all(), "text/plain")(SCOPE, never, stuck), 10)
        await streams.open(Pieces().all(), "text/plain")(SCOPE, gone, taken)

    asyncio.run(check())


def test_who_leaves_ends_the_stream_at_once() -> None:
    async def check() -> None:
        streams, pieces = Streams(most=1), Pieces()
        sent: list[Message] = []

        async def leave() -> Message:
            while len(sent) < 5:
                await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def take(message: Message) -> None:
            sent.append(message)

        await asyncio.wait_for(streams.open(pieces.all(), "text/plain")(SCOPE, leave, take), 10)
        assert pieces.ended

    asyncio.run(check())


def test_a_seat_is_taken_while_a_stream_runs() -> None:
    async def check() -> None:
        streams = Streams(most=1)
        running = asyncio.create_task(streams.open(Pieces().all(), "text/plain")(SCOPE, never, taken))
        await asyncio.sleep(0.01)
        with pytest.raises(TooManyStreams):
            await streams.open(Pieces().all(), "text/plain")(SCOPE, gone, taken)
        running.cancel()
        await asyncio.wait({running})
        await streams.open(Pieces().all(), "text/plain")(SCOPE, gone, taken)

    asyncio.run(check())


def test_streams_that_are_opened_together_get_no_more_seats_than_there_are() -> None:
    async def check() -> None:
        streams = Streams(most=3)
        opened = [streams.open(Pieces().all(), "text/plain") for _ in range(20)]
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
