"""A slot that holds only the newest value and drops older ones."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Value = TypeVar("Value")


class NewestSlot(Generic[Value]):
    """Passes the newest value from one thread to any number of others. Thread-safe.

    Values are numbered from 1. A reader passes the number of the last value it has read and gets only newer ones.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: Value | None = None
        self._count = 0
        self._closed = False

    def put(self, value: Value) -> None:
        """Replace the value and wake all waiting readers."""
        with self._changed:
            self._value = value
            self._count += 1
            self._changed.notify_all()

    def get(self, after: int = 0, timeout_s: float | None = 0.0) -> tuple[Value | None, int]:
        """The newest value and its number if that is above ``after``, else None and ``after``.

        Waits up to ``timeout_s`` for a newer value (None: without limit). A closed slot does not wait.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._count > after or self._closed, timeout_s)
            return (self._value, self._count) if self._count > after else (None, after)

    def close(self) -> None:
        """Wake all waiting readers; later reads do not wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
