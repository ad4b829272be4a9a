"""Reads video files, RTSP and MJPEG over HTTP, through the FFmpeg in OpenCV."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import cv2

from capture_station.camera.contract import CameraInfo, Mode
from capture_station.camera.driver import Driver, DriverCamera, Picture
from capture_station.camera.errors import DamagedFrame, camera_lost, open_error
from capture_station.camera.opencv import Capture, OpenCapture, decoding_jpegs, open_ffmpeg, to_rgb
from capture_station.camera.picture_limit import largest_picture_px
from capture_station.config import CameraSettings, SecretUrl
from capture_station.errors import CameraError

T = TypeVar("T")

_STALE_SHARE = 0.9
"""A read that took this share of its time-out has timed out: OpenCV then returns an old picture as if it were new."""
_ENDED_READS = 8
"""As many failed reads in a row are the end. OpenCV also fails at a single picture that cannot be decoded."""


def open_stream(settings: CameraSettings, largest_px: int | None = None) -> DriverCamera:
    """Open ``camera.url``, which is a file or an address.

    Args:
        largest_px: Larger pictures are refused; by default, the limit that this process's memory sets.

    Raises:
        CameraError: It does not open, or not in time.
    """
    if not settings.url:
        raise CameraError(
            "camera.kind is stream, but camera.url is empty; set it to a video file, an rtsp:// or an http:// address"
        )
    open_capture = open_ffmpeg(settings.open_timeout_s, settings.read_timeout_s)
    limit_px = largest_picture_px() if largest_px is None else largest_px

    def open_driver() -> Driver:
        if "://" in settings.url.get_secret_value():
            return LiveDriver(settings, open_capture, limit_px)
        return FileDriver(settings, open_capture)

    return DriverCamera(str(settings.url), open_driver, settings.open_timeout_s, limit_px)


class _FfmpegDriver(Driver):
    """The part that all streams share."""

    two_streams = False
    _capture: Capture

    def close(self) -> None:
        self._capture.release()


class LiveDriver(_FfmpegDriver):
    """A network camera."""

    def __init__(self, settings: CameraSettings, open_capture: OpenCapture, largest_px: int) -> None:
        self._name = str(settings.url)
        self._capture = decoding_jpegs(_opened(open_capture, settings.url), largest_px)
        self._stale_s = settings.read_timeout_s * _STALE_SHARE
        self._failed_reads = 0
        self.info = CameraInfo("stream", self._name, _mode(self._capture))

    def read(self, full_resolution: Callable[[], bool]) -> Picture:  # noqa: ARG002
        image, arrived_at_s = self._next(self._capture.read)
        size_wh = image.shape[1], image.shape[0]
        if size_wh != self.info.mode.size_wh:
            self.info = replace(self.info, mode=replace(self.info.mode, size_wh=size_wh))
        return Picture(to_rgb(image, size_wh), arrived_at_s)

    def skip(self) -> None:
        self._next(lambda: self._capture.skip() or None)

    def _next(self, step: Callable[[], T | None]) -> tuple[T, float]:
        """What the next step of the stream gives, and when."""
        asked_at_s = time.monotonic()
        given = step()
        arrived_at_s = time.monotonic()
        self._failed_reads = self._failed_reads + 1 if given is None else 0
        if self._failed_reads >= _ENDED_READS:
            raise camera_lost("ended", camera=self._name)
        if arrived_at_s - asked_at_s > self._stale_s:
            raise camera_lost("stalled", camera=self._name, seconds=f"{arrived_at_s - asked_at_s:.1f}")
        if given is None:
            raise DamagedFrame("a picture could not be decoded")
        return given, arrived_at_s


class FileDriver(_FfmpegDriver):
    """A video file, played in real time. FFmpeg itself would read it as fast as it can."""

    def __init__(self, settings: CameraSettings, open_capture: OpenCapture) -> None:
        self._url, self._name = settings.url, str(settings.url)
        self._loop = settings.loop
        self._open = open_capture
        self._capture = _opened(open_capture, settings.url)
        mode = _mode(self._capture)
        self._interval_s = 1 / (mode.fps or settings.fps)
        self._due_s = time.monotonic()
        self.info = CameraInfo("stream", self._name, mode)

    def skip(self) -> None:
        # A compressed picture depends on those before it, so FFmpeg decodes every picture anyway.
        self.read(lambda: False)

    def read(self, full_resolution: Callable[[], bool]) -> Picture:  # noqa: ARG002
        image = self._capture.read()
        if image is None and self._loop:
            # Not every container can seek back to the start.
            self._capture.release()
            self._capture = _opened(self._open, self._url)
            image = self._capture.read()
        if image is None:
            raise camera_lost("ended", camera=self._name) if self._loop else camera_lost("over", camera=self._name)
        picture = to_rgb(image, (image.shape[1], image.shape[0]))
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        # A slow machine plays the file more slowly instead of skipping ahead.
        shown_at_s = max(self._due_s, time.monotonic() - self._interval_s)
        self._due_s = shown_at_s + self._interval_s
        return Picture(picture, shown_at_s)


def _opened(open_capture: OpenCapture, url: SecretUrl) -> Capture:
    capture = open_capture(url.get_secret_value())
    if capture is None:
        raise open_error("unanswered", camera=str(url))
    return capture


def _mode(capture: Capture) -> Mode:
    size_wh = round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fps = capture.get(cv2.CAP_PROP_FPS)
    # FFmpeg reports its clock rate, such as 90000, for a stream that does not state its frame rate.
    return Mode(size_wh, fps if 0 < fps <= 1000 else 0.0, "")
