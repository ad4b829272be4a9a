"""Drivers without hardware, for tests and for ``camera.driver: fake``, with methods that cause faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import cv2
import numpy as np

from capture_station.camera.contract import Mode
from capture_station.camera.errors import DamagedFrame
from capture_station.errors import CameraError
from capture_station.frames import Image

BARS_RGB = (
    (235, 235, 235),
    (235, 235, 16),
    (16, 235, 235),
    (16, 235, 16),
    (235, 16, 235),
    (235, 16, 16),
    (16, 16, 235),
)
"""Colours of the bars in the upper half of every fake picture, from left to right."""
_STEPS = 40
"""Frames that the moving block takes to cross the picture."""


class FakeDevice:
    """Faults that every fake device can have. Thread-safe."""

    def __init__(self) -> None:
        self._moving = threading.Event()
        self._moving.set()
        self._plugs = 0
        self._plugged = True

    def unplug(self) -> None:
        """End all open captures for good; nothing opens until ``plug``."""
        self._plugged = False
        self._plugs += 1

    def plug(self) -> None:
        self._plugged = True

    def stall(self) -> None:
        """Stop delivering pictures until ``resume``."""
        self._moving.clear()

    def resume(self) -> None:
        self._moving.set()


class FakeWebcam(FakeDevice):
    """A V4L2 device as OpenCV sees it. A stalled read blocks until ``resume``."""

    def __init__(
        self,
        size_wh: tuple[int, int] = (1280, 720),
        fps: float = 30,
        pixel_format: str = "MJPG",
        modes: tuple[Mode, ...] = (),
    ) -> None:
        super().__init__()
        self.modes = modes
        """What it can be switched to; without any it keeps its one mode."""
        self.controls: dict[int, float] = {
            cv2.CAP_PROP_AUTO_EXPOSURE: 3,
            cv2.CAP_PROP_EXPOSURE: 156,
            cv2.CAP_PROP_AUTO_WB: 1,
            cv2.CAP_PROP_WB_TEMPERATURE: 4600,
            cv2.CAP_PROP_AUTOFOCUS: 1,
            cv2.CAP_PROP_FOCUS: 30,
            cv2.CAP_PROP_GAIN: 8,
        }
        """The controls that the camera has: value by OpenCV property."""
        self.skipped = 0
        """Number of pictures that were discarded without decoding."""
        self.held: set[int] = set()
        """Properties that the camera refuses to change."""
        self.raw = False
        """Whether pictures come as a single row, as from OpenCV 4 and a BGR3 camera."""
        self.damaged = 0
        """How many of the next pictures are damaged and cannot be decoded."""
        self.latency_s = 0.0
        """Time from the exposure, which is the driver's timestamp, to the delivery."""
        self.size_wh = size_wh
        self.fps = fps
        self.pixel_format = pixel_format
        self._in_use = threading.Lock()

    def list_modes(self, path: str) -> tuple[Mode, ...]:  # noqa: ARG002
        """What the kernel says about the device."""
        return self.modes

    def open(self, path: str) -> FakeCapture | None:  # noqa: ARG002
        """Open the device; None if it is unplugged or in use."""
        return FakeCapture(self) if self._plugged and self._in_use.acquire(blocking=False) else None


class FakeCapture:
    """An open ``FakeWebcam``. It ignores requests for a mode that the device does not have."""

    def __init__(self, device: FakeWebcam) -> None:
        self._device = device
        self._plugs = device._plugs
        self._pace = _FrameClock(device.fps)
        self._asked_wh = list(device.size_wh)
        self._mode: dict[int, float] = {
            cv2.CAP_PROP_FRAME_WIDTH: device.size_wh[0],
            cv2.CAP_PROP_FRAME_HEIGHT: device.size_wh[1],
            cv2.CAP_PROP_FPS: device.fps,
            cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*device.pixel_format),
        }

    def read(self) -> Image | None:
        device = self._device
        device._moving.wait()
        if device._plugs != self._plugs:
            return None
        size_wh = int(self._mode[cv2.CAP_PROP_FRAME_WIDTH]), int(self._mode[cv2.CAP_PROP_FRAME_HEIGHT])
        picture = fake_picture(self._pace.next(), size_wh)[..., ::-1].copy()
        if device.damaged:
            device.damaged -= 1
            raise DamagedFrame("a picture could not be decoded")
        return picture.reshape(1, -1) if device.raw else picture

    def skip(self) -> bool:
        device = self._device
        device._moving.wait()
        self._pace.next()
        device.skipped += 1
        return device._plugs == self._plugs

    def get(self, property_id: int) -> float:
        if property_id == cv2.CAP_PROP_POS_MSEC:
            return (time.monotonic() - self._device.latency_s) * 1000
        return self._mode.get(property_id, self._device.controls.get(property_id, -1.0))

    def set(self, property_id: int, value: float) -> bool:
        if property_id in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT):
            self._asked_wh[property_id == cv2.CAP_PROP_FRAME_HEIGHT] = int(value)
            if tuple(self._asked_wh) in [mode.size_wh for mode in self._device.modes]:
                self._mode[cv2.CAP_PROP_FRAME_WIDTH], self._mode[cv2.CAP_PROP_FRAME_HEIGHT] = self._asked_wh
        taken = property_id in self._device.controls and property_id not in self._device.held
        if taken:
            self._device.controls[property_id] = value
        return taken

    def release(self) -> None:
        self._device._in_use.release()


class FakePi(FakeDevice):
    """A Pi camera as picamera2 presents it."""

    def __init__(self, pixel_format: str = "") -> None:
        super().__init__()
        self.pixel_format = pixel_format
        """The format of both streams, whatever is requested; empty to deliver the requested formats."""
        self.controls: dict[str, Any] = {}
        """All controls that were set."""

    def open(self, number: int) -> tuple[FakePicamera2, Mapping[str, Any]]:
        if number or not self._plugged:
            raise CameraError(f"there is no Pi camera {number}")
        return FakePicamera2(self), {}


class FakePicamera2:
    """An open ``FakePi`` with the method names of ``picamera2.Picamera2``."""

    camera_properties: Mapping[str, Any] = {"Model": "fake"}
    camera_controls: Mapping[str, tuple[Any, Any, Any]] = {
        "FrameDurationLimits": (4000, 1_000_000, None),
        **dict.fromkeys(("AeEnable", "AwbEnable", "ExposureTime", "AnalogueGain", "ColourGains"), (0, 1, None)),
    }

    def __init__(self, device: FakePi) -> None:
        self._device = device
        self._plugs = device._plugs

    def create_video_configuration(self, **streams: Any) -> dict[str, Any]:
        return streams

    def configure(self, configuration: dict[str, Any]) -> None:
        self._configuration = configuration
        for name in ("main", "lores"):
            if configuration[name] and self._device.pixel_format:
                configuration[name]["format"] = self._device.pixel_format
        self.set_controls(configuration["controls"])
        self._pace = _FrameClock(1e6 / configuration["controls"]["FrameDurationLimits"][0])

    def camera_configuration(self) -> dict[str, Any]:
        return self._configuration

    def set_controls(self, controls: dict[str, Any]) -> None:
        if unknown := controls.keys() - self.camera_controls.keys():
            raise RuntimeError(f"Control {unknown.pop()} is not advertised by libcamera")
        self._device.controls.update(controls)

    def start(self) -> None: ...

    def capture_request(self, wait: float) -> FakeRequest:
        if not self._device._moving.wait(wait) or self._device._plugs != self._plugs:
            raise TimeoutError
        return FakeRequest(self._configuration, self._pace.next())

    def close(self) -> None: ...


class FakeRequest:
    """One exposure. Rows of a YUV420 stream are padded, as on a Pi. picamera2 removes the padding of NV12."""

    def __init__(self, configuration: Mapping[str, Any], number: int) -> None:
        self._configuration = configuration
        self._number = number
        self._stamp_ns = time.monotonic_ns()

    def make_array(self, name: str) -> Image:
        stream = self._configuration[name]
        width, height = stream["size"]
        picture = fake_picture(self._number, (width, height))
        if stream["format"] == "BGR888":
            return picture
        padding = 0 if stream["format"] == "NV12" else -width % 64
        padded = cv2.copyMakeBorder(picture, 0, 0, 0, padding, cv2.BORDER_REPLICATE)
        planes = np.asarray(cv2.cvtColor(padded, cv2.COLOR_RGB2YUV_I420), np.uint8)
        if stream["format"] == "NV12":
            planes[height:] = planes[height:].reshape(2, -1).T.reshape(-1, width)
        return planes

    def get_metadata(self) -> dict[str, Any]:
        return {
            "SensorTimestamp": self._stamp_ns,
            "ExposureTime": 12_000,
            "AnalogueGain": 2.0,
            "ColourGains": (1.9, 1.6),
            "ColourTemperature": 4100,
        }

    def release(self) -> None: ...


def fake_picture(number: int, size_wh: tuple[int, int]) -> Image:
    """(H, W, 3) RGB: colour bars above a moving block. The picture is the same at every size."""
    picture = _bars(size_wh).copy()
    width, height = size_wh
    left = number % _STEPS * width // _STEPS
    picture[height // 2 :, left : left + max(8, width // 16)] = 200
    return picture


@cache
def _bars(size_wh: tuple[int, int]) -> Image:
    width, height = size_wh
    bar = np.arange(width) * len(BARS_RGB) // width
    picture = np.full((height, width, 3), 60, np.uint8)
    picture[: height // 2] = np.array(BARS_RGB, np.uint8)[bar]
    return picture


class _FrameClock:
    """Numbers pictures at a fixed frame rate."""

    def __init__(self, fps: float) -> None:
        self._interval_s = 1 / fps
        self._due_s = time.monotonic()
        self._number = -1

    def next(self) -> int:
        """Wait until the next picture is due, and return its number."""
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        self._due_s = max(self._due_s, time.monotonic() - self._interval_s) + self._interval_s
        self._number += 1
        return self._number
