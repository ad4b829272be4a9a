"""Take a picture with little noise of a grey card or of the empty booth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from capture_station.archive.disk import Disk, write_atomically
from capture_station.archive.encode import encode_png
from capture_station.camera.demo_fallback import refuse_demo_fallback
from capture_station.camera.factory import open_camera
from capture_station.config import StationSettings
from capture_station.errors import ArchiveError
from capture_station.frames import Image

FRAMES = 15
SETTLE_FRAMES = 15
"""A camera that was just opened needs this many frames to find its exposure."""
STRIP_ROWS = 64
"""Rows per step of the median_image, because numpy needs several times the memory of its input."""


def photograph_reference(settings: StationSettings, output: Path) -> Path:
    """Write the median_image of several frames as PNG and return its absolute path.

    Raises:
        CameraError: There is no camera, or it was lost.
        ArchiveError: The picture cannot be written.
    """
    output = output.resolve()
    if output.is_dir() or not output.parent.is_dir():
        raise ArchiveError(f"{output}: cannot write the picture: name a file in a folder that is there")
    camera = open_camera(settings.camera)
    try:
        refuse_demo_fallback(camera.info)
        for _ in range(SETTLE_FRAMES):
            camera.read(settings.camera.read_timeout_s)
        frames = [camera.read(settings.camera.read_timeout_s).image_rgb for _ in range(FRAMES)]
    finally:
        camera.close()
    try:
        write_atomically(Disk(), output, encode_png(median_image(frames)), 0o666)
    except OSError as error:
        raise ArchiveError(f"{output}: cannot write the picture: {error.strerror}") from error
    return output


def median_image(frames: Sequence[Image]) -> Image:
    """The median_image of each pixel and channel over images of equal shape, (H, W, 3) uint8."""
    tops = range(0, len(frames[0]), STRIP_ROWS)
    strips = (np.median([frame[top : top + STRIP_ROWS] for frame in frames], axis=0) for top in tops)
    return np.concatenate([strip.astype(np.uint8) for strip in strips])
