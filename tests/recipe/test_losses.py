"""Losses fall towards what is right."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the [train] extra")

from models.recipe.losses import LANDMARK_SIGMA, gaussian, landmark_loss, matte_loss  # noqa: E402


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


def test_a_lost_finger_costs_more_than_as_much_of_a_shoulder(alpha: torch.Tensor) -> None:
    alpha[0, 0, 4:16, 30:32] = 1
    no_finger, no_shoulder = logits(alpha), logits(alpha)
    no_finger[0, 0, 4:16, 30:32] = -12
    no_shoulder[0, 0, 20:32, 20:22] = -12
    assert matte_loss(no_finger, alpha) > 2 * matte_loss(no_shoulder, alpha)


def test_a_false_person_in_an_empty_picture_costs(alpha: torch.Tensor) -> None:
    imagined = logits(alpha)
    imagined[1, 0, :20] = 12
    assert matte_loss(imagined, alpha) > matte_loss(logits(alpha), alpha) + 0.1


def heatmaps_at(points_px: torch.Tensor) -> torch.Tensor:
    """(1, 7, 16, 16) logits whose softmax has its middle at the landmarks, and a face between them."""
    cells = (points_px[None] + 0.5) / 4 - 0.5
    bumps = gaussian(cells, torch.full((1, 6), LANDMARK_SIGMA), 16, 16).clamp(min=1e-6).log()
    between = (cells[:, :2].mean(dim=1) + cells[:, 2]) / 2
    face = 8 * gaussian(between[:, None], torch.ones(1, 1), 16, 16) - 4
    return torch.cat([bumps, face], dim=1)


def test_true_landmarks_cost_less_than_shifted_ones() -> None:
    points = torch.tensor([[26.0, 22], [38, 22], [32, 30], [28, 38], [36, 38], [32, 46]])
    known = torch.tensor([True])
    right = landmark_loss(heatmaps_at(points), points[None, None], known)
    assert right < landmark_loss(heatmaps_at(points + 12), points[None, None], known)
    assert right < landmark_loss(torch.zeros(1, 7, 16, 16), points[None, None], known)


def test_unknown_landmarks_cost_nothing_and_a_false_face_does() -> None:
    nowhere = torch.full((1, 1, 6, 2), torch.nan)
    shouting, silent = torch.full((1, 7, 16, 16), 6.0), torch.full((1, 7, 16, 16), -20.0)
    assert landmark_loss(shouting, nowhere, torch.tensor([False])) == 0
    assert landmark_loss(silent, nowhere, torch.tensor([True])) < 1e-3
    assert landmark_loss(shouting, nowhere, torch.tensor([True])) > 1


def test_the_face_map_is_everybodys_and_the_landmarks_are_the_persons() -> None:
    points = torch.tensor([[10.0, 22], [18, 22], [14, 28], [12, 34], [16, 34], [14, 40]])
    both = torch.stack([points, points + torch.tensor([36.0, 0])])[None]
    known = torch.tensor([True])
    of_first, of_second = (heatmaps_at(both[0, number]) for number in range(2))
    two_faces = torch.cat([of_first[:, :6], torch.maximum(of_first[:, 6:], of_second[:, 6:])], dim=1)
    assert landmark_loss(two_faces, both, known) < landmark_loss(of_first, both, known)
    assert landmark_loss(of_first, both[:, :1], known) < landmark_loss(two_faces, both[:, :1], known)
    assert landmark_loss(two_faces, both, known) < landmark_loss(two_faces, both.flip(1), known)
