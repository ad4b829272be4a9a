"""Wraps ``cv2.VideoCapture``, which no other file uses."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Protocol

import cv2
import numpy as np

from capture_station.camera.errors import DamagedPicture
from capture_station.frames import Image


class Capture(Protocol):
    """The part of ``cv2.VideoCapture`` that is used. Thread-bound. Any call may block in the driver."""

    def read(self) -> Image | None:
        """The next picture as OpenCV returns it, valid until the next call; None if there is none.

        Raises:
            DamagedPicture: A buffer arrived that is empty or cannot be decoded.
        """
        ...

    def skip(self) -> bool:
        """Discard the next picture without decoding it; False if there is none."""
        ...

    def get(self, property_id: int) -> float: ...

    def set(self, property_id: int, value: float) -> bool:
        """Set a property; False if the driver refuses."""
        ...

    def release(self) -> None: ...


_AV_LOG_QUIET = "-8"

OpenCapture = Callable[[str], Capture | None]
"""Opens a device path, file or URL; None if that fails, as OpenCV does not say why."""


def open_v4l2(path: str) -> Capture | None:
    """Open a video device such as ``/dev/video0``."""
    return _open(path, cv2.CAP_V4L2, ())


def open_ffmpeg(open_timeout_s: float, read_timeout_s: float) -> OpenCapture:
    """A function that opens files and URLs. OpenCV accepts time-outs only at construction; its default is 30 s."""
    # At its default level FFmpeg writes several lines to stderr, and so to the journal, for every damaged picture.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _AV_LOG_QUIET)
    timeouts = (
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(open_timeout_s * 1000)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(read_timeout_s * 1000)),
    )
    return lambda source: _open(source, cv2.CAP_FFMPEG, timeouts)


def to_rgb(image: Image, size_wh: tuple[int, int]) -> Image:
    """Convert what ``Capture.read`` returned to a new RGB picture, (height, width, 3).

    OpenCV 4 returns the bytes of a raw BGR3 camera as a single row, (1, width * height * 3).

    Raises:
        DamagedPicture: It is not a picture of this size.
    """
    width, height = size_wh
    if image.shape[0] == 1 and image.size == width * height * 3:
        image = image.reshape(height, width, 3)
    if image.ndim == 3 and image.shape[2] == 3 and image.shape[0] > 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
    if image.shape == (height, width):
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8)
    raise DamagedPicture(
        f"pictures arrive undecoded, shape {image.shape} instead of ({height}, {width}, 3); "
        "set camera.pixel_format to MJPG or YUYV"
    )


def _open(source: str, backend: int, parameters: Sequence[int]) -> Capture | None:
    capture = cv2.VideoCapture(source, backend, parameters)
    if capture.isOpened():
        return OpenCvCapture(capture)
    capture.release()
    return None


class OpenCvCapture:
    """An open ``cv2.VideoCapture``."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self._image: Image | None = None
        self.skip = capture.grab
        self.get = capture.get
        self.set = capture.set
        self.release = capture.release

    def read(self) -> Image | None:
        # Grabbing and decoding are separate calls, because a failure of the first means that the device is gone.
        if not self._capture.grab():
            return None
        try:
            got, image = self._capture.retrieve(self._image)
        except cv2.error as error:
            # A V4L2 driver may hand over empty buffers, marked with V4L2_BUF_FLAG_ERROR, which OpenCV does not check.
            raise DamagedPicture(f"a picture could not be decoded: {error.err}") from error
        if not got:
            raise DamagedPicture("a picture could not be decoded")
        self._image = np.asarray(image, np.uint8)
        return self._image
