"""Small operations on pictures that several packages need: decode, resize, fill with one colour."""

from __future__ import annotations

import contextlib
from pathlib import Path

import cv2
import numpy as np

from capture_station.errors import ConfigError, PhotoError
from capture_station.frames import Image
from capture_station.regular_files import read_regular_file

_DECODING_SCALES = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


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


def jpeg_size_wh(data: bytes) -> tuple[int, int] | None:
    """The size that a JPEG's frame header announces (ITU-T T.81, B.2.2), without decoding it; None if it has none."""
    at = 2
    while data[:2] == b"\xff\xd8" and data[at : at + 1] == b"\xff" and at + 9 <= len(data):
        if data[at + 1] in _SOF:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        # Any number of 0xFF may stand before a marker.
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def decode_reduced(data: bytes, width_px: int) -> Image | None:
    """Decode a picture file at the smallest scale that is at least ``width_px`` wide.

    libjpeg decodes at an eighth, a quarter or half of the size in less time and memory; other formats are decoded
    whole.

    Returns:
        (h, w, 3) uint8 RGB, at full size if that is less than ``width_px`` wide; None if the file is not a picture.
    """
    full_px, _ = jpeg_size_wh(data) or (0, 0)
    divisor = next(divisor for divisor in _DECODING_SCALES if divisor == 1 or full_px >= divisor * width_px)
    image = None
    # OpenCV raises an error for a picture whose header announces more pixels than it allows.
    with contextlib.suppress(cv2.error):
        if data:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), _DECODING_SCALES[divisor])
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def decode_picture(data: bytes) -> Image:
    """A picture file as (H, W, 3) uint8 RGB.

    Raises:
        PhotoError: It is not a picture.
    """
    image = None
    with contextlib.suppress(cv2.error):  # As in ``decode_reduced``.
        if data:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise PhotoError("the file is not a picture")
    return np.asarray(image, np.uint8)


def read_configured_picture(path: Path, setting: str) -> Image:
    """Read the picture file that a setting names.

    Args:
        path: The picture file.
        setting: Name of the setting, for the error message.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ConfigError: The file is not a readable picture.
    """
    try:
        # We read the file ourselves: OpenCV would print its own lines about a missing file.
        return decode_picture(read_regular_file(path, follow=True))
    except (OSError, PhotoError) as error:
        message = f"{setting}: {path} is not a picture; make one with `capture-station calibrate`"
        raise ConfigError(message) from error
