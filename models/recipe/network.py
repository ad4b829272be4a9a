"""DeepLabv3+ for one person (Chen et al. 2018): backbone, ASPP, decoder; a matte and head landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.recipe.backbone import MobileNetV2, mobilenetv2
from models.recipe.resnet import ResNet
from models.recipe.xception import Xception

RATES = (3, 6)
"""Of the ASPP, for a map of 16x16."""
DECODERS = {"lean": (64, 48, 24, 8), "wide": (96, 64, 32, 16)}
"""Channels of the ASPP's output and of the decoder's steps at strides 8, 4 and 2, by name."""
HEATMAPS = 7
"""Six landmarks (right eye, left eye, nose, mouth right, mouth left, chin) and the face's centre."""


class ConvBnRelu(nn.Sequential):
    """Convolution, batch norm, ReLU6: (B, in, H, W) -> (B, out, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 1, dilation: int = 1, groups: int = 1):
        super().__init__(
            nn.Conv2d(
                in_channels,
                out_channels,
                kernel,
                padding=dilation * (kernel - 1) // 2,
                dilation=dilation,
                groups=groups,
                bias=False,
            ),
            nn.BatchNorm2d(out_channels),
            nn.ReLU6(),
        )


class SeparableConv(nn.Sequential):
    """Atrous separable convolution: dilated depthwise 3x3, then pointwise; (B, in, H, W) -> (B, out, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, dilation: int = 1):
        super().__init__(
            ConvBnRelu(in_channels, in_channels, 3, dilation, groups=in_channels),
            ConvBnRelu(in_channels, out_channels),
        )


class AtrousSpatialPyramidPooling(nn.Module):
    """Context at several scales of one map: (B, in, h, w) -> (B, out, h, w).

    A pointwise branch, one atrous separable branch a rate, and image-level features (the map's mean). The mean
    enters after the projection as a broadcast addition, which equals concatenating its broadcast map before it.
    """

    def __init__(self, in_channels: int, branch_channels: int, out_channels: int, rates: Sequence[int]) -> None:
        super().__init__()
        self.pointwise = ConvBnRelu(in_channels, branch_channels)
        self.atrous = nn.ModuleList(SeparableConv(in_channels, branch_channels, rate) for rate in rates)
        self.project = nn.Sequential(
            nn.Conv2d(branch_channels * (1 + len(rates)), out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
        )
        self.image_level = nn.Sequential(
            nn.Conv2d(in_channels, branch_channels, 1), nn.ReLU6(), nn.Conv2d(branch_channels, out_channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = torch.cat([self.pointwise(x), *(branch(x) for branch in self.atrous)], dim=1)
        return functional.relu6(self.project(branches) + self.image_level(x.mean(dim=(2, 3), keepdim=True)))


def upsample(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, C, 2H, 2W), bilinear with half-pixel centres."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Fuse(nn.Module):
    """One decoder step: the coarse map, doubled, plus the backbone's finer one, then a 3x3.

    (B, in, h, w) and (B, skip, 2h, 2w) -> (B, out, 2h, 2w). Both are first brought to ``out`` channels by 1x1
    convolutions and added: as concatenation and 1x1 would, with half the memory traffic in int8.
    """

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(in_channels, out_channels, 1)
        self.fine = nn.Conv2d(skip_channels, out_channels, 1)
        self.mix = ConvBnRelu(out_channels, out_channels, 3, groups=out_channels)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        return self.mix(upsample(self.coarse(coarse)) + self.fine(fine))


class Prediction(NamedTuple):
    """What the network says of pictures of shape (B, 3, H, W)."""

    matte: Tensor
    """(B, 1, H, W) logits; sigmoid is the probability of person."""
    heatmaps: Tensor
    """(B, 7, H/4, W/4) logits: softmax over the map for the six landmarks, sigmoid for the face's centre."""


class DeepLabV3Plus(nn.Module):
    """Person matte and head landmarks of RGB pictures in [0, 1], (B, 3, H, W), H and W multiples of 16.

    The decoder fuses at strides 8, 4 and 2; the atrous rates suit a map of 16x16 (6/12/18 were for 33x33).
    """

    def __init__(self, backbone: nn.Module, channels: Sequence[int] = DECODERS["lean"], rates: Sequence[int] = RATES):
        super().__init__()
        at16, at8, at4, at2 = channels
        skip2, skip4, skip8, semantic = backbone.channels
        self.backbone = backbone
        self.aspp = AtrousSpatialPyramidPooling(semantic, 64, at16, rates)
        self.fuse8 = Fuse(at16, skip8, at8)
        self.point8 = ConvBnRelu(at8, at8)
        self.fuse4 = Fuse(at8, skip4, at4)
        self.point4 = ConvBnRelu(at4, at4)
        self.fuse2 = Fuse(at4, skip2, at2)
        self.logit = nn.Conv2d(at2, 1, 1)
        self.heatmap8 = nn.Sequential(ConvBnRelu(at8, at8, 3, groups=at8), nn.Conv2d(at8, HEATMAPS, 1))
        self.heatmap4 = nn.Conv2d(at4, HEATMAPS, 1)

    def forward(self, image: Tensor) -> Prediction:
        features = self.backbone(image)
        at8 = self.point8(self.fuse8(self.aspp(features.stride16), features.stride8))
        at4 = self.point4(self.fuse4(at8, features.stride4))
        at2 = self.fuse2(at4, features.stride2)
        return Prediction(
            matte=upsample(self.logit(at2)),
            heatmaps=upsample(self.heatmap8(at8)) + self.heatmap4(at4),
        )


BACKBONES: dict[str, type[MobileNetV2] | type[ResNet] | type[Xception]] = {
    "mobilenetv2": MobileNetV2,
    "resnet101": ResNet,
    "xception": Xception,
}


def build(
    backbone: str = "mobilenetv2", width: float = 1.0, reach: int = 1, hidden: str = "paper", decoder: str = "wide"
) -> DeepLabV3Plus:
    """The network by its base model's name (a key of ``BACKBONES``) and width multiplier.

    ``reach`` multiplies the dilation of the ASPP and of MobileNetV2 at stride 16; weights fit whatever it is.
    ``hidden`` says how many hidden channels MobileNetV2 has (a key of ``HIDDEN``), ``decoder`` how many the decoder has
    (a key of ``DECODERS``).
    """
    base = mobilenetv2(width, hidden, reach) if backbone == "mobilenetv2" else BACKBONES[backbone](width)
    return DeepLabV3Plus(base, DECODERS[decoder], [reach * rate for rate in RATES])
