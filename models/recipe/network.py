"""DeepLabv3+ (Chen et al. 2018) that predicts the matte and head landmarks of one person.

It consists of a backbone, atrous spatial pyramid pooling (ASPP) and a decoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.recipe.backbone import Conv, MobileNetV2
from models.recipe.resnet import ResNet
from models.recipe.xception import Xception

RATES = (3, 6)
"""Atrous rates of the ASPP for a 16x16 feature map."""
DECODERS = {
    "lean": (64, 48, 24, 8),
    "wide": (96, 64, 32, 16),
    "residual": (96, 64, 32, 16),
    "subpixel": (96, 64, 32, 48),
}
"""Output channels of the ASPP and of the decoder steps at strides 8, 4 and 2, by decoder name.

``residual`` is ``wide`` with a ``Residual`` at strides 4 and 2. ``subpixel`` has no step at stride 2. Its last number
is that of the hidden channels of ``SubPixelMatte``.
"""
HEATMAPS = 7
"""Number of heatmaps: six landmarks (right eye, left eye, nose, mouth right, mouth left, chin) and the face centre."""


class ConvBnRelu(nn.Sequential):
    """Convolution, batch norm, ReLU6: (B, in, H, W) -> (B, out, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 1, dilation: int = 1, groups: int = 1):
        super().__init__(
            Conv(
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
    """Atrous separable convolution: (B, in, H, W) -> (B, out, H, W).

    A dilated depthwise 3x3 convolution is followed by a pointwise convolution.
    """

    def __init__(self, in_channels: int, out_channels: int, dilation: int = 1):
        super().__init__(
            ConvBnRelu(in_channels, in_channels, 3, dilation, groups=in_channels),
            ConvBnRelu(in_channels, out_channels),
        )


class AtrousSpatialPyramidPooling(nn.Module):
    """Context of one feature map at several scales: (B, in, h, w) -> (B, out, h, w).

    It has a pointwise branch, one atrous separable branch for each rate, and image-level features, which are computed
    from the mean of the map. The image-level features are added to the projected branches by broadcasting. This is
    equivalent to concatenating them with the branches before the projection.
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
    """Bilinear upsampling with half-pixel centres: (B, C, H, W) -> (B, C, 2H, 2W)."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Fuse(nn.Module):
    """One decoder step: (B, in, h, w) and (B, skip, 2h, 2w) -> (B, out, 2h, 2w).

    A 1x1 convolution brings each input to ``out`` channels. The coarse map is upsampled by 2 and added to the finer
    map from the backbone. A depthwise 3x3 convolution follows. The sum gives the same result as concatenation and a
    1x1 convolution, with half the memory traffic in int8.
    """

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(in_channels, out_channels, 1)
        self.fine = nn.Conv2d(skip_channels, out_channels, 1)
        self.mix = ConvBnRelu(out_channels, out_channels, 3, groups=out_channels)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        return self.mix(upsample(self.coarse(coarse)) + self.fine(fine))


class Residual(nn.Module):
    """Residual block (He et al. 2016) of two full 3x3 convolutions: (B, C, H, W) -> (B, C, H, W).

    The second one begins with zeros. So the block changes nothing at first, and a trained network can be given one.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hidden = ConvBnRelu(channels, channels, 3)
        self.correction = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.correction.weight)
        nn.init.zeros_(self.correction.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.correction(self.hidden(x))


class SubPixelMatte(nn.Module):
    """Matte logits by learned upsampling: (B, in, H/4, W/4) and (B, skip, H/2, W/2) -> (B, 1, H, W).

    The map at stride 2 is folded into stride 4. Each cell then predicts the logits of its 16 pixels (sub-pixel
    convolution, Shi et al. 2016). In int8, a step at stride 2 takes most of a decoder's time, because of its memory
    traffic. Here there is none.
    """

    def __init__(self, in_channels: int, skip_channels: int, channels: int) -> None:
        super().__init__()
        self.detail = nn.Conv2d(skip_channels, in_channels, 2, stride=2)
        self.mix = ConvBnRelu(in_channels, in_channels, 3, groups=in_channels)
        self.logits = nn.Sequential(ConvBnRelu(in_channels, channels), nn.Conv2d(channels, 16, 1))

    def forward(self, at4: Tensor, at2: Tensor) -> Tensor:
        return functional.pixel_shuffle(self.logits(self.mix(at4 + self.detail(at2))), 4)


class Prediction(NamedTuple):
    """The network's outputs for pictures of shape (B, 3, H, W)."""

    matte: Tensor
    """(B, 1, H, W) logits. Their sigmoid is the probability that a pixel belongs to the person."""
    heatmaps: Tensor
    """(B, 7, H/4, W/4) logits.

    The six landmarks use a softmax over the positions of the map. The face centre uses a sigmoid.
    """


class DeepLabV3Plus(nn.Module):
    """Network that predicts the person matte and head landmarks.

    Input (B, 3, H, W), RGB in [0, 1]. H and W are multiples of 16. The decoder fuses feature maps at strides 8 and 4.
    It reaches the picture's size by one more step at stride 2 and a bilinear one, or, if ``subpixel`` is true, by
    learned upsampling. The default atrous rates suit a 16x16 feature map. The rates 6, 12 and 18 of the paper were for
    33x33.
    """

    def __init__(
        self,
        backbone: nn.Module,
        channels: Sequence[int] = DECODERS["lean"],
        rates: Sequence[int] = RATES,
        subpixel: bool = False,
        residual: bool = False,
    ) -> None:
        super().__init__()
        at16, at8, at4, at2 = channels
        skip2, skip4, skip8, semantic = backbone.channels
        self.backbone = backbone
        self.aspp = AtrousSpatialPyramidPooling(semantic, 64, at16, rates)
        self.fuse8 = Fuse(at16, skip8, at8)
        self.point8 = ConvBnRelu(at8, at8)
        self.fuse4 = Fuse(at8, skip4, at4)
        self.point4 = ConvBnRelu(at4, at4)
        self.residual4 = Residual(at4) if residual else nn.Identity()
        self.subpixel = SubPixelMatte(at4, skip2, at2) if subpixel else None
        if not subpixel:
            self.fuse2 = Fuse(at4, skip2, at2)
            self.residual2 = Residual(at2) if residual else nn.Identity()
            self.logit = nn.Conv2d(at2, 1, 1)
        self.heatmap8 = nn.Sequential(ConvBnRelu(at8, at8, 3, groups=at8), nn.Conv2d(at8, HEATMAPS, 1))
        self.heatmap4 = nn.Conv2d(at4, HEATMAPS, 1)

    def forward(self, image: Tensor) -> Prediction:
        features = self.backbone(image)
        at8 = self.point8(self.fuse8(self.aspp(features.stride16), features.stride8))
        at4 = self.residual4(self.point4(self.fuse4(at8, features.stride4)))
        if self.subpixel is not None:
            matte = self.subpixel(at4, features.stride2)
        else:
            matte = upsample(self.logit(self.residual2(self.fuse2(at4, features.stride2))))
        return Prediction(
            matte=matte,
            heatmaps=upsample(self.heatmap8(at8)) + self.heatmap4(at4),
        )


BACKBONES: dict[str, type[MobileNetV2] | type[ResNet] | type[Xception]] = {
    "mobilenetv2": MobileNetV2,
    "resnet101": ResNet,
    "xception": Xception,
}
