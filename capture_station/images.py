"""Small operations on pictures that several rooms need: read, decode at reduced size, resize, fill with one colour."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

import cv2
import numpy as np

from capture_station.errors import ConfigError
from capture_station.frames import Image

_DECODING_SCALES = (
    cv2.IMREAD_REDUCED_COLOR_8,
    cv2.IMREAD_REDUCED_COLOR_4,
    cv2.IMREAD_REDUCED_COLOR_2,
    cv2.IMREAD_COLOR,
)


def fit_within_wh(size_wh: tuple[int, int], within_wh: tuple[int, int]) -> tuple[int, int]:
    """The largest size with the same aspect ratio that fits; never larger than ``size_wh``."""
    scale = min(1.0, within_wh[0] / size_wh[0], within_wh[1] / size_wh[1])
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))


def solid_image(size_wh: tuple[int, int], rgb: tuple[int, int, int]) -> Image:
    """A new writable picture (H, W, 3) uint8 of one colour."""
    width, height = size_wh
    picture = np.empty((height, width, 3), np.uint8)
    # Assigning whole rows is ten times as fast as assigning single colours.
    picture[:] = np.tile(np.array(rgb, np.uint8), (width, 1))
    return picture


def resized(image_rgb: Image, size_wh: tuple[int, int], averaged: bool = False) -> Image:
    """Resize a picture without keeping its aspect ratio: halve it by averaging while possible, then interpolate.

    This is seven times as fast as averaging over uneven areas. Networks and viewers see no difference.

    Args:
        image_rgb: (H, W, 3) uint8. It is returned unchanged if it has the size already.
        size_wh: Size of the result.
        averaged: Average in the last step as well, to prevent aliasing.
    """
    width, height = size_wh
    while image_rgb.shape[1] >= 2 * width and image_rgb.shape[0] >= 2 * height:
        half = (image_rgb.shape[1] // 2, image_rgb.shape[0] // 2)
        image_rgb = np.asarray(cv2.resize(image_rgb, half, interpolation=cv2.INTER_AREA), np.uint8)
    if image_rgb.shape[:2] == (height, width):
        return image_rgb
    last = cv2.INTER_AREA if averaged else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image_rgb, size_wh, interpolation=last), np.uint8)


def decode_reduced(data: bytes, width_px: int) -> Image | None:
    """Decode a picture file at the smallest scale that is at least ``width_px`` wide.

    libjpeg decodes at an eighth, a quarter or half of the size in a fraction of the time and memory.

    Returns:
        (h, w, 3) uint8 RGB, at full size if that is less than ``width_px`` wide; None if the file is not a picture.
    """
    stored = np.frombuffer(data, np.uint8)
    image = None
    # OpenCV raises an error for a picture whose header announces more pixels than it allows.
    with contextlib.suppress(cv2.error):
        for scale in _DECODING_SCALES if data else ():
            image = cv2.imdecode(stored, scale)
            if image is None or image.shape[1] >= width_px:
                break
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def read_regular_file(path: Path) -> bytes:
    """Read a file that is neither a symlink nor a device, a pipe or a folder.

    Raises:
        OSError: The file cannot be read, or is of another kind.
    """
    # Opening a pipe would otherwise wait for somebody who writes into it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read()


def read_reference(path: Path, setting: str) -> Image:
    """Read the picture file that a setting names.

    Args:
        path: The picture file.
        setting: Name of the setting, for the error message.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ConfigError: The file is not a readable picture.
    """
    image = None
    with contextlib.suppress(OSError):
        # We read the file ourselves: OpenCV would print its own lines about a missing file.
        if data := path.read_bytes():
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise ConfigError(f"{setting}: {path} is not a picture; make one with `capture-station calibrate`")
    return np.asarray(image, np.uint8)
