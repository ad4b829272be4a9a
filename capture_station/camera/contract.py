"""The contract that every camera fulfils."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from capture_station.errors import CameraError
from capture_station.frames import Frame


@dataclass(frozen=True, slots=True)
class Mode:
    """Picture size, frame rate and pixel format."""

    size_wh: tuple[int, int]
    fps: float
    pixel_format: str
    """FOURCC such as MJPG or YUYV; empty if the source does not report one."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """Description of an open camera, for the status, ``doctor`` and the capture record."""

    kind: str
    name: str
    """Name to display, such as ``/dev/video0 (HD Webcam)``."""
    mode: Mode
    """The mode that the camera delivers. For a camera with two streams, that of the full-resolution stream."""
    differences: tuple[str, ...] = ()
    """One sentence for each setting that the camera did not accept, after the setting's name and a colon."""
    passed_over: tuple[str, ...] = ()
    """With ``camera.kind: auto``: one sentence for each camera that was tried first, saying why it did not open."""

    kept_out: CameraError | None = None
    """Of the demo where it stands in for a webcam that is attached: why that one did not open."""

    @property
    def stands_in(self) -> bool:
        """Whether this is the demo camera, for want of another."""
        return self.kind == "demo" and bool(self.passed_over)


class Camera(Protocol):
    """An open camera. The constructor opens it, so a half-open camera does not exist.

    Thread-bound: call all methods from one thread.
    """

    @property
    def info(self) -> CameraInfo: ...

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        """Return the newest frame that has not been returned yet, and wait for one if there is none.

        Args:
            timeout_s: The longest wait. The call returns in time even if the driver blocks longer.
            full_resolution: From a camera with two streams, return both pictures of one exposure. Cameras with one
                stream ignore it.

        Raises:
            CameraLost: No frame arrived in time, or the device is gone. The caller closes the camera.
        """
        ...

    def close(self) -> None:
        """Release the device. Returns within a second even if the driver hangs. A second call does nothing."""
        ...
