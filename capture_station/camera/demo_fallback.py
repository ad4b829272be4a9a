"""A camera in place of a real one: it gives way as soon as one is attached."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from capture_station.camera.contract import Camera, CameraInfo
from capture_station.camera.errors import lost
from capture_station.errors import CameraError
from capture_station.frames import Frame

LOOK_EVERY_S = 2.0


def refuse_demo_fallback(info: CameraInfo) -> None:
    """For whoever wants pictures of what is there.

    Raises:
        CameraError: It is the demo, because no camera was found.
    """
    if info.kind == "demo" and info.passed_over:
        raise CameraError(f"no camera: {'; '.join(info.passed_over)}; camera.kind: demo takes the demo's person")


class DemoFallback:
    """Shows what ``camera`` shows until there is a webcam besides those that were ``tried``.

    When a machine starts, its USB devices may come, or get their rights, after the station.
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
        """As in the contract.

        Raises:
            CameraLost: Also where a webcam was attached.
        """
        if time.monotonic() >= self._look_at_s:
            attached = frozenset(self._webcam_paths())
            if new := attached - self._tried:
                raise lost("replaced", camera=min(new))
            self._tried = attached
            self._look_at_s = time.monotonic() + self._look_every_s
        return self._camera.read(timeout_s, full_resolution)

    def close(self) -> None:
        self._camera.close()
