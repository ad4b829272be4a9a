"""Scaling comes from the model; nothing is assumed."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.resizing import stretched
from capture_station.segmentation.interpreter import Tensor
from capture_station.segmentation.tensors import (
    alpha_table,
    input_table,
    pack,
    unpack_alpha,
    unpack_head,
)


@pytest.mark.parametrize(("scale", "zero_point"), [(1 / 255, -128), (2 / 255, 0), (0.01, -100)])
def test_packed_levels_mean_what_the_picture_shows(scale: float, zero_point: int) -> None:
    tensor = Tensor((1, 16, 16, 3), scale, zero_point)
    image = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    packed = pack(image, tensor, input_table(tensor))
    real = (packed[0].astype(float) - zero_point) * scale
    representable = np.clip(image / 255, (-128 - zero_point) * scale, (127 - zero_point) * scale)
    assert np.abs(real - representable).max() <= scale / 2 + 1e-6


def test_packing_stretches_to_the_model() -> None:
    tensor = Tensor((1, 32, 64, 3), 1 / 255, -128)
    image = np.zeros((90, 160, 3), np.uint8)
    image[:, 80:] = 255
    packed = pack(image, tensor, input_table(tensor))
    assert packed.shape == (1, 32, 64, 3)
    assert packed[0, :, :30].max() == -128
    assert packed[0, :, 34:].min() == 127


def test_large_pictures_are_averaged_not_sampled() -> None:
    checkers = np.indices((1024, 1024)).sum(axis=0) % 2 * 255
    small = stretched(np.repeat(checkers[..., None], 3, axis=2).astype(np.uint8), (100, 100))
    assert abs(small.astype(int) - 127).max() <= 2


def test_logits_become_probabilities() -> None:
    tensor = Tensor((1, 1, 3, 1), 0.5, 10)
    values = np.array([10, 30, -10], np.int8).reshape(1, 1, 3, 1)
    alpha = unpack_alpha(values, alpha_table(tensor))
    assert alpha.shape == (1, 3)
    assert alpha.dtype == np.float32
    np.testing.assert_allclose(alpha[0], 1 / (1 + np.exp([-0.0, -10.0, 10.0])), rtol=1e-5)


def test_landmarks_are_found_between_cells_and_second_faces_do_not_pull() -> None:
    tensor = Tensor((1, 64, 64, 7), 0.1, 0)
    logits = np.full(tensor.shape, -12.0)
    rows, columns = np.mgrid[:64, :64]
    for landmark in range(6):
        near = -((rows - 20.3) ** 2 + (columns - 10.6 - landmark) ** 2) / 4.5
        other = -((rows - 50) ** 2 + (columns - 50) ** 2) / 4.5 - 1
        logits[0, :, :, landmark] = np.maximum(np.maximum(near, other), -12)
    logits[0, 30, 30, 6] = 3
    head = unpack_head(np.round(logits / 0.1).clip(-128, 127).astype(np.int8), tensor)
    expected = [((10.6 + landmark + 0.5) / 64, 20.8 / 64) for landmark in range(6)]
    assert np.abs(head.points - expected).max() < 0.1 / 64
    assert head.score == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-3)
