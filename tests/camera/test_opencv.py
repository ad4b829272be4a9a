"""OpenCV's pictures become RGB or are refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from capture_station.camera.errors import DamagedFrame
from capture_station.camera.opencv import OpenCvCapture, to_rgb
from capture_station.errors import CameraLost
from capture_station.frames import Image

SIZE_WH = (4, 3)
BGR = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)


def test_bgr_becomes_rgb_also_from_a_single_row() -> None:
    for image in (BGR, BGR.reshape(1, -1)):
        np.testing.assert_array_equal(to_rgb(image, SIZE_WH), BGR[..., ::-1])


def test_grey_gets_three_equal_channels() -> None:
    np.testing.assert_array_equal(to_rgb(BGR[..., 0].copy(), SIZE_WH), np.repeat(BGR[..., :1], 3, axis=2))


class Buffers:
    """A ``cv2.VideoCapture`` whose buffers are given as their JPEG bytes."""

    def __init__(self, *buffers: bytes) -> None:
        self._buffers = iter(buffers)
        self.get = self.set = self.release = None

    def grab(self) -> bool:
        self._buffer = next(self._buffers, None)
        return self._buffer is not None

    def retrieve(self, _: Image | None) -> tuple[bool, Image | None]:
        # This is what OpenCV does with the MJPG buffers of a V4L2 device.
        image = cv2.imdecode(np.frombuffer(self._buffer or b"", np.uint8), cv2.IMREAD_COLOR)
        return image is not None, image


def test_empty_and_undecodable_buffers_are_damaged_pictures_and_only_a_failed_grab_is_the_end() -> None:
    jpeg = cv2.imencode(".jpg", BGR)[1].tobytes()
    capture = OpenCvCapture(Buffers(jpeg, b"", b"no JPEG at all", jpeg))  # type: ignore[arg-type]
    assert capture.read() is not None
    for _ in range(2):
        with pytest.raises(DamagedFrame, match="could not be decoded"):
            capture.read()
    whole = capture.read()
    assert whole is not None
    assert whole.shape == BGR.shape
    assert capture.read() is None


@pytest.mark.parametrize("shape", [(1, 24), (1, 7), (3, 4, 2)])
def test_undecoded_bytes_are_refused_with_advice(shape: tuple[int, ...]) -> None:
    with pytest.raises(CameraLost, match=r"set camera\.pixel_format"):
        to_rgb(np.zeros(shape, np.uint8), SIZE_WH)
