"""Drives webcams: V4L2 devices, through OpenCV."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2

from capture_station.camera import v4l2
from capture_station.camera.best_mode import asked_size_wh
from capture_station.camera.contract import CameraInfo, Mode
from capture_station.camera.driver import DriverCamera, Picture, monotonic_s
from capture_station.camera.errors import camera_lost
from capture_station.camera.opencv import Capture, OpenCapture, open_v4l2, to_rgb
from capture_station.config import CameraSettings, ControlSettings
from capture_station.errors import CameraLost

ListModes = Callable[[str], Sequence[Mode]]
"""The modes of the device at a path; empty if it does not say."""

_AUTO_EXPOSURE = {True: 3, False: 1}
"""V4L2_EXPOSURE_APERTURE_PRIORITY, which is the automatic mode of UVC cameras, and V4L2_EXPOSURE_MANUAL."""
_EXPOSURE_UNITS_PER_MS = 10
"""V4L2_CID_EXPOSURE_ABSOLUTE is in units of 100 us."""


def open_webcam(
    settings: CameraSettings, open_capture: OpenCapture = open_v4l2, list_modes: ListModes = v4l2.modes
) -> DriverCamera:
    """Open ``camera.device``.

    Args:
        settings: Section ``camera`` of the config.
        open_capture: Opens a device by its path.
        list_modes: The modes of the device at a path; only asked for with ``camera.size_px: auto``.

    Raises:
        CameraError: It does not open. The message says why and what to do.
    """
    path = device_path(settings.device)
    return DriverCamera(path, lambda: WebcamDriver(settings, path, open_capture, list_modes), settings.open_timeout_s)


def device_path(device: int | str) -> str:
    """The path of a device that the config names by number or path."""
    return f"/dev/video{device}" if isinstance(device, int) or device.isdecimal() else device


class WebcamDriver:
    """One open V4L2 device. Requests mode and controls, and reports what the device did not accept."""

    two_streams = False

    def __init__(self, settings: CameraSettings, path: str, open_capture: OpenCapture, list_modes: ListModes) -> None:
        # OpenCV 4 does not follow links such as those in /dev/v4l/by-id.
        device = os.path.realpath(path)
        settings = settings.model_copy(update={"size_px": asked_size_wh(settings, lambda: list_modes(device))})
        capture = open_capture(device)
        if capture is None:
            raise v4l2.open_failure(path)
        self._path = path
        self._capture = capture
        self._controls = settings.controls
        self._held: dict[int, float] = {}
        """Automatics that were switched off here, and what each of them was before."""
        mode, differences = _set_mode(capture, settings)
        differences += _set_controls(capture, settings.controls)
        self.info = CameraInfo("webcam", f"{path}{_card(path)}", mode, tuple(differences))
        lock_after_s = settings.controls.lock_after_s
        self._lock_at_s = None if lock_after_s is None else time.monotonic() + lock_after_s

    def read(self, full_resolution: Callable[[], bool]) -> Picture:
        image = self._capture.read()
        if image is None:
            raise self._lost()
        captured_at_s = monotonic_s(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if self._lock_at_s is not None and time.monotonic() >= self._lock_at_s:
            self._lock_at_s = None
            failed = _lock(self._capture, self._controls, self._held)
            self.info = replace(self.info, differences=(*self.info.differences, *failed))
        # Reading controls costs a USB transfer each, so they are read only for pictures that may be saved.
        in_force = _in_force(self._capture) if full_resolution() else {}
        return Picture(to_rgb(image, self.info.mode.size_wh), captured_at_s, in_force=in_force)

    def skip(self) -> None:
        if not self._capture.skip():
            raise self._lost()

    def close(self) -> None:
        # The device keeps its controls, and whoever opens it next does not expect old ones.
        for switch_id, before in self._held.items():
            self._capture.set(switch_id, before)
        self._capture.release()

    def _lost(self) -> CameraLost:
        return camera_lost("unplugged", camera=self._path)


def _set_mode(capture: Capture, settings: CameraSettings) -> tuple[Mode, list[str]]:
    """Request format, size and rate; return the mode in force and a sentence for each difference.

    The format comes first because the available sizes and rates depend on it.
    """
    width, height = settings.size_wh
    if settings.pixel_format:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*settings.pixel_format))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    capture.set(cv2.CAP_PROP_FPS, settings.fps)
    size_wh = round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fps = capture.get(cv2.CAP_PROP_FPS)
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    pixel_format = code.to_bytes(4, "little", signed=code < 0).decode("ascii", "replace").strip("\0 ")
    differences = []
    if settings.pixel_format and pixel_format != settings.pixel_format:
        differences.append(f"pixel format: asked for {settings.pixel_format}, got {pixel_format or 'an unknown one'}")
    if size_wh != settings.size_wh:
        differences.append(f"size: asked for {width}x{height}, got {size_wh[0]}x{size_wh[1]}")
    if abs(fps - settings.fps) > 0.5:
        differences.append(f"rate: asked for {settings.fps:g} frames/s, got {f'{fps:g}' if fps > 0 else 'no answer'}")
    return Mode(size_wh, max(fps, 0.0), pixel_format), differences


def _set_controls(capture: Capture, controls: ControlSettings) -> list[str]:
    """Set the configured controls, automatic modes first: a device accepts a value only while its automatic is off."""
    if controls.lock_after_s is not None:
        # After a kill or a power cut the device may still hold old values, and would settle on nothing.
        for automatic in _automatics(controls):
            if automatic.wanted is None and automatic.value is None:
                capture.set(automatic.switch_id, automatic.on)
    auto_exposure = None if controls.auto_exposure is None else _AUTO_EXPOSURE[controls.auto_exposure]
    wanted: list[tuple[str, int, float | None]] = [
        ("auto_exposure", cv2.CAP_PROP_AUTO_EXPOSURE, auto_exposure),
        ("auto_white_balance", cv2.CAP_PROP_AUTO_WB, controls.auto_white_balance),
        ("auto_focus", cv2.CAP_PROP_AUTOFOCUS, controls.auto_focus),
        ("exposure_ms", cv2.CAP_PROP_EXPOSURE, _exposure_units(controls.exposure_ms)),
        ("white_balance_k", cv2.CAP_PROP_WB_TEMPERATURE, controls.white_balance_k),
        ("focus", cv2.CAP_PROP_FOCUS, controls.focus),
        ("gain", cv2.CAP_PROP_GAIN, controls.gain),
    ]
    return [
        f"controls.{name}: the camera does not accept it"
        for name, property_id, value in wanted
        if value is not None and not capture.set(property_id, float(value))
    ]


class _Automatic(NamedTuple):
    """A control that the camera can set by itself."""

    name: str
    wanted: bool | None
    value: float | None
    """``wanted`` and ``value`` are as configured."""
    switch_id: int
    on: int
    off: int
    value_id: int


def _automatics(controls: ControlSettings) -> tuple[_Automatic, ...]:
    auto_exposure, on, off = cv2.CAP_PROP_AUTO_EXPOSURE, _AUTO_EXPOSURE[True], _AUTO_EXPOSURE[False]
    auto_wb, wb_k, kelvin = controls.auto_white_balance, controls.white_balance_k, cv2.CAP_PROP_WB_TEMPERATURE
    return (
        _Automatic(
            "exposure", controls.auto_exposure, controls.exposure_ms, auto_exposure, on, off, cv2.CAP_PROP_EXPOSURE
        ),
        _Automatic("white balance", auto_wb, wb_k, cv2.CAP_PROP_AUTO_WB, 1, 0, kelvin),
        _Automatic("focus", controls.auto_focus, controls.focus, cv2.CAP_PROP_AUTOFOCUS, 1, 0, cv2.CAP_PROP_FOCUS),
    )


def _lock(capture: Capture, controls: ControlSettings, held: dict[int, float]) -> list[str]:
    """Switch the automatic controls off and keep the values that they had settled on.

    Many cameras return to an old manual value when the automatic is switched off, so the value is read before and set
    again afterwards. Controls that the camera lacks, or that the config keeps manual, are not touched. ``held`` gets
    what was switched off.
    """
    failed = []
    for name, wanted, _, switch_id, _, off, value_id in _automatics(controls):
        before = capture.get(switch_id)
        if wanted is False or before < 0:
            continue
        settled = capture.get(value_id)
        if not capture.set(switch_id, off):
            failed.append(f"controls.lock_after_s: {name} cannot be locked")
            continue
        held[switch_id] = before
        if settled >= 0:
            capture.set(value_id, settled)
    return failed


def _in_force(capture: Capture) -> dict[str, float]:
    """Current values of the controls that the camera has."""
    values = {
        "exposure_ms": capture.get(cv2.CAP_PROP_EXPOSURE) / _EXPOSURE_UNITS_PER_MS,
        "white_balance_k": capture.get(cv2.CAP_PROP_WB_TEMPERATURE),
        "focus": capture.get(cv2.CAP_PROP_FOCUS),
        "gain": capture.get(cv2.CAP_PROP_GAIN),
    }
    return {name: value for name, value in values.items() if value >= 0}


def _exposure_units(exposure_ms: float | None) -> float | None:
    return None if exposure_ms is None else max(1, round(exposure_ms * _EXPOSURE_UNITS_PER_MS))


def _card(path: str) -> str:
    """The product name from sysfs, which works without opening the device; with a leading space, or empty."""
    try:
        file = Path("/sys/class/video4linux", Path(os.path.realpath(path)).name, "name")
        # The kernel cuts a long name, maybe within a character.
        name = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return f" ({name.strip()})"
