"""ResNet-101 at output stride 16 (He et al. 2016; Chen et al. 2017), as a base model."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from models.recipe.backbone import Pyramid

STAGES_101 = (3, 4, 23, 3)
EXPANSION = 4


def conv_bn(in_channels: int, out_channels: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution and batch norm: (B, in, H, W) -> (B, out, H/stride, W/stride)."""
    padding = dilation * (kernel - 1) // 2
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class Bottleneck(nn.Module):
    """Bottleneck block (He et al. 2016, figure 5): (B, in, H, W) -> (B, 4 * channels, H/stride, W/stride).

    A 1x1 convolution reduces the channels, a 3x3 convolution follows, and a 1x1 convolution expands the channels.
    The shortcut is added to the result. The 3x3 convolution has the stride.
    """

    def __init__(self, in_channels: int, channels: int, stride: int, dilation: int) -> None:
        super().__init__()
        out = channels * EXPANSION
        self.reduce = conv_bn(in_channels, channels, 1)
        self.spatial = conv_bn(channels, channels, 3, stride, dilation)
        self.expand = conv_bn(channels, out, 1)
        same = stride == 1 and in_channels == out
        self.shortcut = nn.Identity() if same else conv_bn(in_channels, out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.reduce(x))
        y = functional.relu(self.spatial(y))
        return functional.relu(self.expand(y) + self.shortcut(x))


class ResNet(nn.Module):
    """Residual network whose last stage uses dilation instead of stride.

    Input (B, 3, H, W), RGB in [0, 1]. ``width`` scales every layer.
    """

    def __init__(self, width: float = 1.0, blocks: Sequence[int] = STAGES_101) -> None:
        super().__init__()
        base = max(8, int(64 * width))
        self.stem = nn.Sequential(conv_bn(3, base, 7, stride=2), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        stages: list[nn.Module] = []
        channels = base
        for index, (count, stride, dilation) in enumerate(zip(blocks, (1, 2, 2, 1), (1, 1, 1, 2), strict=True)):
            inner = base << index
            stages.append(
                nn.Sequential(
                    Bottleneck(channels, inner, stride, 1),
                    *(Bottleneck(inner * EXPANSION, inner, 1, dilation) for _ in range(count - 1)),
                )
            )
            channels = inner * EXPANSION
        self.stages = nn.ModuleList(stages)
        self.channels = (base, 4 * base, 8 * base, channels)

    def forward(self, image: Tensor) -> Pyramid:
        at2 = self.stem(image)
        at4 = self.stages[0](self.pool(at2))
        at8 = self.stages[1](at4)
        return Pyramid(at2, at4, at8, self.stages[3](self.stages[2](at8)))
