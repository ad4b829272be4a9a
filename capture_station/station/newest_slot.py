"""A slot that holds only the newest value: older ones vanish by design."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Value = TypeVar("Value")


class NewestSlot(Generic[Value]):
    """Hands the newest value from one thread to any number of others. Thread-safe.

    Values are counted from 1; a reader says how far it has read and gets only what is newer.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: Value | None = None
        self._count = 0
        self._closed = False

    def put(self, value: Value) -> None:
        """Replace the value and wake whoever waits."""
        with self._changed:
            self._value = value
            self._count += 1
            self._changed.notify_all()

    def get(self, after: int = 0, timeout_s: float | None = 0.0) -> tuple[Value | None, int]:
        """The newest value and its count if that is above ``after``, else None and ``after``.

        Waits at most ``timeout_s`` for one (None: for ever); a closed slot does not wait.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._count > after or self._closed, timeout_s)
            return (self._value, self._count) if self._count > after else (None, after)

    def close(self) -> None:
        """Wake all waiters for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
