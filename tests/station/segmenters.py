"""Segmenters that tell what they saw, wait for a gate, or fail."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from capture_station.frames import Frame, Matte
from capture_station.segmentation.contract import SegmenterInfo, SinglePass
from tests.station.conftest import PATIENCE_S


class Watching(SinglePass):
    """A segmenter that keeps what it was shown."""

    info = SegmenterInfo("watching", "", "", "", (64, 64))

    def __init__(self, alpha: float = 1.0) -> None:
        self.last = np.zeros((1, 1, 3), np.uint8)
        self._alpha = alpha

    def segment(self, frame: Frame) -> Matte:
        self.last = frame.image_rgb
        return Matte(np.full((64, 64), self._alpha, np.float32), None, frame.sequence)


def gated(gate: threading.Event) -> Any:
    """Opens segmenters of which the one for captures waits for a gate."""

    class Gated(Watching):
        def segment(self, frame: Frame) -> Matte:
            assert gate.wait(PATIENCE_S)
            return super().segment(frame)

    return lambda _, purpose: Gated() if purpose == "capture" else Watching()


class Failing(SinglePass):
    """A segmenter that fails on demand."""

    info = SegmenterInfo("failing", "", "", "", (64, 64))

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.broken = threading.Event()

    def segment(self, frame: Frame) -> Matte:
        if self.broken.is_set():
            raise self.error
        return Matte(np.ones((64, 64), np.float32), None, frame.sequence)
