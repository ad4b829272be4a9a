"""The demo camera as a fallback: it gives way as soon as a webcam is attached, or a camera opens that did not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

from capture_station.camera.contract import Camera, CameraInfo
from capture_station.camera.driver import CLOSE_TIMEOUT_S
from capture_station.camera.errors import camera_lost
from capture_station.config import CameraSettings
from capture_station.errors import CameraError
from capture_station.frames import Frame

LOOK_EVERY_S = 2.0
RETRY_EVERY_S = 10.0


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
    """Passes frames of ``camera`` through until a webcam comes that is not in ``tried``, or one of ``retries`` opens.

    While a machine boots, USB devices and their permissions may appear after the station has started, and another
    program may hold a camera for a while.

    Args:
        camera: The open demo.
        retries: Each opens one of the cameras that were tried, or raises CameraError. Called on a thread of its own.
        tried: Paths of the webcams among those.
        kept_out: Why the first webcam among these did not open; None for none.
        webcam_paths: Those that are attached now.
        look_every_s: Between two looks at those.
        retry_every_s: Between two calls of ``retries``.
    """

    def __init__(
        self,
        camera: Camera,
        retries: Sequence[Callable[[], Camera]],
        tried: frozenset[str],
        kept_out: CameraError | None,
        webcam_paths: Callable[[], Sequence[str]],
        look_every_s: float,
        retry_every_s: float,
    ) -> None:
        self._camera = camera
        self._kept_out = kept_out
        self._retries = retries
        self._tried = tried
        self._webcam_paths = webcam_paths
        self._look_every_s = look_every_s
        self._look_at_s = time.monotonic() + look_every_s
        self._retry_every_s = retry_every_s
        self._retry_at_s = time.monotonic() + retry_every_s
        self._retrying: threading.Thread | None = None
        self._opens = ""
        """Name of a camera that delivers pictures by now."""
        self._closed = False

    @property
    def info(self) -> CameraInfo:
        return replace(self._camera.info, kept_out=self._kept_out if self._tried else None)

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        """See ``Camera.read``.

        Raises:
            CameraLost: As in the contract, and when a webcam was attached or one of ``retries`` has opened.
        """
        if time.monotonic() >= self._look_at_s:
            attached = frozenset(self._webcam_paths())
            if new := attached - self._tried:
                raise camera_lost("replaced", camera=min(new))
            self._tried = attached
            self._look_at_s = time.monotonic() + self._look_every_s
        if self._opens:
            raise camera_lost("replaced", camera=self._opens)
        if time.monotonic() >= self._retry_at_s and not (self._retrying and self._retrying.is_alive()):
            self._retrying = threading.Thread(target=self._retry, args=(timeout_s,), name="camera retry", daemon=True)
            self._retrying.start()
            self._retry_at_s = time.monotonic() + self._retry_every_s
        return self._camera.read(timeout_s, full_resolution)

    def close(self) -> None:
        self._closed = True
        self._camera.close()
        if self._retrying is not None:
            self._retrying.join(CLOSE_TIMEOUT_S)  # It may hold the camera that is opened next.

    def _retry(self, timeout_s: float) -> None:
        for open_it in self._retries:
            if self._closed:
                return
            try:
                with closing(open_it()) as camera:
                    # A driver that still waits for its first picture would hold the device beyond `close`.
                    camera.read(timeout_s)
            except CameraError:
                continue
            self._opens = camera.info.name
            return
