"""The camera that is always there: the demo's scene, in real time."""

from __future__ import annotations

import time

from capture_station.camera.contract import CameraInfo, Mode
from capture_station.camera.scene import Scene
from capture_station.config import CameraSettings
from capture_station.errors import CameraLost
from capture_station.frames import Alpha, Frame


class DemoCamera:
    """Draws a frame only when somebody takes it; frames keep to a schedule, so those nobody took are gaps."""

    def __init__(self, settings: CameraSettings) -> None:
        self.info = CameraInfo("demo", "demo camera", Mode(settings.size_px, settings.fps, ""))
        self._full_wh = settings.size_px
        self._small_wh = settings.preview_size_px
        self._scene = Scene(settings.fps)
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
            raise CameraLost(f"demo camera: no picture for {timeout_s:g} s")
        time.sleep(max(0.0, wait_s))
        self._taken = number
        full = full_resolution or self._small_wh == self._full_wh
        image = self._scene.image(number, self._full_wh if full else self._small_wh)
        return Frame(image, number, self._start_s + number / self._fps, full)

    def truth(self, frame: Frame) -> Alpha:
        """Exact alpha of a frame of this camera, (H, W) float32 in [0, 1]."""
        return self._scene.alpha(frame.sequence, frame.size_wh)

    def close(self) -> None:
        self._open = False
