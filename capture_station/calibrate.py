"""A picture to calibrate by, free of noise: of the empty booth, or of a grey card."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from capture_station.camera.opening import open_camera
from capture_station.config import StationSettings
from capture_station.errors import ArchiveError

FRAMES = 15
SETTLE_FRAMES = 15
"""Frames in which a camera just opened finds its exposure."""


def take_reference(settings: StationSettings, output: Path) -> Path:
    """Write the median of some frames as PNG; returns its absolute path.

    Raises:
        CameraError: No camera, or it was lost.
        ArchiveError: The picture cannot be written.
    """
    camera = open_camera(settings.camera)
    try:
        for _ in range(SETTLE_FRAMES):
            camera.read(settings.camera.read_timeout_s)
        frames = [camera.read(settings.camera.read_timeout_s).image_rgb for _ in range(FRAMES)]
    finally:
        camera.close()
    picture = np.median(np.stack(frames), axis=0).astype(np.uint8)
    partial = output.with_suffix(".partial.png")
    try:
        coded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1]
        partial.write_bytes(coded.tobytes())
        os.replace(partial, output)
    except OSError as error:
        raise ArchiveError(f"{output}: cannot write the picture: {error.strerror}") from error
    return output.resolve()
