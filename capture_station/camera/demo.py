"""The demo camera: plays the synthetic demo scene in real time."""

from __future__ import annotations

import time

from capture_station.camera.contract import CameraInfo, Mode
from capture_station.camera.demo_scene import Scene
from capture_station.camera.errors import camera_lost
from capture_station.config import CameraSettings
from capture_station.errors import CameraLost
from capture_station.frames import Frame
from capture_station.images import fit_within_wh


class DemoCamera:
    """Renders frames on demand. Frame times follow a fixed schedule; a frame that nobody reads leaves a gap."""

    def __init__(self, settings: CameraSettings) -> None:
        self.info = CameraInfo("demo", "demo camera", Mode(settings.size_wh, settings.fps, ""))
        self._full_wh = settings.size_wh
        self._small_wh = fit_within_wh(settings.size_wh, settings.preview_size_px)
        self._scene = Scene(settings.fps)
        for size_wh in {self._small_wh, self._full_wh}:
            self._scene.prepare(size_wh)
        self._fps = settings.fps
        self._start_s = time.monotonic()
        self._taken = -1
        self._open = True

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        if not self._open:
            raise CameraLost("the demo camera is closed")
        now = time.monotonic()
        number = max(self._taken + 1, int((now - self._start_s) * self._fps))
        wait_s = self._start_s + number / self._fps - now
        if wait_s > timeout_s:
            time.sleep(timeout_s)
            raise camera_lost("silent", camera="demo camera", seconds=f"{timeout_s:.2g}")
        self._taken = number
        captured_at_s = self._start_s + number / self._fps
        # Rendered ahead of time, so that rendering does not delay the frame as it would not with a real sensor.
        frame = self._drawn(number, captured_at_s, full_resolution)
        time.sleep(max(0.0, captured_at_s - time.monotonic()))
        return frame

    def _drawn(self, number: int, captured_at_s: float, full_resolution: bool) -> Frame:
        small_rgb = self._scene.image(number, self._small_wh)
        if self._small_wh == self._full_wh or not full_resolution:
            return Frame(small_rgb, number, captured_at_s, self._small_wh == self._full_wh)
        return Frame(self._scene.image(number, self._full_wh), number, captured_at_s, small_rgb=small_rgb)

    def close(self) -> None:
        self._open = False
