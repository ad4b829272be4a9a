"""Distillation: a smaller network starts from a larger one's weights and learns from a teacher's predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from capture_station.segmentation.deeplab import find_outputs
from capture_station.segmentation.interpreter import open_interpreter
from models.recipe.initial import prune_by_reconstruction
from models.recipe.losses import FACE_WEIGHT, LANDMARK_WEIGHT
from models.recipe.network import DeepLabV3Plus, Prediction


@torch.no_grad()
def prune(small: DeepLabV3Plus, trained: DeepLabV3Plus, pictures: Tensor) -> list[float]:
    """Set a network's weights from a trained network with more hidden channels.

    The backbone is pruned by ``prune_by_reconstruction``. Every other layer that both networks have in the same shape
    is copied. Layers that only the smaller network has keep their current weights.

    Args:
        small: The network to set.
        trained: The trained network. The outputs of its blocks have the same channels.
        pictures: (N, 3, H, W) in [0, 1]. A few dozen typical input pictures.

    Returns:
        The fraction of the output variance that each block of the backbone keeps.
    """
    kept = prune_by_reconstruction(small.backbone, trained.backbone, pictures)
    into = small.state_dict()
    for name, learnt in trained.state_dict().items():
        if not name.startswith("backbone.") and name in into and into[name].shape == learnt.shape:
            into[name].copy_(learnt)
    return kept


class Teacher:
    """An int8 file whose predictions a network imitates (Hinton et al. 2015).

    The file is faster than its float network, so that the teacher takes a tenth of the training time. Its input may
    have another size than the training pictures.
    """

    def __init__(self, file: Path) -> None:
        self._interpreter = open_interpreter(file, "litert")
        matte, heatmaps = find_outputs(self._interpreter, file.name)
        if heatmaps is None:
            raise ValueError(f"{file}: this model has no heatmaps; take another teacher")
        self._order = matte, heatmaps

    def predict(self, image: Tensor) -> Prediction:
        """Logits for pictures (B, 3, S, S) in [0, 1], of the pictures' size."""
        side_px = self._interpreter.input.shape[1]
        square = resized(image, side_px)
        stored = (square.permute(0, 2, 3, 1) * 255 - 128).round().to(torch.int8).contiguous().numpy()
        planes: list[list[Tensor]] = [[], []]
        for picture in stored:
            outputs = self._interpreter.invoke(picture[None])
            for plane, index in zip(planes, self._order, strict=True):
                tensor = self._interpreter.outputs[index]
                values = (outputs[index].astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale)
                plane.append(torch.from_numpy(values).permute(0, 3, 1, 2))
        matte, heatmaps = (torch.cat(plane) for plane in planes)
        return Prediction(resized(matte, image.shape[3]), resized(heatmaps, image.shape[3] // 4))

    def loss(self, image: Tensor, prediction: Prediction) -> Tensor:
        """Cross entropy of the network's ``prediction`` for ``image`` with the teacher's."""
        wanted = self.predict(image)
        matte = functional.binary_cross_entropy_with_logits(prediction.matte.float(), wanted.matte.sigmoid())
        return matte + heatmap_loss(prediction.heatmaps.float(), wanted.heatmaps)


def resized(planes: Tensor, side: int) -> Tensor:
    """Planes (B, C, S, S) at another side, bilinear."""
    if planes.shape[3] == side:
        return planes
    return functional.interpolate(planes, (side, side), mode="bilinear", align_corners=False)


def heatmap_loss(ours: Tensor, theirs: Tensor) -> Tensor:
    """Cross entropy of heatmap logits (B, 7, h, w) with the teacher's, weighted as in training on labels.

    Landmarks count only in pictures where the teacher sees a face.
    """
    seen = (theirs[:, 6].amax(dim=(1, 2)) > 0).float()
    target = theirs[:, :6].flatten(2).softmax(dim=2)
    entropy = -(target * ours[:, :6].flatten(2).log_softmax(dim=2)).sum(dim=2).mean(dim=1)
    points = (entropy * seen).sum() / seen.sum().clamp(min=1)
    blob = theirs[:, 6:].sigmoid()
    face = functional.binary_cross_entropy_with_logits(ours[:, 6:], blob, 1 + 10 * blob)
    return LANDMARK_WEIGHT * points + FACE_WEIGHT * face
