"""The plate network: a small U-Net that weighs what a frame, its matte and a clean plate say of each pixel."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from capture_station.portrait.plate_evidence import MOST_LOGIT, PLANES
from models.recipe.network import ConvBnRelu, upsample

CHANNELS = (24, 40, 64, 96)
"""At strides 2, 4, 8 and 16."""
LOG_ODDS = slice(6, 8)
"""The planes of evidence that are log odds: the segmenter's, and those that colours correct."""


class Down(nn.Sequential):
    """A strided 3x3 convolution, and others at its stride: (B, in, H, W) -> (B, out, H/2, W/2)."""

    def __init__(self, in_channels: int, out_channels: int, *dilations: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU6(),
            *(ConvBnRelu(out_channels, out_channels, 3, dilation) for dilation in dilations),
        )


class PlateNetwork(nn.Module):
    """U-Net (Ronneberger et al. 2015) with sums instead of concatenations, and atrous convolutions at stride 16.

    Input: (B, ``PLANES``, H, W) in [-1, 1], H and W multiples of 16. Output: (B, 1, H, W) logits. It begins with the
    mean of both log odds.
    """

    def __init__(self) -> None:
        super().__init__()
        at2, at4, at8, at16 = CHANNELS
        self.down2 = Down(PLANES, at2, 1)
        self.down4 = Down(at2, at4, 1)
        self.down8 = Down(at4, at8, 1, 1)
        self.down16 = Down(at8, at16, 1, 2, 4)
        self.up8, self.mix8 = nn.Conv2d(at16, at8, 1), ConvBnRelu(at8, at8, 3)
        self.up4, self.mix4 = nn.Conv2d(at8, at4, 1), ConvBnRelu(at4, at4, 3)
        self.up2, self.mix2 = nn.Conv2d(at4, at2, 1), ConvBnRelu(at2, at2, 3)
        self.correction = nn.Conv2d(at2, 1, 1)
        self.given = nn.Conv2d(2, 1, 1)
        nn.init.zeros_(self.correction.weight)
        nn.init.constant_(self.given.weight, MOST_LOGIT / 2)
        for layer in (self.correction, self.given):
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, evidence: Tensor) -> Tensor:
        at2 = self.down2(evidence)
        at4 = self.down4(at2)
        at8 = self.down8(at4)
        features = self.mix8(upsample(self.up8(self.down16(at8))) + at8)
        features = self.mix4(upsample(self.up4(features)) + at4)
        features = self.mix2(upsample(self.up2(features)) + at2)
        return upsample(self.correction(features)) + self.given(evidence[:, LOG_ODDS])


def as_input(stored: Tensor) -> Tensor:
    """Evidence (B, H, W, ``PLANES``) int8 as the network's input."""
    return stored.permute(0, 3, 1, 2).float().div_(127).contiguous(memory_format=torch.channels_last)
