"""Wraps ``cv2.VideoCapture``, which no other file uses."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Protocol

import cv2
import numpy as np

from capture_station.camera.errors import DamagedFrame
from capture_station.frames import Image
from capture_station.images import jpeg_size_wh
from capture_station.jpeg_decoding import JpegWarning, decode_jpeg


class Capture(Protocol):
    """The part of ``cv2.VideoCapture`` that is used. Thread-bound. Any call may block in the driver."""

    def read(self) -> Image | None:
        """The next picture as OpenCV returns it, valid until the next call; None if there is none.

        Raises:
            DamagedFrame: A buffer arrived that is empty or cannot be decoded.
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
_UNDECODED = -1
"""The value of CAP_PROP_FORMAT for which OpenCV returns packets as they arrive."""
_JPEG_START = b"\xff\xd8\xff"
_MJPG = cv2.VideoWriter.fourcc(*"MJPG")

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


def decoding_jpegs(capture: Capture, largest_px: int) -> Capture:
    """Decode a new stream's pictures one by one if it consists of JPEGs; other streams are returned unchanged.

    FFmpeg would make room for whatever size a header announces, and OpenCV would stretch the pictures of a camera that
    changes its size to the first one.

    Args:
        capture: An open stream of which nothing was read.
        largest_px: Pictures with more pixels are not decoded.
    """
    is_mjpeg = int(capture.get(cv2.CAP_PROP_FOURCC)) == _MJPG
    return JpegCapture(capture, largest_px) if is_mjpeg and capture.set(cv2.CAP_PROP_FORMAT, _UNDECODED) else capture


def to_rgb(image: Image, size_wh: tuple[int, int]) -> Image:
    """Convert what ``Capture.read`` returned to a new RGB picture, (height, width, 3).

    OpenCV 4 returns the bytes of a raw BGR3 camera as a single row, (1, width * height * 3).

    Raises:
        DamagedFrame: It is not a picture of this size.
    """
    width, height = size_wh
    if image.shape[0] == 1 and image.size == width * height * 3:
        image = image.reshape(height, width, 3)
    if image.ndim == 3 and image.shape[2] == 3 and image.shape[0] > 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
    if image.shape == (height, width):
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8)
    raise DamagedFrame(
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
            raise DamagedFrame(f"a picture could not be decoded: {error.err}") from error
        if not got:
            raise DamagedFrame("a picture could not be decoded")
        self._image = np.asarray(image, np.uint8)
        return self._image


class JpegCapture:
    """A stream of JPEGs, whose packets arrive undecoded."""

    def __init__(self, packets: Capture, largest_px: int) -> None:
        self._packets = packets
        self._largest_px = largest_px
        self._sends_whole = False
        """Whether a picture came of which libjpeg did not warn. Some cameras send none, such as those without ends."""
        self.skip = packets.skip
        self.get = packets.get
        self.set = packets.set
        self.release = packets.release

    def read(self) -> Image | None:
        packet = self._packets.read()
        if packet is None:
            return None
        # A few bytes of other kinds may stand before the picture.
        data = packet.tobytes()
        data = data[max(0, data.find(_JPEG_START)) :]
        width, height = jpeg_size_wh(data) or (0, 0)
        if width * height > self._largest_px:
            raise DamagedFrame(f"one is said to have {width}x{height} pixels, for which there is not enough memory")
        try:
            image = decode_jpeg(data, "BGR")
        except ValueError as error:
            padded = isinstance(error, JpegWarning) and error.may_be_padding
            if self._sends_whole and not padded:
                raise DamagedFrame(f"a picture is damaged: {error}") from error
            return _decoded_as_far_as_possible(data)
        self._sends_whole = True
        return image


def _decoded_as_far_as_possible(data: bytes) -> Image:
    with contextlib.suppress(ValueError):
        return decode_jpeg(data, "BGR", strict=False)
    # OpenCV knows more kinds of JPEG, such as CMYK.
    image = None
    # OpenCV raises an error for a picture that is larger than its own limit.
    with contextlib.suppress(cv2.error):
        if data:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise DamagedFrame("a picture could not be decoded")
    return np.asarray(image, np.uint8)
