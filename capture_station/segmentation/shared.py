"""One segmenter that several threads use in turn, so that its network is in memory once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from capture_station.frames import CoarsePass, Frame, Matte
from capture_station.segmentation.contract import Segmenter, SegmenterInfo


class SharedSegmenter:
    """Opens the segmenter at its first use and lets one thread at a time use it. Thread-safe.

    Every call raises what opening raises until the segmenter is open.
    """

    def __init__(self, open_segmenter: Callable[[], Segmenter]) -> None:
        self._open = open_segmenter
        self._opened: Segmenter | None = None
        self._lock = threading.Lock()

    def opened(self) -> SharedSegmenter:
        """Itself, opened now.

        Raises:
            ModelError: It cannot be opened.
        """
        with self._lock:
            self._segmenter()
        return self

    @property
    def info(self) -> SegmenterInfo:
        """What it is; once it is open, nobody who uses it is waited for."""
        return (self._opened or self.opened()).info

    def segment(self, frame: Frame) -> Matte:
        """Estimate which pixels of a frame belong to a person; see ``Segmenter.segment``."""
        with self._lock:
            return self._segmenter().segment(frame)

    def coarse_pass(self, frame: Frame) -> CoarsePass:
        """See ``Segmenter.coarse_pass``. Another thread may have its turn before the rest."""
        with self._lock:
            first = self._segmenter().coarse_pass(frame)

        def complete() -> Matte:
            with self._lock:
                return first.complete()

        return CoarsePass(first.matte, complete)

    def _segmenter(self) -> Segmenter:
        if self._opened is None:
            self._opened = self._open()
        return self._opened
