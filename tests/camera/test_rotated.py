"""Pictures of a camera that is mounted on its side."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from capture_station.camera.contract import Camera
from capture_station.camera.factory import CameraOpener
from capture_station.config import CameraSettings
from capture_station.frames import Image
from capture_station.images import resized

TIMEOUT_S = 5.0


def opened(kind: str, rotate_deg: int) -> Camera:
    settings = {"kind": kind, "driver": "fake", "size_px": (320, 240), "preview_size_px": (160, 120), "fps": 200}
    return CameraOpener(CameraSettings.model_validate({**settings, "rotate_deg": rotate_deg})).open()


def look(image_rgb: Image) -> np.ndarray:
    """The picture at 8x8 pixels, in which the small moving block does not show."""
    return np.asarray(resized(image_rgb, (8, 8), averaged=True), np.float32)


@pytest.mark.parametrize("kind", ["webcam", "raspberry"])
@pytest.mark.parametrize("rotate_deg", [90, 180, 270])
def test_both_streams_and_the_mode_are_rotated_clockwise(kind: str, rotate_deg: int) -> None:
    with closing(opened(kind, 0)) as level, closing(opened(kind, rotate_deg)) as turned:
        as_it_is, frame = (camera.read(TIMEOUT_S, full_resolution=True) for camera in (level, turned))
        assert turned.info.mode.size_wh == frame.size_wh
        for before, after in ((as_it_is, frame), (as_it_is.small, frame.small)):
            quarters = rotate_deg // 90
            assert after.size_wh == (before.size_wh if quarters == 2 else before.size_wh[::-1])
            wanted = np.rot90(look(before.image_rgb), -quarters)
            assert np.abs(look(after.image_rgb) - wanted).mean() < 12
            assert np.abs(look(after.image_rgb) - np.rot90(wanted, 2)).mean() > 12
