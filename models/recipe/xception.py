"""Modified aligned Xception at output stride 16 (Chollet 2017; Chen et al. 2018, figure 4), as a base model."""

from __future__ import annotations

from torch import Tensor, nn

from models.recipe.backbone import Conv, Pyramid

MIDDLE_BLOCKS = 16


class SeparableConvBn(nn.Sequential):
    """ReLU and a separable convolution: (B, in, H, W) -> (B, out, H/stride, W/stride).

    The depthwise 3x3 convolution and the pointwise convolution are each followed by batch norm.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(
            nn.ReLU(),
            Conv(in_channels, in_channels, 3, stride, dilation, dilation, in_channels, bias=False),
            nn.BatchNorm2d(in_channels),
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )


class Block(nn.Module):
    """Three separable convolutions and a shortcut: (B, in, H, W) -> (B, channels[-1], H/stride, W/stride).

    The last convolution has the stride. It replaces the pooling of the original Xception.
    """

    def __init__(self, in_channels: int, channels: tuple[int, int, int], stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        first, second, out = channels
        self.body = nn.Sequential(
            SeparableConvBn(in_channels, first, dilation=dilation),
            SeparableConvBn(first, second, dilation=dilation),
            SeparableConvBn(second, out, stride, dilation),
        )
        same = stride == 1 and in_channels == out
        self.shortcut: nn.Module = nn.Identity()
        if not same:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x) + self.shortcut(x)
        return out


class Xception(nn.Module):
    """Xception with entry, middle and exit flow, where the exit flow uses dilation instead of stride.

    Input (B, 3, H, W), RGB in [0, 1]. ``width`` scales every layer.
    """

    def __init__(self, width: float = 1.0, middle_blocks: int = MIDDLE_BLOCKS) -> None:
        super().__init__()
        c32, c64, c128, c256, c728, c1024, c1536, c2048 = (
            max(8, int(c * width)) for c in (32, 64, 128, 256, 728, 1024, 1536, 2048)
        )
        self.stem = nn.Sequential(
            nn.Conv2d(3, c32, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(c32),
            nn.ReLU(),
            nn.Conv2d(c32, c64, 3, padding=1, bias=False),
            nn.BatchNorm2d(c64),
        )
        self.entry4 = Block(c64, (c128, c128, c128), stride=2)
        self.entry8 = Block(c128, (c256, c256, c256), stride=2)
        self.deep = nn.Sequential(
            Block(c256, (c728, c728, c728), stride=2),
            *(Block(c728, (c728, c728, c728)) for _ in range(middle_blocks)),
            Block(c728, (c728, c1024, c1024)),
            SeparableConvBn(c1024, c1536, dilation=2),
            SeparableConvBn(c1536, c1536, dilation=2),
            SeparableConvBn(c1536, c2048, dilation=2),
            nn.ReLU(),
        )
        self.channels = (c64, c128, c256, c2048)

    def forward(self, image: Tensor) -> Pyramid:
        at2 = self.stem(image)
        at4 = self.entry4(at2)
        at8 = self.entry8(at4)
        return Pyramid(at2, at4, at8, self.deep(at8))
