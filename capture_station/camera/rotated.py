"""Rotates the pictures of a camera that is mounted on its side or upside down."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from capture_station.camera.contract import Camera, CameraInfo
from capture_station.frames import Frame, Image

_CODES = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class RotatedCamera:
    """Wraps a camera and rotates each picture clockwise by 90, 180 or 270 degrees."""

    def __init__(self, camera: Camera, clockwise_deg: int) -> None:
        self._camera = camera
        self._code = _CODES[clockwise_deg]

    @property
    def info(self) -> CameraInfo:
        info = self._camera.info
        if self._code == cv2.ROTATE_180:
            return info
        return replace(info, mode=replace(info.mode, size_wh=info.mode.size_wh[::-1]))

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:
        frame = self._camera.read(timeout_s, full_resolution)
        small_rgb = None if frame.small_rgb is None else self._rotated(frame.small_rgb)
        return replace(frame, image_rgb=self._rotated(frame.image_rgb), small_rgb=small_rgb)

    def close(self) -> None:
        self._camera.close()

    def _rotated(self, image_rgb: Image) -> Image:
        return np.asarray(cv2.rotate(image_rgb, self._code), np.uint8)
