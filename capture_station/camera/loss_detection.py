"""Loss that a driver does not report: a picture that stands still, a black one, one of another shape."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from capture_station.camera.contract import Camera, CameraInfo
from capture_station.camera.errors import camera_lost
from capture_station.config import CameraSettings
from capture_station.errors import CameraLost
from capture_station.frames import Frame, Image

_STEP_PX = 16
"""Every 16th pixel of every 16th row is looked at, until those are the same."""


class LossDetectingCamera:
    """A camera whose frames are looked at before anybody gets them.

    Args:
        camera: An open one.
        settings: Section ``camera`` of the config.
        suspect: The one before it was lost because it showed nothing: no frame is given until one proves sight.
        passed_over: The cameras that were tried before it.
    """

    def __init__(
        self, camera: Camera, settings: CameraSettings, suspect: bool = False, passed_over: tuple[str, ...] = ()
    ) -> None:
        self._camera = camera
        self._after_s = settings.frozen_after_s
        self._black_below = settings.black_below
        self._sizes: dict[bool, tuple[int, int]] = {}
        self._last: Image | None = None
        self._still_since_s = 0.0
        self._black_since_s: float | None = None
        self._passed_over = passed_over
        self.suspect = suspect
        """It shows nothing, or has not shown yet that it does."""

    @property
    def info(self) -> CameraInfo:
        return replace(self._camera.info, passed_over=self._passed_over)

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        """As in the contract.

        Raises:
            CameraLost: Also where frames are bit-identical or black for the configured time, or change their size.
        """
        end_s = time.monotonic() + timeout_s
        while True:
            frame = self._camera.read(max(0.0, end_s - time.monotonic()), full_resolution)
            moved = self._look(frame)
            dark = self._black_since_s is not None
            if moved and not dark:
                self.suspect = False
            if not self.suspect:
                return frame
            if time.monotonic() >= end_s:
                raise self._black() if dark else self._still()

    def close(self) -> None:
        self._camera.close()

    def _look(self, frame: Frame) -> bool:
        """Whether the picture is another than the one before, where there was one.

        Raises:
            CameraLost: It has shown nothing for too long.
        """
        now = time.monotonic()
        size_wh = self._sizes.setdefault(frame.full_resolution, frame.size_wh)
        if frame.size_wh != size_wh or min(size_wh) < _STEP_PX:
            raise CameraLost(f"{self.info.name}: pictures of {frame.size_wh[0]}x{frame.size_wh[1]} make no sense")
        image_rgb, last = frame.small.image_rgb, self._last
        self._last = image_rgb
        moved = last is not None and _differ(image_rgb, last)
        if image_rgb[::_STEP_PX, ::_STEP_PX].mean() >= self._black_below:
            self._black_since_s = None
        elif self._black_since_s is None:
            self._black_since_s = now
        elif now - self._black_since_s >= self._after_s:
            self.suspect = True
            raise self._black()
        if moved or last is None:
            self._still_since_s = now
        elif now - self._still_since_s >= self._after_s:
            self.suspect = True
            raise self._still()
        return moved

    def _still(self) -> CameraLost:
        return camera_lost("still", camera=self.info.name, seconds=f"{self._after_s:g}")

    def _black(self) -> CameraLost:
        return camera_lost("black", camera=self.info.name, seconds=f"{self._after_s:g}")


def _differ(one: Image, other: Image) -> bool:
    """Whether any bit differs; nearly always the sample answers."""
    if one.shape != other.shape:
        return True
    sample = np.s_[::_STEP_PX, ::_STEP_PX]
    return not np.array_equal(one[sample], other[sample]) or not np.array_equal(one, other)
