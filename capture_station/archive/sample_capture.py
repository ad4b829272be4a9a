"""Synthetic captures of any size, for ``bench`` and for tests of the archive."""

from __future__ import annotations

import cv2
import numpy as np

from capture_station.archive.record import CameraRecord, Circumstances, SegmenterRecord
from capture_station.frames import Image, Measures, Portrait

SAMPLE_CIRCUMSTANCES = Circumstances(
    camera=CameraRecord(kind="sample", name="sample", size_wh=(1, 1), fps=0, pixel_format=""),
    segmenter=SegmenterRecord(kind="sample", model="", sha256="", runtime=""),
    preset="free",
    timings_ms={},
)


def sample_pictures(size_wh: tuple[int, int]) -> tuple[Image, Portrait]:
    """An original and its portrait, the same in every call.

    The original is a smooth scene with sensor noise. The portrait shows head and shoulders cut out of it, on white.

    Args:
        size_wh: Size of the original, the matte and the portrait, in pixels.
    """
    width, height = size_wh
    random = np.random.default_rng(0)
    shapes = cv2.resize(random.integers(0, 256, (9, 12, 3), np.uint8), size_wh, interpolation=cv2.INTER_CUBIC)
    noise = cv2.resize(random.integers(0, 12, (height // 2, width // 2, 3), np.uint8), size_wh)
    original_rgb = np.asarray(cv2.add(shapes, noise), np.uint8)
    alpha = np.zeros((height, width), np.uint8)
    for centre_y, radius_x, radius_y in ((0.4, 0.16, 0.26), (1.0, 0.36, 0.4)):
        centre, radii = (width // 2, int(height * centre_y)), (int(width * radius_x), int(height * radius_y))
        cv2.ellipse(alpha, centre, radii, 0, 0, 360, 255, cv2.FILLED)
    alpha = np.asarray(cv2.blur(alpha, (15, 15)), np.uint8)
    opaque = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    person = cv2.multiply(original_rgb, opaque, scale=1 / 255)
    portrait_rgb = np.asarray(cv2.add(person, cv2.bitwise_not(opaque)), np.uint8)
    measures = Measures(0, 1, 100, 128, 0, 1, None, None, None, None, None, "ok", ())
    return original_rgb, Portrait(portrait_rgb, alpha, measures)
