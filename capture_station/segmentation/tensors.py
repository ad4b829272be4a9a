"""Pictures to int8 tensors and back to alpha and heatmaps: pure functions, scaling read from the model."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Image
from capture_station.images import resized
from capture_station.segmentation.interpreter import Int8, Tensor

Floats = NDArray[np.float32]


def input_table(tensor: Tensor) -> NDArray[np.uint8]:
    """(256,) what each 8-bit level v, meaning v / 255, is stored as; the bytes are int8."""
    levels = np.arange(256) / 255 / tensor.scale + tensor.zero_point
    return np.clip(np.round(levels), -128, 127).astype(np.int8).view(np.uint8)


def pack(image_rgb: Image, tensor: Tensor, table: NDArray[np.uint8]) -> Int8:
    """A picture (H, W, 3), stretched to the tensor's (1, h, w, 3)."""
    _, height, width, _ = tensor.shape
    image_rgb = resized(image_rgb, (width, height))
    return np.asarray(cv2.LUT(image_rgb, table), np.uint8).view(np.int8)[None]


def alpha_table(tensor: Tensor) -> Floats:
    """(256,) probability of person for each stored logit, indexed by its byte as uint8."""
    stored = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
    return sigmoid((stored - tensor.zero_point) * tensor.scale)


def unpack_alpha(values: Int8, table: Floats) -> Alpha:
    """Stored logits (1, h, w, 1) as alpha (h, w) in [0, 1]."""
    return np.asarray(cv2.LUT(values[0, :, :, 0].view(np.uint8), table), np.float32)


def unpack_heatmaps(values: Int8, tensor: Tensor) -> Floats:
    """Stored logits (1, h, w, 7) as logits (h, w, 7)."""
    return np.asarray((values[0].astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale), np.float32)


def sigmoid(logits: Floats | np.float32) -> Floats:
    """Logistic function, float32."""
    return np.asarray(1 / (1 + np.exp(-np.asarray(logits, np.float32))), np.float32)
