"""Losses fall towards what is right."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the [train] extra")

from models.recipe.losses import landmark_loss, matte_loss  # noqa: E402


@pytest.fixture
def alpha() -> torch.Tensor:
    """Two pictures (2, 1, 64, 64): one with a person, one empty."""
    plane = torch.zeros(2, 1, 64, 64)
    plane[0, :, 16:, 20:44] = 1
    return plane


def logits(alpha: torch.Tensor) -> torch.Tensor:
    return (alpha * 2 - 1) * 12


def test_the_true_matte_costs_least(alpha: torch.Tensor) -> None:
    right = matte_loss(logits(alpha), alpha)
    undecided = matte_loss(torch.zeros_like(alpha), alpha)
    shifted = matte_loss(logits(alpha.roll(6, dims=3)), alpha)
    inverted = matte_loss(-logits(alpha), alpha)
    assert right < 0.01
    assert right < shifted < inverted
    assert right < undecided < inverted


def test_an_error_at_the_edge_costs_more_than_one_far_off(alpha: torch.Tensor) -> None:
    at_edge, far_off = logits(alpha), logits(alpha)
    at_edge[0, 0, 30:34, 44:48] = 12
    far_off[0, 0, 30:34, 56:60] = 12
    assert matte_loss(at_edge, alpha) > matte_loss(far_off, alpha)


def test_a_false_person_in_an_empty_picture_costs(alpha: torch.Tensor) -> None:
    imagined = logits(alpha)
    imagined[1, 0, :20] = 12
    assert matte_loss(imagined, alpha) > matte_loss(logits(alpha), alpha) + 0.1


def heatmaps_at(points_px: torch.Tensor) -> torch.Tensor:
    """(1, 7, 16, 16) logits that peak where the landmarks are, and a face between them."""
    maps = torch.full((1, 7, 16, 16), -6.0)
    for index, (x, y) in enumerate((points_px / 4).long().tolist()):
        maps[0, index, y, x] = 6
    eyes_nose = (points_px[:2].mean(dim=0) + points_px[2]) / 2 / 4
    maps[0, 6, int(eyes_nose[1]), int(eyes_nose[0])] = 3
    return maps


def test_true_landmarks_cost_less_than_shifted_ones() -> None:
    points = torch.tensor([[26.0, 22], [38, 22], [32, 30], [28, 38], [36, 38], [32, 46]])
    known = torch.tensor([True])
    right = landmark_loss(heatmaps_at(points), points[None], known)
    assert right < landmark_loss(heatmaps_at(points + 12), points[None], known)
    assert right < landmark_loss(torch.zeros(1, 7, 16, 16), points[None], known)


def test_unknown_landmarks_cost_nothing_and_a_false_face_does() -> None:
    nowhere = torch.full((1, 6, 2), torch.nan)
    shouting, silent = torch.full((1, 7, 16, 16), 6.0), torch.full((1, 7, 16, 16), -20.0)
    assert landmark_loss(shouting, nowhere, torch.tensor([False])) == 0
    assert landmark_loss(silent, nowhere, torch.tensor([True])) < 1e-3
    assert landmark_loss(shouting, nowhere, torch.tensor([True])) > 1
