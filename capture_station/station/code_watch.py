"""Checks in whoever holds a code up to the camera: looks at the newest frame a few times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from capture_station.frames import Frame, Head, Landmark
from capture_station.station.newest_slot import NewestSlot
from capture_station.station.subject_desk import SubjectDesk
from capture_station.subjects.code_reader import CodeReader

LOOK_EVERY_S = 0.25
MOST_LOAD = 0.25
"""Share of its time that the thread may work: a slow computer looks more rarely, so that its preview keeps its rate."""
LARGE_HEAD = 1 / 3
"""Crown to chin, as a share of the picture's height: from here on somebody is about to be photographed."""
CROWN_TO_CHIN = 2.0
"""In distances from the eyes to the chin."""


class CodeWatch:
    """Reads codes while nobody is checked in. ``run`` belongs to one thread.

    Args:
        reader: Thread-bound to ``run``'s thread.
        frames: Of the camera, at preview size.
        head: Of the newest preview.
        desk: Learns what was read.
    """

    def __init__(
        self, reader: CodeReader, frames: NewestSlot[Frame], head: Callable[[], Head | None], desk: SubjectDesk
    ) -> None:
        self._reader = reader
        self._frames = frames
        self._head = head
        self._desk = desk

    def run(self, stop: threading.Event) -> None:
        """Run until the stop."""
        seen, pause_s = 0, LOOK_EVERY_S
        while not stop.wait(pause_s):
            pause_s = LOOK_EVERY_S
            # The newest frame, without waiting: after a pause there is one, and without a camera there is none.
            frame, seen = self._frames.get(seen)
            if frame is None or self._somebody_is_named() or self._somebody_is_close(frame.size_wh):
                continue
            begun_s = time.monotonic()
            text = self._reader.read(frame.image_rgb)
            if text is not None:
                self._desk.code_read(text)
            took_s = time.monotonic() - begun_s
            pause_s = max(LOOK_EVERY_S - took_s, took_s / MOST_LOAD - took_s)

    def _somebody_is_named(self) -> bool:
        status = self._desk.status()
        return status.current is not None or status.next is not None

    def _somebody_is_close(self, frame_wh: tuple[int, int]) -> bool:
        head = self._head()
        return head is not None and head_height(head, frame_wh) >= LARGE_HEAD


def head_height(head: Head, frame_wh: tuple[int, int]) -> float:
    """Crown to chin as a share of the picture's height, estimated from eyes and chin."""
    points = head.points_px(frame_wh)
    eyes = (points[Landmark.RIGHT_EYE] + points[Landmark.LEFT_EYE]) / 2
    return CROWN_TO_CHIN * float(np.hypot(*(points[Landmark.CHIN] - eyes))) / frame_wh[1]
