"""Drives Raspberry Pi cameras through picamera2, with one fixed configuration of a full and a small stream.

Switching modes would reallocate contiguous memory, which a Pi runs out of.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np

from capture_station.camera.best_mode import LARGEST_WH
from capture_station.camera.contract import CameraInfo, Mode
from capture_station.camera.driver import DriverCamera, Picture, monotonic_s
from capture_station.camera.errors import camera_lost
from capture_station.config import CameraSettings, ControlSettings
from capture_station.errors import CameraError
from capture_station.frames import Image
from capture_station.images import fit_within_wh

_BUFFERS = 3
"""One being exposed, one waiting, one being copied. Each takes 36 MB of contiguous memory at 12 megapixels."""
_RGB = "BGR888"
"""picamera2 names formats by their order in a little-endian word: BGR888 is R, G, B in memory."""
_YUV_TO_RGB = {"YUV420": cv2.COLOR_YUV2RGB_I420, "NV12": cv2.COLOR_YUV2RGB_NV12}


class Request(Protocol):
    """The part of ``picamera2.CompletedRequest`` that is used."""

    def make_array(self, name: str) -> Image:
        """A copy of a stream's buffer. YUV rows keep their padding."""
        ...

    def get_metadata(self) -> dict[str, Any]: ...

    def release(self) -> None: ...


class PiCamera(Protocol):
    """The part of ``picamera2.Picamera2`` that is used."""

    @property
    def camera_properties(self) -> Mapping[str, Any]: ...

    @property
    def camera_controls(self) -> Mapping[str, tuple[Any, Any, Any]]:
        """Minimum, maximum and default of each control that the camera has."""
        ...

    def create_video_configuration(self, **streams: Any) -> dict[str, Any]: ...

    def configure(self, configuration: dict[str, Any]) -> None: ...

    def camera_configuration(self) -> dict[str, Any]: ...

    def set_controls(self, controls: dict[str, Any]) -> None: ...

    def start(self) -> None: ...

    def capture_request(self, wait: float) -> Request:
        """The next completed request, which the caller releases. Raises TimeoutError."""
        ...

    def close(self) -> None: ...


OpenPi = Callable[[int], tuple[PiCamera, Mapping[str, Any]]]
"""Opens the camera with this number; also returns keywords that every configuration of it needs."""


def open_picamera2(number: int) -> tuple[PiCamera, Mapping[str, Any]]:
    """Open a camera with the real picamera2.

    Raises:
        CameraError: picamera2 is not installed, or there is no such camera.
    """
    picamera2, libcamera = _modules()
    attached = len(_attached(picamera2))
    if number >= attached:
        raise CameraError(
            f"there is no Pi camera {number} ({attached} attached); check its cable, and try rpicam-hello"
        )
    try:
        camera = picamera2.Picamera2(number)
    except (RuntimeError, OSError) as error:
        raise CameraError(f"Pi camera {number} does not open; another program may be using it: {error}") from error
    # OpenCV converts YUV as BT.601 with limited range.
    return camera, {"colour_space": libcamera.ColorSpace.Smpte170m()}


def list_picamera2(modes: bool = True) -> list[tuple[str, tuple[Mode, ...]]]:
    """Name and sensor modes of each Pi camera, ordered by number.

    A camera that is in use lists no modes. Without ``modes`` none does, and none is opened.
    """
    try:
        picamera2 = _modules()[0]
    except CameraError:
        return []
    return [
        (str(known["Model"]), _sensor_modes(picamera2, number) if modes else ())
        for number, known in enumerate(_attached(picamera2))
    ]


def picamera2_attached() -> bool:
    """Whether there is a Pi camera, found out without opening it."""
    try:
        return bool(_attached(_modules()[0]))
    except CameraError:
        return False


def _modules() -> tuple[Any, Any]:
    """Import picamera2 and libcamera."""
    try:
        import libcamera  # type: ignore[import-not-found]
        import picamera2  # type: ignore[import-not-found]
    except ImportError as error:
        advice = "on a Pi: sudo apt install python3-picamera2, and create the environment with --system-site-packages"
        raise CameraError(f"picamera2 cannot be used here ({error}); {advice}") from error
    except ValueError as error:
        # Compiled modules that were built for another numpy version raise ValueError.
        raise CameraError(f"picamera2 does not work with this numpy ({error}); run pip install 'numpy<2'") from error
    return picamera2, libcamera


def _attached(picamera2: Any) -> list[dict[str, Any]]:
    """Pi cameras, ordered by number. libcamera also lists webcams, after all Pi cameras."""
    return [known for known in picamera2.Picamera2.global_camera_info() if "/usb" not in known["Id"]]


def _sensor_modes(picamera2: Any, number: int) -> tuple[Mode, ...]:
    try:
        camera = picamera2.Picamera2(number)
    except (RuntimeError, OSError):
        return ()
    try:
        # Cameras other than Pi sensors list formats without sizes.
        modes = [mode for mode in camera.sensor_modes if "size" in mode]
        return tuple(Mode(tuple(mode["size"]), round(mode["fps"], 2), str(mode["format"])) for mode in modes)
    finally:
        camera.close()


def open_raspberry(settings: CameraSettings, open_pi: OpenPi = open_picamera2) -> DriverCamera:
    """Open the Pi camera whose number is ``camera.device``; the first one if that is a path.

    Raises:
        CameraError: It does not open. The message says why and what to do.
    """
    if settings.size_px == "auto":
        # Its image processor scales to any size, and only captures read the full-resolution stream.
        settings = settings.model_copy(update={"size_px": LARGEST_WH})
    number = settings.device if isinstance(settings.device, int) else 0
    name = f"Pi camera {number}"
    return DriverCamera(name, lambda: RaspberryDriver(settings, number, open_pi), settings.open_timeout_s)


class _Stream(NamedTuple):
    """Size and format of a stream as the camera delivers it, which may differ from the request."""

    size_wh: tuple[int, int]
    pixel_format: str

    @classmethod
    def configured(cls, configuration: Mapping[str, Any]) -> _Stream:
        """Read the stream from a picamera2 configuration.

        Raises:
            ValueError: Its pixel format is not supported.
        """
        if configuration["format"] not in _YUV_TO_RGB and configuration["format"] != _RGB:
            raise ValueError(f"it delivers only {configuration['format']}")
        return cls(tuple(configuration["size"]), configuration["format"])

    def to_rgb(self, array: Image) -> Image:
        """Convert a copy of the buffer to (h, w, 3) RGB. A YUV buffer has h * 3 / 2 rows of at least w bytes."""
        if self.pixel_format == _RGB:
            return array
        image = np.asarray(cv2.cvtColor(array, _YUV_TO_RGB[self.pixel_format]), np.uint8)
        width, height = self.size_wh
        return np.ascontiguousarray(image[:height, :width])


class RaspberryDriver:
    """One open Pi camera."""

    def __init__(self, settings: CameraSettings, number: int, open_pi: OpenPi) -> None:
        self._camera, extra = open_pi(number)
        try:
            self._start(settings, number, extra)
        except (RuntimeError, OSError, ValueError) as error:
            self._camera.close()
            raise CameraError(f"Pi camera {number} refuses its configuration: {error}") from error

    def _start(self, settings: CameraSettings, number: int, extra: Mapping[str, Any]) -> None:
        camera = self._camera
        controls, differences = _controls(settings, camera.camera_controls)
        full_wh = _even(settings.size_wh)
        # Both streams show the same part of the sensor, so another aspect ratio would distort the small one.
        small_wh = _even(fit_within_wh(full_wh, settings.preview_size_px))
        self.two_streams = small_wh != full_wh
        camera.configure(
            camera.create_video_configuration(
                main={"format": _RGB, "size": full_wh},
                lores={"format": "YUV420", "size": small_wh} if self.two_streams else None,
                controls=controls,
                buffer_count=_BUFFERS,
                **extra,
            )
        )
        configuration = camera.camera_configuration()
        self._main = _Stream.configured(configuration["main"])
        self._lores = _Stream.configured(configuration["lores"]) if self.two_streams else self._main
        for name, asked, got in (
            ("size", settings.size_wh, self._main.size_wh),
            ("preview size", small_wh, self._lores.size_wh),
        ):
            if asked != got:
                differences.append(f"{name}: asked for {asked[0]}x{asked[1]}, got {got[0]}x{got[1]}")
        camera.start()
        shortest_us = camera.camera_controls.get("FrameDurationLimits", (0, 0, 0))[0]
        fps = min(settings.fps, 1e6 / shortest_us) if shortest_us else settings.fps
        if settings.fps - fps > 0.5:
            differences.append(f"rate: asked for {settings.fps:g} frames/s, this size gives {fps:.1f}")
        model = camera.camera_properties.get("Model", "unknown sensor")
        self.info = CameraInfo(
            "raspberry",
            f"Pi camera {number} ({model})",
            Mode(self._main.size_wh, fps, self._main.pixel_format),
            tuple(differences),
        )
        self._settings = settings
        lock_after_s = settings.controls.lock_after_s
        self._lock_at_s = None if lock_after_s is None else time.monotonic() + lock_after_s

    def read(self, full_resolution: Callable[[], bool]) -> Picture:
        request = self._next()
        try:
            metadata = request.get_metadata()
            main = request.make_array("main") if not self.two_streams or full_resolution() else None
            lores = request.make_array("lores") if self.two_streams else None
        finally:
            request.release()
        if self._lock_at_s is not None and time.monotonic() >= self._lock_at_s:
            self._lock_at_s = None
            self._lock(metadata)
        captured_at_s = monotonic_s(metadata.get("SensorTimestamp", 0) / 1e9)
        small_rgb = None if lores is None else self._lores.to_rgb(lores)
        if main is None:
            assert small_rgb is not None
            return Picture(small_rgb, captured_at_s, full_resolution=False)
        return Picture(self._main.to_rgb(main), captured_at_s, small_rgb=small_rgb, in_force=_in_force(metadata))

    def skip(self) -> None:
        self._next().release()

    def close(self) -> None:
        self._camera.close()

    def _next(self) -> Any:
        """The camera's next request. The caller releases it soon, as there are only a few."""
        try:
            return self._camera.capture_request(wait=self._settings.read_timeout_s)
        except (TimeoutError, RuntimeError, OSError) as error:
            raise camera_lost("loose", camera=self.info.name) from error

    def _lock(self, metadata: Mapping[str, Any]) -> None:
        """Switch automatic exposure and white balance off and keep the values that they settled on."""
        held: dict[str, Any] = {"AeEnable": False, "AwbEnable": False}
        for name in ("ExposureTime", "AnalogueGain", "ColourGains", "LensPosition"):
            if name in metadata:
                held[name] = metadata[name]
        if "LensPosition" in held:
            held["AfMode"] = 0
        known = {name: value for name, value in held.items() if name in self._camera.camera_controls}
        self._camera.set_controls(known)
        missing = tuple(
            f"controls.lock_after_s: the camera has no {name}"
            for name in ("AeEnable", "AwbEnable")
            if name not in known
        )
        self.info = replace(self.info, differences=self.info.differences + missing)


def _controls(settings: CameraSettings, known: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The configured controls by libcamera name, and a sentence for each that the camera lacks."""
    controls: ControlSettings = settings.controls
    interval_us = round(1e6 / settings.fps)
    wanted: list[tuple[str, str, Any]] = [
        ("fps", "FrameDurationLimits", (interval_us, interval_us)),
        ("controls.auto_exposure", "AeEnable", controls.auto_exposure),
        ("controls.exposure_ms", "ExposureTime", _scaled(controls.exposure_ms, 1000)),
        ("controls.auto_white_balance", "AwbEnable", controls.auto_white_balance),
        ("controls.white_balance_k", "ColourTemperature", controls.white_balance_k),
        # AfModeEnum: Manual, Auto, Continuous.
        ("controls.auto_focus", "AfMode", None if controls.auto_focus is None else 2 * controls.auto_focus),
        ("controls.focus", "LensPosition", controls.focus),
        ("controls.gain", "AnalogueGain", controls.gain),
    ]
    asked = [(key, name, value) for key, name, value in wanted if value is not None]
    differences = [f"{key}: the camera has no {name}" for key, name, _ in asked if name not in known]
    return {name: value for _, name, value in asked if name in known}, differences


def _in_force(metadata: Mapping[str, Any]) -> dict[str, float]:
    """Control values from a picture's metadata, by config name; white balance also as red and blue gain."""
    values = {
        "exposure_ms": metadata.get("ExposureTime", 0) / 1000 or None,
        "gain": metadata.get("AnalogueGain"),
        "white_balance_k": metadata.get("ColourTemperature"),
        "focus": metadata.get("LensPosition"),
        **dict(zip(("red_gain", "blue_gain"), metadata.get("ColourGains", ()), strict=False)),
    }
    return {name: value for name, value in values.items() if value is not None}


def _scaled(value: float | None, factor: float) -> int | None:
    return None if value is None else round(value * factor)


def _even(size_wh: tuple[int, int]) -> tuple[int, int]:
    return size_wh[0] // 2 * 2, size_wh[1] // 2 * 2
