"""Peers from ONNX files: the salient object detectors U²-Net and its small variant (Qin et al. 2020)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image, Matte
from models.recipe.evaluate.contestants import Contestant

SIDE_PX = 320
GREY = 127
FITTED, STRETCHED = ", fitted", ", stretched"
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def saliency(name: str, session: Any) -> tuple[Contestant, Contestant]:
    """Return two contestants that share one ``onnx_session``.

    The first fits the picture into the square input and pads it with grey. The second stretches the picture to the
    square.
    """
    last: dict[bytes, NDArray[np.float32]] = {}

    def seen(square: Image) -> NDArray[np.float32]:
        # A square picture gives the same input when fitted and when stretched.
        key = square.tobytes()
        if key not in last:
            last.clear()
            last[key] = infer(session, square)
        return last[key]

    def segment_stretched(image: Image) -> Matte:
        return Matte(seen(reduced(image, (SIDE_PX, SIDE_PX))), None, 0)

    def segment_fitted(image: Image) -> Matte:
        height, width = image.shape[:2]
        scale = SIDE_PX / max(height, width)
        w, h = round(width * scale), round(height * scale)
        top, left = (SIDE_PX - h) // 2, (SIDE_PX - w) // 2
        square = np.full((SIDE_PX, SIDE_PX, 3), GREY, np.uint8)
        square[top : top + h, left : left + w] = reduced(image, (w, h))
        return Matte(seen(square)[top : top + h, left : left + w], None, 0)

    return Contestant(name + FITTED, segment_fitted), Contestant(name + STRETCHED, segment_stretched)


def reduced(image: Image, size_wh: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def infer(session: Any, square: Image) -> NDArray[np.float32]:
    """Return alpha (320, 320) of a picture (320, 320, 3), scaled to [0, 1] by minimum and maximum as the authors do."""
    (said, *_) = session.run(None, {session.get_inputs()[0].name: normalised(square)})
    plane = np.asarray(said[0, 0], np.float32)
    low, high = float(plane.min()), float(plane.max())
    return (plane - low) / max(high - low, 1e-6)


def normalised(square: Image) -> NDArray[np.float32]:
    """Normalise a picture (320, 320, 3) to (1, 3, 320, 320) float32.

    The values are divided by the picture's maximum, then normalised with ImageNet's mean and standard deviation.
    """
    values = (square / np.float32(max(1, square.max())) - MEAN) / DEVIATION
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)


def onnx_session(file: Path, threads: int = 2) -> Any:
    """Open an ONNX Runtime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
