"""OpenCV's pictures become RGB or are refused."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.camera.opencv import to_rgb
from capture_station.errors import CameraLost

SIZE_WH = (4, 3)
BGR = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)


def test_bgr_becomes_rgb_also_from_a_single_row() -> None:
    for image in (BGR, BGR.reshape(1, -1)):
        np.testing.assert_array_equal(to_rgb(image, SIZE_WH), BGR[..., ::-1])


def test_grey_gets_three_equal_channels() -> None:
    np.testing.assert_array_equal(to_rgb(BGR[..., 0].copy(), SIZE_WH), np.repeat(BGR[..., :1], 3, axis=2))


@pytest.mark.parametrize("shape", [(1, 24), (1, 7), (3, 4, 2)])
def test_undecoded_bytes_are_refused_with_advice(shape: tuple[int, ...]) -> None:
    with pytest.raises(CameraLost, match=r"set camera\.pixel_format"):
        to_rgb(np.zeros(shape, np.uint8), SIZE_WH)
