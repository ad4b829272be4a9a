"""Scaling comes from the model; nothing is assumed."""

from __future__ import annotations

import numpy as np
import pytest

from capture_station.images import resized
from capture_station.segmentation.interpreter import Tensor
from capture_station.segmentation.tensors import (
    alpha_table,
    input_table,
    pack,
    unpack_alpha,
    unpack_heatmaps,
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
    small = resized(np.repeat(checkers[..., None], 3, axis=2).astype(np.uint8), (100, 100))
    assert abs(small.astype(int) - 127).max() <= 2


def test_logits_become_probabilities() -> None:
    tensor = Tensor((1, 1, 3, 1), 0.5, 10)
    values = np.array([10, 30, -10], np.int8).reshape(1, 1, 3, 1)
    alpha = unpack_alpha(values, alpha_table(tensor))
    assert alpha.shape == (1, 3)
    assert alpha.dtype == np.float32
    np.testing.assert_allclose(alpha[0], 1 / (1 + np.exp([-0.0, -10.0, 10.0])), rtol=1e-5)


def test_stored_heatmaps_become_logits() -> None:
    values = np.arange(2 * 2 * 7, dtype=np.int8).reshape(1, 2, 2, 7)
    heatmaps = unpack_heatmaps(values, Tensor((1, 2, 2, 7), 0.5, 4))
    assert heatmaps.shape == (2, 2, 7)
    assert heatmaps.dtype == np.float32
    assert heatmaps[1, 0, 3] == (values[0, 1, 0, 3] - 4) / 2
