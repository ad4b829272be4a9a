"""Images read from files, decoded small, resized, and filled with one colour."""

from __future__ import annotations

import contextlib
from pathlib import Path

import cv2
import numpy as np

from capture_station.errors import ConfigError
from capture_station.frames import Image

SIZES = (cv2.IMREAD_REDUCED_COLOR_8, cv2.IMREAD_REDUCED_COLOR_4, cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_COLOR)


def fitting_wh(size_wh: tuple[int, int], within_wh: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same aspect that fits, never larger than it was."""
    scale = min(1.0, within_wh[0] / size_wh[0], within_wh[1] / size_wh[1])
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))


def filled(size_wh: tuple[int, int], rgb: tuple[int, int, int]) -> Image:
    """A picture (H, W, 3) uint8 of one colour, to be written into."""
    width, height = size_wh
    picture = np.empty((height, width, 3), np.uint8)
    # Whole rows are copied ten times as fast as single colours.
    picture[:] = np.tile(np.array(rgb, np.uint8), (width, 1))
    return picture


def stretched(image_rgb: Image, size_wh: tuple[int, int], averaged: bool = False) -> Image:
    """The picture at a size, aspect not kept: halved by averaging while it can be, then bilinear.

    Seven times as fast as averaging over uneven areas; networks and viewers see no difference.

    Args:
        image_rgb: (H, W, 3) uint8; returned as it is where it has the size.
        size_wh: Of the result.
        averaged: Average in the last step, too, so that nothing aliases.
    """
    width, height = size_wh
    while image_rgb.shape[1] >= 2 * width and image_rgb.shape[0] >= 2 * height:
        half = (image_rgb.shape[1] // 2, image_rgb.shape[0] // 2)
        image_rgb = np.asarray(cv2.resize(image_rgb, half, interpolation=cv2.INTER_AREA), np.uint8)
    if image_rgb.shape[:2] == (height, width):
        return image_rgb
    last = cv2.INTER_AREA if averaged else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image_rgb, size_wh, interpolation=last), np.uint8)


def decoded(data: bytes, width_px: int) -> Image | None:
    """A picture file (h, w, 3) uint8 RGB at least so wide, or whole; None for what is none.

    A JPEG is decoded at an eighth, a quarter or half of its size in a fraction of the time and memory.
    """
    stored = np.frombuffer(data, np.uint8)
    image = None
    for size in SIZES if data else ():
        image = cv2.imdecode(stored, size)
        if image is None or image.shape[1] >= width_px:
            break
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def read_reference(path: Path, setting: str) -> Image:
    """A picture (H, W, 3) uint8 RGB that a setting names.

    Raises:
        ConfigError: It is not a picture.
    """
    image = None
    with contextlib.suppress(OSError):
        # Read by itself: OpenCV would write lines of its own about a file that is not there.
        if data := path.read_bytes():
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise ConfigError(f"{setting}: {path} is not a picture; make one with `capture-station calibrate`")
    return np.asarray(image, np.uint8)
