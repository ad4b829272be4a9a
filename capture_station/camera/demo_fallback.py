"""The demo camera as a fallback: it gives way as soon as a webcam is attached."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from capture_station.camera.contract import Camera, CameraInfo
from capture_station.camera.errors import camera_lost
from capture_station.config import CameraSettings
from capture_station.errors import CameraError
from capture_station.frames import Frame

LOOK_EVERY_S = 2.0


def refuse_demo_fallback(info: CameraInfo) -> None:
    """Check that the camera is a real one, or that the config explicitly asks for the demo.

    Raises:
        CameraError: No camera was found, and the demo camera took its place.
    """
    if info.kind == "demo" and info.passed_over:
        raise CameraError(f"no camera: {'; '.join(info.passed_over)}; to use the demo camera, set camera.kind=demo")


def stand_in_advice(settings: CameraSettings) -> str:
    """Say in one line that the demo camera may stand in for a real one; empty if it cannot."""
    if settings.kind != "auto":
        return ""
    return (
        "camera.kind: auto shows the demo camera if no other is found at the start, and its portraits are not "
        "exported; with webcam or raspberry the station waits for the camera"
    )


class DemoFallback:
    """Passes frames of ``camera`` through until a webcam is attached that is not in ``tried``.

    While a machine boots, USB devices and their permissions may appear after the station has started.
    """

    def __init__(
        self,
        camera: Camera,
        tried: frozenset[str],
        webcam_paths: Callable[[], Sequence[str]],
        look_every_s: float,
    ) -> None:
        self._camera = camera
        self._tried = tried
        self._webcam_paths = webcam_paths
        self._look_every_s = look_every_s
        self._look_at_s = time.monotonic() + look_every_s

    @property
    def info(self) -> CameraInfo:
        return self._camera.info

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        """See ``Camera.read``.

        Raises:
            CameraLost: As in the contract, and when a webcam was attached.
        """
        if time.monotonic() >= self._look_at_s:
            attached = frozenset(self._webcam_paths())
            if new := attached - self._tried:
                raise camera_lost("replaced", camera=min(new))
            self._tried = attached
            self._look_at_s = time.monotonic() + self._look_every_s
        return self._camera.read(timeout_s, full_resolution)

    def close(self) -> None:
        self._camera.close()
