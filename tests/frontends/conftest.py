from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.frames import Image

from .fake_station import FakeStation

PERSON = (30, 120, 40)
ROOM = (60, 60, 170)


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def station(clock: Clock, tmp_path: Path) -> FakeStation:
    """Sees a green person left of the middle (as the camera sees it), in front of a blue room, and on white."""
    station = FakeStation(_scenery(ROOM), _scenery((255, 255, 255)), clock)
    station.portrait = str(tmp_path / "portrait.png")
    cv2.imwrite(station.portrait, np.full((400, 300, 3), PERSON[::-1], np.uint8))
    return station


def _scenery(background: tuple[int, int, int]) -> Image:
    image = np.empty((720, 1280, 3), np.uint8)
    image[:] = background
    image[100:, 440:560] = PERSON
    return image
