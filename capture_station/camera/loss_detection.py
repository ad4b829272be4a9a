"""Detects losses that a driver does not report: pictures that stand still, are black, or have the wrong size."""

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
"""Frames are compared on every 16th pixel of every 16th row first, and in full only if those are equal."""
_MISSHAPEN_LIMIT = 5
"""So many frames of a wrong size in a row are a loss; fewer are single damaged pictures, which are skipped."""


class LossDetectingCamera:
    """A camera that checks each frame before returning it.

    Bit-identical pictures mean a loss only where pictures come from a sensor, whose noise differs from frame to frame.
    A video codec removes that noise: an H.264 encoder may send the same picture of a still scene for minutes. A stream
    is lost when nothing arrives within the time-out.

    Args:
        camera: An open camera.
        settings: Section ``camera`` of the config.
        suspect: Whether the previous camera was lost because of still or black pictures. If so, frames are withheld
            until one is neither.
        passed_over: The cameras that were tried before this one, for ``info``.
    """

    def __init__(
        self, camera: Camera, settings: CameraSettings, suspect: bool = False, passed_over: tuple[str, ...] = ()
    ) -> None:
        self._camera = camera
        self._after_s = settings.frozen_after_s
        self._black_below = settings.black_below
        self._has_sensor_noise = camera.info.kind != "stream"
        self._sizes: dict[bool, tuple[int, int]] = {}
        self._misshapen = 0
        self._last: Image | None = None
        self._still_since_s = 0.0
        self._black_since_s: float | None = None
        self._passed_over = passed_over
        self.suspect = suspect
        """True after a loss because of still or black pictures, until a frame is neither."""

    @property
    def info(self) -> CameraInfo:
        return replace(self._camera.info, passed_over=self._passed_over)

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        """See ``Camera.read``.

        Raises:
            CameraLost: As in the contract, and when pictures stand still or are black for ``frozen_after_s``, or when
                several in a row have a wrong size.
        """
        end_s = time.monotonic() + timeout_s
        withheld: CameraLost | None = None
        while True:
            try:
                frame = self._camera.read(max(0.0, end_s - time.monotonic()), full_resolution)
            except CameraLost as error:
                if error.trouble is None or error.trouble.code != "silent":
                    raise
                # The wrapped camera waited for a part of the time-out only, and does not know of withheld frames.
                raise withheld or camera_lost("silent", camera=self.info.name, seconds=f"{timeout_s:.2g}") from error
            withheld = self._check_size(frame) or self._check_content(frame)
            if withheld is None:
                return frame
            if time.monotonic() >= end_s:
                raise withheld

    def close(self) -> None:
        self._camera.close()

    def _check_size(self, frame: Frame) -> CameraLost | None:
        """None if the frame has the size of the frames before; else why it is withheld.

        Raises:
            CameraLost: Several frames in a row have a wrong size.
        """
        size_wh = self._sizes.get(frame.full_resolution, frame.size_wh)
        if frame.size_wh == size_wh and min(size_wh) >= _STEP_PX:
            self._sizes[frame.full_resolution] = size_wh
            self._misshapen = 0
            return None
        self._misshapen += 1
        error = CameraLost(f"{self.info.name}: pictures of {frame.size_wh[0]}x{frame.size_wh[1]} make no sense")
        if self._misshapen >= _MISSHAPEN_LIMIT:
            raise error
        return error

    def _check_content(self, frame: Frame) -> CameraLost | None:
        """None if the frame may be used; else why it is withheld.

        Raises:
            CameraLost: Pictures have been still or black for too long.
        """
        now_s = time.monotonic()
        image_rgb, last = frame.small.image_rgb, self._last
        self._last = image_rgb
        black = bool(image_rgb[::_STEP_PX, ::_STEP_PX].mean() < self._black_below)
        if not black:
            self._black_since_s = None
        elif self._black_since_s is None:
            self._black_since_s = now_s
        elif now_s - self._black_since_s >= self._after_s:
            self.suspect = True
            raise self._nothing_seen(black)
        live = not self._has_sensor_noise or (last is not None and _differ(image_rgb, last))
        if live or last is None:
            self._still_since_s = now_s
        elif now_s - self._still_since_s >= self._after_s:
            self.suspect = True
            raise self._nothing_seen(black)
        if live and not black:
            self.suspect = False
        return self._nothing_seen(black) if self.suspect else None

    def _nothing_seen(self, black: bool) -> CameraLost:
        values = {"camera": self.info.name, "seconds": f"{self._after_s:g}"}
        return camera_lost("black", **values) if black else camera_lost("still", **values)


def _differ(one: Image, other: Image) -> bool:
    """Whether any bit differs. The sample nearly always decides."""
    if one.shape != other.shape:
        return True
    sample = np.s_[::_STEP_PX, ::_STEP_PX]
    return not np.array_equal(one[sample], other[sample]) or not np.array_equal(one, other)
