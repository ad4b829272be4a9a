"""What every camera does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from capture_station.frames import Frame


@dataclass(frozen=True, slots=True)
class Mode:
    """A picture format."""

    size_wh: tuple[int, int]
    fps: float
    pixel_format: str
    """FOURCC, such as MJPG or YUYV; empty where the source has none."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """What was opened, for status, doctor and record."""

    kind: str
    name: str
    """For people, such as ``/dev/video0 (HD Webcam)``."""
    mode: Mode
    """As the camera delivers it; for a camera with two streams the full one."""
    differences: tuple[str, ...] = ()
    """Settings that were asked for and not got, in words."""
    passed_over: tuple[str, ...] = ()
    """With ``camera.kind: auto``: the cameras that were tried before this one, and why each was not taken."""


class Camera(Protocol):
    """An open camera. Opening is the constructor's work, so that a half-open camera does not exist.

    Thread-bound: all methods are called from one thread.
    """

    @property
    def info(self) -> CameraInfo: ...

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        """The next frame that nobody has taken yet.

        Args:
            timeout_s: How long to wait at most; a driver that blocks longer is left behind (the call still
                returns in time).
            full_resolution: Ask a camera that also has a small stream for both, of one exposure. Others ignore it.

        Raises:
            CameraLost: No frame within the time, or the device is gone. The camera is to be closed.
        """
        ...

    def close(self) -> None:
        """Release the device. Returns within a second even where the driver is stuck; may be called twice."""
        ...
