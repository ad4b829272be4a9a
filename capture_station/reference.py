"""A picture that calibration took, read back."""

from __future__ import annotations

import contextlib
from pathlib import Path

import cv2
import numpy as np

from capture_station.errors import ConfigError
from capture_station.frames import Image


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
