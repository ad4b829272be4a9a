"""Limits long-lived responses: their number, and how long a client may stop reading."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator

import anyio
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from capture_station.errors import StationError

MAX_STREAMS = 100
WRITE_TIMEOUT_S = 30.0


class TooManyStreams(StationError):
    """All stream slots are in use."""

    exit_code = 75


class StreamSlots:
    """Counts open streams. Used by the event loop only."""

    def __init__(self, maximum: int = MAX_STREAMS, write_timeout_s: float = WRITE_TIMEOUT_S) -> None:
        self._left = maximum
        self._write_timeout_s = write_timeout_s

    def open(self, chunks: AsyncGenerator[bytes, None], media_type: str) -> Stream:
        """Return a response that holds a slot while it is sent. Sending raises ``TooManyStreams`` if none is free."""
        return Stream(self, chunks, media_type, self._write_timeout_s)

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot while the context is entered.

        Raises:
            TooManyStreams: None is free.
        """
        if self._left == 0:
            raise TooManyStreams("too many open pages; close one of them")
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1


class Stream(StreamingResponse):
    """Sends what an async generator yields, and closes it when the client leaves or stops reading."""

    def __init__(
        self, streams: StreamSlots, chunks: AsyncGenerator[bytes, None], media_type: str, write_timeout_s: float
    ) -> None:
        # nginx would otherwise collect the stream before it passes it on.
        super().__init__(chunks, media_type=media_type, headers={"X-Accel-Buffering": "no"})
        self._streams = streams
        self._write_timeout_s = write_timeout_s
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._streams.slot():
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            with anyio.fail_after(self._write_timeout_s):
                await send(message)

        with contextlib.suppress(TimeoutError):
            async with contextlib.aclosing(self._chunks):
                await super().stream_response(send_in_time)
