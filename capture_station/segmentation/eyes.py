"""Measures how far the eyes are open, by MediaPipe's iris network (Ablavatski et al. 2020) on a crop of each eye."""

from __future__ import annotations

import math
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station import shipped
from capture_station.config import SegmentationSettings
from capture_station.frames import Head, Image, Landmark
from capture_station.segmentation.deeplab import checked_sha256
from capture_station.segmentation.interpreter import FloatModel

CROP = 1.1
"""Side of an eye's crop, in distances between the eyes."""
INPUT_PX = 64
CORNERS = (0, 8)
"""Rows of the contour; likewise the next two."""
LOWER_LID, UPPER_LID = slice(1, 8), slice(9, 15)


class EyeReader(Protocol):
    """Tells open eyes from closed ones. Thread-bound."""

    def openness(self, image_rgb: Image, head: Head) -> float:
        """Distance of the lids, in widths of the eye: the mean of both eyes. Above 0.2 in most portraits.

        Args:
            image_rgb: (H, W, 3), the whole picture.
            head: Its landmarks.

        Raises:
            SegmentationError: The interpreter failed.
        """
        ...


def open_eye_reader(settings: SegmentationSettings) -> EyeReader:
    """Load the shipped network.

    Raises:
        ModelError: It is missing, changed, or cannot be loaded.
    """
    path = shipped.model_path(shipped.EYES_MODEL)
    checked_sha256(path)
    return IrisContours(FloatModel(path, settings.runtime, settings.interpreter_threads))


class IrisContours:
    """The network draws the contour of the left eye; a right eye is shown to it mirrored."""

    def __init__(self, model: FloatModel) -> None:
        self._model = model

    def openness(self, image_rgb: Image, head: Head) -> float:
        """See ``EyeReader.openness``."""
        points = head.points_px((image_rgb.shape[1], image_rgb.shape[0])).astype(np.float64)
        right, left = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE]
        across = left - right
        side_px, roll = CROP * max(1.0, float(np.hypot(*across))), math.atan2(across[1], across[0])
        crops = [eye_crop(image_rgb, middle, side_px, roll) for middle in (right, left)]
        crops[0] = crops[0][:, ::-1]
        return float(np.mean([self._lids(crop) for crop in crops]))

    def _lids(self, crop: Image) -> float:
        outputs = self._model.invoke(np.ascontiguousarray(crop, np.float32)[None] / np.float32(255))
        contour = max(outputs, key=lambda output: output.size).reshape(-1, 3)[:, :2]
        start, end = (contour[corner] for corner in CORNERS)
        width = max(1e-3, float(np.hypot(*(end - start))))
        down = np.array([start[1] - end[1], end[0] - start[0]]) / width
        heights = (contour - start) @ down
        return float(np.median(heights[LOWER_LID]) - np.median(heights[UPPER_LID])) / width


def eye_crop(image_rgb: Image, middle: NDArray[np.float64], side_px: float, roll: float) -> Image:
    """A square around an eye, turned level: (64, 64, 3)."""
    room = side_px / math.sqrt(2) + 2
    low = np.maximum(0, np.floor(middle - room)).astype(int)
    high = np.ceil(middle + room).astype(int)
    part = image_rgb[low[1] : high[1], low[0] : high[0]]
    if not part.size:
        return np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8)
    # Reduced by averaging first, since the turn below only interpolates.
    reduced = max(1, math.floor(side_px / INPUT_PX))
    size_wh = (max(1, part.shape[1] // reduced), max(1, part.shape[0] // reduced))
    part = np.asarray(cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    step = side_px / reduced / INPUT_PX
    turn = step * np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    centre = (middle - low) / reduced - 0.5
    matrix = np.column_stack([turn, centre - turn @ np.full(2, INPUT_PX / 2 - 0.5)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shape = (INPUT_PX, INPUT_PX)
    return np.asarray(cv2.warpAffine(part, matrix, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)
