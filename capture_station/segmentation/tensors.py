"""Pictures to int8 tensors and back to alpha and landmarks: pure functions, scaling read from the model."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import MIRRORED_LANDMARKS, Alpha, Head, Image, Matte
from capture_station.resizing import stretched
from capture_station.segmentation.interpreter import Int8, Tensor

Floats = NDArray[np.float32]
PEAK_RADIUS_CELLS = 4


def input_table(tensor: Tensor) -> NDArray[np.uint8]:
    """(256,) what each 8-bit level v, meaning v / 255, is stored as; the bytes are int8."""
    levels = np.arange(256) / 255 / tensor.scale + tensor.zero_point
    return np.clip(np.round(levels), -128, 127).astype(np.int8).view(np.uint8)


def pack(image_rgb: Image, tensor: Tensor, table: NDArray[np.uint8]) -> Int8:
    """A picture (H, W, 3), stretched to the tensor's (1, h, w, 3)."""
    _, height, width, _ = tensor.shape
    image_rgb = stretched(image_rgb, (width, height))
    return np.asarray(cv2.LUT(image_rgb, table), np.uint8).view(np.int8)[None]


def alpha_table(tensor: Tensor) -> Floats:
    """(256,) probability of person for each stored logit, indexed by its byte as uint8."""
    stored = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
    return sigmoid((stored - tensor.zero_point) * tensor.scale)


def unpack_alpha(values: Int8, table: Floats) -> Alpha:
    """Stored logits (1, h, w, 1) as alpha (h, w) in [0, 1]."""
    return np.asarray(cv2.LUT(values[0, :, :, 0].view(np.uint8), table), np.float32)


def unpack_head(values: Int8, tensor: Tensor) -> Head:
    """Landmarks from stored heatmap logits (1, h, w, 7): six landmarks, then the face's centre.

    Each landmark is the centre of mass of its softmax within a few cells of the peak (a local soft-argmax), so that
    a second face cannot pull it away. The score is the sigmoid of the face map's peak.
    """
    _, rows, columns, _ = tensor.shape
    logits = (values[0].astype(np.float32) - tensor.zero_point) * tensor.scale
    points = np.empty((6, 2), np.float32)
    for landmark in range(6):
        plane = logits[:, :, landmark]
        row, column = divmod(int(plane.argmax()), columns)
        top, left = max(0, row - PEAK_RADIUS_CELLS), max(0, column - PEAK_RADIUS_CELLS)
        window = plane[top : row + PEAK_RADIUS_CELLS + 1, left : column + PEAK_RADIUS_CELLS + 1]
        weight = np.exp(window - plane[row, column])
        total = weight.sum()
        x = left + (weight.sum(axis=0) @ np.arange(window.shape[1])) / total
        y = top + (weight.sum(axis=1) @ np.arange(window.shape[0])) / total
        points[landmark] = (x + 0.5) / columns, (y + 0.5) / rows
    return Head(points, float(sigmoid(logits[:, :, 6].max())))


def mean_of_both_ways(seen: Matte, mirrored: Matte) -> Matte:
    """The mean of what was seen in a picture and in its mirror image."""
    alpha = (seen.alpha + mirrored.alpha[:, ::-1]) / np.float32(2)
    if seen.head is None or mirrored.head is None:
        return Matte(alpha, None, seen.sequence)
    turned = mirrored.head.points[MIRRORED_LANDMARKS]
    turned[:, 0] = 1 - turned[:, 0]
    head = Head((seen.head.points + turned) / np.float32(2), (seen.head.score + mirrored.head.score) / 2)
    return Matte(alpha, head, seen.sequence)


def sigmoid(logits: Floats | np.float32) -> Floats:
    """Logistic function, float32."""
    return np.asarray(1 / (1 + np.exp(-np.asarray(logits, np.float32))), np.float32)
