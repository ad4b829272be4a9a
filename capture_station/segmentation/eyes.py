"""Measures lids and irises, by MediaPipe's iris network (Ablavatski et al. 2020) on a crop of each eye."""

from __future__ import annotations

import math
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station import shipped
from capture_station.config import SegmentationSettings
from capture_station.frames import Eyes, Head, Image, Landmark
from capture_station.segmentation.interpreter import FloatInterpreter
from capture_station.segmentation.model_file import checked_sha256

CROP = 1.1
"""Side of an eye's crop, in distances between the eyes."""
INPUT_PX = 64
CORNERS = (0, 8)
"""Rows of the contour; likewise the next two."""
LOWER_LID, UPPER_LID = slice(1, 8), slice(9, 15)
CENTRE = 0
"""Row of the iris's centre."""
PER_TURN = 0.2
"""A turned head that looks into the camera has its irises so far aside for each eye distance that its nose is (measured
on 900 portraits)."""


class EyeReader(Protocol):
    """Sees whether eyes are open, and where they look. Thread-bound."""

    def read(self, image_rgb: Image, head: Head) -> Eyes:
        """Measure both eyes of a face.

        Args:
            image_rgb: (H, W, 3), the whole picture.
            head: Its landmarks.

        Raises:
            SegmentationError: The interpreter failed.
        """
        ...


def open_eye_reader(settings: SegmentationSettings) -> EyeReader:
    """Load the shipped network; with ``runtime: fake``, all eyes are open.

    Raises:
        ModelError: It is missing, changed, or cannot be loaded.
    """
    if settings.runtime == "fake":
        return OpenEyes()
    path = shipped.model_path(shipped.EYES_MODEL)
    checked_sha256(path)
    return IrisContours(FloatInterpreter(path, settings.runtime, settings.interpreter_threads))


class OpenEyes:
    """The fake: eyes that look ahead."""

    def read(self, image_rgb: Image, head: Head) -> Eyes:  # noqa: ARG002
        """See ``EyeReader.read``."""
        return Eyes(open=0.25, aside=0.0)


class IrisContours:
    """The network draws the contour and the iris of the left eye; a right eye is shown to it mirrored."""

    def __init__(self, model: FloatInterpreter) -> None:
        self._model = model

    def read(self, image_rgb: Image, head: Head) -> Eyes:
        """See ``EyeReader.read``."""
        points = head.points_px((image_rgb.shape[1], image_rgb.shape[0])).astype(np.float64)
        right, left = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE]
        across = left - right
        side_px, roll = CROP * max(1.0, float(np.hypot(*across))), math.atan2(across[1], across[0])
        crops = [eye_crop(image_rgb, middle, side_px, roll) for middle in (right, left)]
        crops[0] = crops[0][:, ::-1]
        (right_open, right_iris), (left_open, left_iris) = (self._lids_and_iris(crop) for crop in crops)
        turned = float((points[Landmark.NOSE] - (right + left) / 2) @ across) / max(1.0, float(across @ across))
        # A look aside brings one iris nearer to the nose, and the other one further away from it.
        return Eyes((right_open + left_open) / 2, (left_iris - right_iris) / 2 + PER_TURN * turned)

    def _lids_and_iris(self, crop: Image) -> tuple[float, float]:
        """Distance of the lids, and of the iris from the contour's first corner, in widths of the eye."""
        outputs = self._model.invoke(np.ascontiguousarray(crop, np.float32)[None] / np.float32(255))
        iris, contour = (output.reshape(-1, 3)[:, :2] for output in sorted(outputs, key=lambda output: output.size))
        start, end = (contour[corner] for corner in CORNERS)
        width = max(1e-3, float(np.hypot(*(end - start))))
        along = (end - start) / width
        down = np.array([-along[1], along[0]])
        heights = (contour - start) @ down
        lids = float(np.median(heights[LOWER_LID]) - np.median(heights[UPPER_LID]))
        return lids / width, float((iris[CENTRE] - start) @ along) / width


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
