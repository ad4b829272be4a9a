"""Responses that stay open: not too many of them, and none to somebody who no longer reads."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator

import anyio
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from capture_station.errors import StationError

MOST = 100
STUCK_AFTER_S = 30.0


class TooManyStreams(StationError):
    """Nobody else can watch at the moment."""

    exit_code = 75


class Streams:
    """Seats for open responses. Belongs to the event loop."""

    def __init__(self, most: int = MOST, stuck_after_s: float = STUCK_AFTER_S) -> None:
        self._left = most
        self._stuck_after_s = stuck_after_s

    def open(self, pieces: AsyncGenerator[bytes, None], media_type: str) -> Stream:
        """A response that holds a seat while it is sent, and raises ``TooManyStreams`` instead if all are taken."""
        return Stream(self, pieces, media_type, self._stuck_after_s)

    @contextlib.contextmanager
    def seat(self) -> Iterator[None]:
        """Taken while the context is entered.

        Raises:
            TooManyStreams: All are taken.
        """
        if self._left == 0:
            raise TooManyStreams("too many are watching; close another window of this page")
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1


class Stream(StreamingResponse):
    """Sends what an asynchronous generator yields, and ends it when the other side is gone or stuck."""

    def __init__(
        self, streams: Streams, pieces: AsyncGenerator[bytes, None], media_type: str, stuck_after_s: float
    ) -> None:
        super().__init__(pieces, media_type=media_type)
        self._streams = streams
        self._stuck_after_s = stuck_after_s
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._streams.seat():
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        async def within_time(message: Message) -> None:
            with anyio.fail_after(self._stuck_after_s):
                await send(message)

        with contextlib.suppress(TimeoutError):
            async with contextlib.aclosing(self._pieces):
                await super().stream_response(within_time)
