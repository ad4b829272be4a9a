"""How many frames a burst has."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.frames import Frame
from capture_station.station.burst import Burst


def taken(fps: float, count: int = 8, within_s: float = 0.25, size_wh: tuple[int, int] = (64, 48)) -> list[float]:
    """Exposure times of a burst that is requested at 10 s from a camera that never stops."""
    burst = Burst(10.0, count, within_s)
    picture = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    for number in range(1000):
        burst.offer(Frame(picture, number, 9.9 + number / fps))
        if burst.frames.done():
            return [frame.captured_at_s for frame in burst.frames.result()]
    raise AssertionError("the burst never ends")


@pytest.mark.parametrize(("fps", "frames"), [(60, 8), (30, 8), (15, 4), (10, 3), (2, 2)])
def test_a_slow_camera_gives_fewer_frames(fps: float, frames: int) -> None:
    moments = taken(fps)
    assert len(moments) == frames
    assert moments[0] >= 10.0


def test_a_burst_of_one_frame() -> None:
    assert len(taken(30, count=1)) == 1


def test_large_frames_are_limited_by_memory() -> None:
    assert len(taken(30, size_wh=(4000, 3000))) == 3
