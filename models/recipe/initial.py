"""Initial weights of a lean MobileNetV2, obtained by pruning the channels of a trained full MobileNetV2.

The blocks are pruned one after another. In each block, the hidden channels that explain most of the full block's
output are selected greedily, by orthogonal matching pursuit. The projection is then fitted again by least squares. It
compensates for the removed channels and for the error of the earlier blocks. This is channel pruning by reconstruction
(He, Zhang & Sun 2017).

``grow`` does the opposite: it initializes a network from a trained network with fewer channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.recipe.backbone import InvertedResidual, MobileNetV2, SameConv, mobilenetv2

POSITIONS = 240
"""Number of positions sampled from each picture's feature map."""
RIDGE = 1e-4


def full_network(path: Path, width: float) -> MobileNetV2:
    """Load the trained network from a weights file.

    The arrays of the file are named ``NNN_{conv|dw}_{w|b}``, numbered in graph order. Weights are OHWI for ordinary
    convolutions and HWC for depthwise convolutions. The network in the file takes inputs in [-1, 1]. The stem is
    rescaled so that the returned network takes inputs in [0, 1].

    Raises:
        ValueError: The file contains a network of a different width.
    """
    network = mobilenetv2(width, "full")
    arrays = np.load(path)
    names = iter(sorted({name.rsplit("_", 1)[0] for name in arrays.files}))
    for conv in (module for module in network.modules() if isinstance(module, nn.Conv2d)):
        name = next(names)
        weight = torch.from_numpy(arrays[f"{name}_w"]).float()
        weight = weight.permute(2, 0, 1).unsqueeze(1) if name.endswith("dw") else weight.permute(0, 3, 1, 2)
        bias = torch.from_numpy(arrays[f"{name}_b"]).float()
        if weight.shape != conv.weight.shape:
            raise ValueError(f"{path}: layer {name} is {tuple(weight.shape)}, not {tuple(conv.weight.shape)}")
        if conv is network.stem.conv:
            weight, bias = weight * 2, bias - weight.sum(dim=(1, 2, 3))
        assign(conv, weight, bias)
    return network


@torch.no_grad()
def prune_by_reconstruction(lean: MobileNetV2, full: MobileNetV2, pictures: Tensor) -> list[float]:
    """Set a lean network's weights from a full network of the same width.

    Args:
        lean: The network to initialize. Its stem and hidden layers may have fewer channels than those of ``full``.
            The outputs of its blocks have the same number of channels.
        full: The trained network.
        pictures: (N, 3, H, W) in [0, 1]. A few dozen typical input pictures.

    Returns:
        The fraction of the output variance that each block keeps, from the first block to the last.
    """
    wanted = full.stem(pictures)
    kept_shares = []
    for small, large in blocks(lean, full):
        if small.expand is None:
            # The hidden channels of the first block are the output channels of the stem.
            # They are selected by how well they explain the output of the block.
            hidden = large.depthwise(wanted)
            wanted = large.project(hidden)
            kept = explaining(*sampled(hidden, wanted), small.depthwise.conv.out_channels)
            assign(lean.stem.conv, *rows(full.stem, kept))
            assign(small.depthwise.conv, *rows(large.depthwise, kept))
            x = lean.stem(pictures)
            activations, outputs = sampled(small.depthwise(x), wanted)
        else:
            assert large.expand is not None
            wanted = large(wanted)
            activations, outputs = sampled(large.depthwise(large.expand(x)), wanted - x if small.shortcut else wanted)
            kept = explaining(activations, outputs, small.depthwise.conv.out_channels)
            activations = activations[:, kept]
            assign(small.expand.conv, *rows(large.expand, kept))
            assign(small.depthwise.conv, *rows(large.depthwise, kept))
        weight, bias = least_squares(activations, outputs)
        assign(small.project.conv, weight.T[:, :, None, None], bias)
        x = small(x)
        kept_shares.append(float(1 - (x - wanted).square().mean() / wanted.var()))
    return kept_shares


@torch.no_grad()
def grow(wide: nn.Module, trained: nn.Module) -> None:
    """Set a network's weights so that it computes the same outputs as a trained network with fewer channels or layers.

    The first channels of every layer get the weights of the trained network. Their weights for the additional input
    channels are zero, so training continues from where the trained network stopped (function-preserving widening:
    Chen, Goodfellow & Shlens 2016). The additional channels keep their current weights. In MobileNetV2, the hidden
    channels that are least similar to the trained ones are kept as additional channels. Layers that the trained
    network does not have keep theirs too. They must change nothing at first, as in ``Residual``.

    Raises:
        ValueError: A layer of the trained network is missing in the other one, or smaller there.
    """
    weights = wide.state_dict()
    for name, learnt in trained.state_dict().items():
        if name not in weights or any(np.greater(learnt.shape, weights[name].shape)):
            raise ValueError(f"{name} is missing in this network, or smaller; leave its options out, or enlarge it")
    if isinstance(wide.backbone, MobileNetV2) and isinstance(trained.backbone, MobileNetV2):
        for large, small in blocks(wide.backbone, trained.backbone):
            # The hidden channels of the first block are the output channels of the stem.
            into, learnt = (
                (wide.backbone.stem, trained.backbone.stem) if small.expand is None else (large.expand, small.expand)
            )
            order = likest_first(into, learnt)
            for layer in (into, large.depthwise):
                assign(layer.conv, *rows(layer, order))
    for name, learnt in trained.state_dict().items():
        into = weights[name]
        if learnt.dim() > 1:
            into[: len(learnt), learnt.shape[1] :] = 0
        into[tuple(slice(size) for size in learnt.shape)] = learnt


def likest_first(layer: SameConv, trained: SameConv) -> Tensor:
    """Indices of a layer's output channels, sorted by similarity to a trained layer, most similar first.

    The similarity of a channel is the largest cosine similarity of its weights with those of any trained channel.
    """
    theirs, ours = (functional.normalize(each.conv.weight.flatten(1)) for each in (layer, trained))
    return (theirs @ ours.T).amax(dim=1).argsort(descending=True)


def blocks(lean: MobileNetV2, full: MobileNetV2) -> Iterator[tuple[InvertedResidual, InvertedResidual]]:
    for small, large in zip(lean.blocks, full.blocks, strict=True):
        assert isinstance(small, InvertedResidual)
        assert isinstance(large, InvertedResidual)
        yield small, large


def sampled(activations: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Sample both feature maps (N, C, h, w) at the same random positions. Each result is (N * positions, C)."""
    places = torch.randperm(activations.shape[2] * activations.shape[3])[:POSITIONS]
    return tuple(plane.flatten(2)[:, :, places].transpose(1, 2).flatten(0, 1) for plane in (activations, targets))


def explaining(activations: Tensor, outputs: Tensor, count: int) -> Tensor:
    """Greedily select the channels of ``activations`` (M, C) that together best explain ``outputs`` (M, O).

    After each selection, the part that the selected channel explains is projected out of the other channels and of the
    outputs (a Schur complement of the Gram matrix).

    Returns:
        Indices of the selected channels (count,), in ascending order.
    """
    centred = activations - activations.mean(dim=0)
    gram = (centred.T @ centred).double()
    cross = (centred.T @ (outputs - outputs.mean(dim=0))).double()
    floor = RIDGE * gram.diagonal().mean()
    chosen: list[int] = []
    for _ in range(count):
        gain = cross.square().sum(dim=1) / (gram.diagonal() + floor)
        gain[chosen] = -1
        best = int(gain.argmax())
        chosen.append(best)
        column, pivot = gram[:, best].clone(), gram[best, best] + floor
        cross -= torch.outer(column / pivot, cross[best])
        gram -= torch.outer(column / pivot, column)
    return torch.tensor(sorted(chosen))


def least_squares(activations: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Weight (C, O) and bias (O,) of a ridge regression from ``activations`` (M, C) to ``outputs`` (M, O)."""
    mean_in, mean_out = activations.mean(dim=0), outputs.mean(dim=0)
    centred = (activations - mean_in).double()
    gram = centred.T @ centred
    gram += torch.eye(len(gram)) * RIDGE * gram.diagonal().mean()
    weight = torch.linalg.solve(gram, centred.T @ (outputs - mean_out).double()).float()
    return weight, mean_out - mean_in @ weight


def rows(layer: SameConv, kept: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of the output channels ``kept``."""
    return layer.conv.weight[kept], bias_of(layer.conv)[kept]


def bias_of(conv: nn.Conv2d) -> Tensor:
    assert conv.bias is not None
    return conv.bias


@torch.no_grad()
def assign(conv: nn.Conv2d, weight: Tensor, bias: Tensor) -> None:
    conv.weight.copy_(weight)
    bias_of(conv).copy_(bias)
