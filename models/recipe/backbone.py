"""Backbones: convolutional feature extractors at output stride 16."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Pyramid(NamedTuple):
    """Feature maps of pictures of shape (B, 3, H, W). The numbers of channels depend on the backbone."""

    stride2: Tensor
    """(B, C2, H/2, W/2): edges."""
    stride4: Tensor
    """(B, C4, H/4, W/4): the low-level features of DeepLabv3+."""
    stride8: Tensor
    """(B, C8, H/8, W/8): parts, such as eyes and mouth."""
    stride16: Tensor
    """(B, C16, H/16, W/16): semantics, the input of the ASPP."""


class Conv(nn.Conv2d):
    """A convolution that runs in float32 where it is depthwise.

    In bfloat16 on a CPU, the gradient of a depthwise convolution takes three times as long. If it is dilated, too, the
    gradient of its weights is wrong on maps of 32x32: it has no correlation with the right one, and some of it is
    infinite (PyTorch 2.13 on an AMD EPYC with AVX-512, 2026-11-30).
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.groups == 1 or not torch.is_autocast_enabled(x.device.type):
            return super().forward(x)
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


class SameConv(nn.Module):
    """Convolution with bias and TensorFlow's SAME padding, followed by ReLU6 if ``active``.

    (B, in, H, W) -> (B, out, ceil(H/stride), ceil(W/stride)). For a 3x3 kernel with stride 2 and even H and W, SAME
    pads one row at the bottom and one column on the right. The initial weights were trained with this padding.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        active: bool = True,
    ) -> None:
        super().__init__()
        self.pads_after = stride == 2 and kernel == 3
        padding = 0 if self.pads_after else dilation * (kernel - 1) // 2
        self.conv = Conv(in_channels, out_channels, kernel, stride, padding, dilation, groups)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        if self.pads_after:
            x = functional.pad(x, (0, 1, 0, 1))
        x = self.conv(x)
        return functional.relu6(x) if self.active else x


class InvertedResidual(nn.Module):
    """Inverted residual block (Sandler et al. 2018, figure 4b).

    It consists of an expansion, a depthwise convolution and a projection. If ``shortcut`` is true, the input is added
    to the output. This requires that both have the same shape.
    """

    def __init__(
        self, in_channels: int, hidden: int, out_channels: int, stride: int, dilation: int, shortcut: bool
    ) -> None:
        super().__init__()
        self.expand = SameConv(in_channels, hidden, 1) if hidden != in_channels else None
        self.depthwise = SameConv(hidden, hidden, 3, stride, dilation, groups=hidden)
        self.project = SameConv(hidden, out_channels, 1, active=False)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.expand(x) if self.expand is not None else x
        y = self.project(self.depthwise(y))
        return x + y if self.shortcut else y


@dataclass(frozen=True)
class Stage:
    """One row of table 2 of Sandler et al. 2018.

    Beyond stride 16, dilation replaces the strides of the table (Chen et al. 2018).
    """

    channels: int
    blocks: int
    stride: int
    dilation: int = 1


STEM_CHANNELS = 32
STAGES = (
    Stage(16, 1, 1),
    Stage(24, 2, 2),
    Stage(32, 3, 2),
    Stage(64, 4, 2),
    Stage(96, 3, 1),
    Stage(160, 3, 1, dilation=2),
)
FULL_EXPANSION = 6

LEAN_STEM = 0.5
LEAN_EXPANSIONS = (2, 3, 4, 4, 3)
"""Expansion factor of each stage from stride 4 on: hidden channels divided by input channels.

The large feature maps take the most time, so their hidden channels are reduced most. The paper's factor of 6 in every
stage takes 1.6 times as long in int8 (see the curve in the model card).
"""


def scaled(channels: int, width: float) -> int:
    """Number of channels for a width multiplier.

    It is at least 8 and a multiple of 4, as in the initial weights of width 0.5.
    """
    return max(8, round(channels * width / 4) * 4)


class MobileNetV2(nn.Module):
    """MobileNetV2 (Sandler et al. 2018) at output stride 16 without its 320-channel stage.

    Input (B, 3, H, W), RGB in [0, 1]. Batch norm is folded into the convolutions.

    Args:
        width: Multiplier of the channels of every layer.
        expansions: Expansion factors of stages two to six.
        stem: Additional multiplier of the channels of the first convolution only.
        dilation_multiplier: Multiplier of the dilation at stride 16. With 2, weights trained at one picture size
            cover the same part of a picture at twice that size.
    """

    def __init__(
        self,
        width: float = 1.0,
        expansions: Sequence[int] = LEAN_EXPANSIONS,
        stem: float = LEAN_STEM,
        dilation_multiplier: int = 1,
    ) -> None:
        super().__init__()
        channels = scaled(STEM_CHANNELS, width * stem)
        self.stem = SameConv(3, channels, 3, stride=2)
        blocks: list[nn.Module] = []
        stride = 2
        for stage, expansion in zip(STAGES, (1, *expansions), strict=True):
            out = scaled(stage.channels, width)
            for repeat in range(stage.blocks):
                first = repeat == 0
                # The first block of a stage still works on the grid of the stage before.
                # The stage's own dilation therefore does not apply to it.
                dilation = (1 if first else stage.dilation) * (dilation_multiplier if stride == 16 else 1)
                stride *= stage.stride if first else 1
                blocks.append(
                    InvertedResidual(
                        channels,
                        channels * expansion,
                        out,
                        stage.stride if first else 1,
                        dilation,
                        shortcut=not first,
                    )
                )
                channels = out
        self.blocks = nn.ModuleList(blocks)
        self.channels = (scaled(16, width), scaled(24, width), scaled(32, width), channels)

    def forward(self, image: Tensor) -> Pyramid:
        x = self.stem(image)
        taps = {}
        for index, block in enumerate(self.blocks):
            x = block(x)
            taps[index] = x
        return Pyramid(taps[0], taps[2], taps[5], x)


EXPANSIONS = {
    "leanest": ((2,) * 5, LEAN_STEM),
    "slim": ((2, 3, 3, 3, 2), LEAN_STEM),
    "lean": (LEAN_EXPANSIONS, LEAN_STEM),
    "full": ((FULL_EXPANSION,) * 5, 1.0),
}
"""Arguments ``expansions`` and ``stem`` of ``MobileNetV2`` by configuration name."""


def mobilenetv2(width: float, expansion: str, dilation_multiplier: int = 1) -> MobileNetV2:
    """Build a MobileNetV2 with named expansion factors, where ``expansion`` is a key of ``EXPANSIONS``."""
    expansions, stem = EXPANSIONS[expansion]
    return MobileNetV2(width, expansions, stem, dilation_multiplier)
