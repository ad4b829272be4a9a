"""Remembers which captures this process has changed or removed."""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice

REMEMBERED = 1000


class Amendments:
    """The newest changes of records and removals of captures, by id. Thread-safe; does not touch the disk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: deque[str] = deque(maxlen=REMEMBERED)
        self.count = 0
        """How many there were since the start."""

    def add(self, capture_id: str) -> None:
        with self._lock:
            self._newest.append(capture_id)
            self.count += 1

    def after(self, count: int) -> tuple[int, list[str]]:
        """``count`` now, and the ids of what was changed or removed since it was ``count``, each once.

        Of more than ``REMEMBERED`` changes, the oldest are left out.
        """
        with self._lock:
            known = len(self._newest)
            newest = islice(self._newest, max(0, known - (self.count - count)), known)
            return self.count, list(dict.fromkeys(newest))
