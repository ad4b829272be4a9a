"""The loss functions of training, for the matte and for the landmarks."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from models.recipe.network import Prediction

EDGE_WEIGHT = 3.0
THIN_WEIGHT = 4.0
THIN = 1 / 42
"""Half the width of what counts as thin, such as fingers and straps, as a share of the picture's side."""
THIN_MARGIN_PX = 2
ABSOLUTE_WEIGHT = 1.0
LANDMARK_WEIGHT = 0.05
FACE_WEIGHT = 0.5
IOU_SLACK = 0.01
"""Share of the picture's area that is added to both overlap and union."""
LANDMARK_SIGMA = 1.5
"""Standard deviation of the target Gaussian, in heatmap cells (stride 4)."""


def matte_loss(logits: Tensor, alpha: Tensor) -> Tensor:
    """Sum of cross entropy, absolute error of alpha and of its gradient, and soft IoU loss.

    All terms but soft IoU weigh pixels at edges up to four times as much, and thin things five times as much again: a
    finger is a hundredth of a person, and everybody sees its loss. Cross entropy is minimised by the mean of possible
    values, which is half transparent where they are uncertain. Absolute error is minimised by their median, which is
    near 0 or 1. The gradient error is for strands of hair (Rhemann et al. 2009). Soft IoU follows Rahman & Wang 2016.
    Logits and alpha are (B, 1, H, W), alpha in [0, 1].
    """
    radius = max(2, alpha.shape[-1] // 64)
    edge = dilate(alpha, radius) + dilate(-alpha, radius)
    weight = (1 + EDGE_WEIGHT * edge) * (1 + THIN_WEIGHT * top_hat(alpha))
    entropy = functional.binary_cross_entropy_with_logits(logits, alpha, weight, reduction="sum") / weight.sum()
    probability = logits.sigmoid()
    difference = probability - alpha
    slopes = (weight[..., 1:] * difference.diff(dim=3).abs()).sum() + (
        weight[:, :, 1:] * difference.diff(dim=2).abs()
    ).sum()
    absolute = ((weight * difference.abs()).sum() + slopes) / weight.sum()
    overlap = (probability * alpha).sum(dim=(1, 2, 3))
    union = (probability + alpha - probability * alpha).sum(dim=(1, 2, 3))
    # With the slack, pictures without people also count: their loss grows with the false foreground.
    slack = IOU_SLACK * alpha[0].numel()
    soft_iou = (1 - (overlap + slack) / (union + slack)).mean()
    return entropy + ABSOLUTE_WEIGHT * absolute + soft_iou


@torch.no_grad()
def top_hat(alpha: Tensor) -> Tensor:
    """White top-hat of alpha (B, 1, H, W), which is what an opening takes away, dilated by a margin."""
    radius = max(1, round(THIN * alpha.shape[-1]))
    opened = dilate(-dilate(-alpha, radius), radius)
    return dilate(alpha - opened, THIN_MARGIN_PX).clamp(0, 1)


@torch.no_grad()
def dilate(plane: Tensor, radius: int) -> Tensor:
    """Grey dilation: the largest value (B, 1, H, W) within ``radius`` rows and columns of each pixel.

    It handles one axis after the other, with windows that double in size. This is several times as fast as max pooling,
    which also stores the indices of the maxima.
    """
    for axis in (2, 3):
        sides = (0, 0, radius, radius) if axis == 2 else (radius, radius, 0, 0)
        reached, window = 1, 2 * radius + 1
        plane = functional.pad(plane, sides, value=-math.inf)
        while reached < window:
            step = min(reached, window - reached)
            kept = plane.shape[axis] - step
            plane = torch.maximum(plane.narrow(axis, 0, kept), plane.narrow(axis, step, kept))
            reached += step
    return plane


def landmark_loss(heatmaps: Tensor, landmarks_px: Tensor, known: Tensor) -> Tensor:
    """Cross entropy of each landmark map with a Gaussian, and of the face map with a blob of the face's size.

    The landmark maps are only for the first of the N people; the face map is for the faces of all N.

    Args:
        heatmaps: Logits (B, 7, H/4, W/4).
        landmarks_px: (B, N, 6, 2) x, y of N people in pixels of the picture, NaN where unknown.
        known: (B,) whether missing landmarks of the first person mean that their face is not in the picture.
    """
    rows, columns = heatmaps.shape[2:]
    cells = (landmarks_px + 0.5) / 4 - 0.5
    seen = ~torch.isnan(cells).any(dim=3)
    cells = torch.nan_to_num(cells)
    target = gaussian(cells[:, 0], torch.full_like(cells[:, 0, :, 0], LANDMARK_SIGMA), rows, columns)
    target = target / target.sum(dim=(2, 3), keepdim=True)
    log_probability = heatmaps[:, :6].flatten(2).log_softmax(dim=2)
    entropy = -(target.flatten(2) * log_probability).sum(dim=2)
    points = (entropy * seen[:, 0]).sum() / seen[:, 0].sum().clamp(min=1)

    whole = seen[:, :, :3].all(dim=2)
    right, left, nose = cells[:, :, 0], cells[:, :, 1], cells[:, :, 2]
    size = (right - left).norm(dim=2).clamp(min=2.0)
    blobs = gaussian(((right + left) / 2 + nose) / 2, 0.35 * size, rows, columns) * whole[..., None, None]
    blob = blobs.amax(dim=1, keepdim=True)
    certain = whole[:, 0] | (known & ~seen[:, 0].any(dim=1))
    face = functional.binary_cross_entropy_with_logits(heatmaps[:, 6:], blob, 1 + 10 * blob, reduction="none").mean(
        dim=(1, 2, 3)
    )
    return LANDMARK_WEIGHT * points + FACE_WEIGHT * (face * certain).sum() / certain.sum().clamp(min=1)


def gaussian(centres: Tensor, sigma: Tensor, rows: int, columns: int) -> Tensor:
    """Gaussians (B, N, rows, columns) of height 1, at centres (B, N, 2) x, y with ``sigma`` (B, N), both in cells."""
    x = torch.arange(columns, device=centres.device) - centres[..., :1]
    y = torch.arange(rows, device=centres.device) - centres[..., 1:]
    squares = y[..., :, None] ** 2 + x[..., None, :] ** 2
    return torch.exp(-squares / (2 * sigma[..., None, None] ** 2))


def total_loss(prediction: Prediction, alpha: Tensor, landmarks_px: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Matte loss and landmark loss; the total loss is their sum."""
    return matte_loss(prediction.matte.float(), alpha), landmark_loss(prediction.heatmaps.float(), landmarks_px, known)
