"""U-Net (Ronneberger et al. 2015) and SegNet (Badrinarayanan et al. 2017), to compare with in the model card."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.recipe.network import HEATMAPS, ConvBnRelu, Prediction, upsample


class UpConcat(nn.Module):
    """One step of the expansive path: (B, in, h, w) and (B, skip, 2h, 2w) -> (B, out, 2h, 2w).

    The coarse map is enlarged by 2 and concatenated with the backbone's map. Two 3x3 convolutions follow.
    """

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(in_channels, out_channels, 1)
        self.mix = nn.Sequential(
            ConvBnRelu(out_channels + skip_channels, out_channels, 3), ConvBnRelu(out_channels, out_channels, 3)
        )

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        return self.mix(torch.cat([upsample(self.coarse(coarse)), fine], dim=1))


class Unpool(nn.Module):
    """One step of the decoder: (B, in, h, w) and (B, skip, 2h, 2w) -> (B, out, 2h, 2w).

    Of the encoder's finer map, only the place of the maximum in every 2x2 cell is used, channel by channel. SegNet
    takes these places from max pooling. Our backbone has strided convolutions instead, so the places are looked for
    here. The decoder's values are put there, and all other pixels are 0. Two 3x3 convolutions follow.
    """

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.coarse = ConvBnRelu(in_channels, skip_channels, 3)
        self.mix = nn.Sequential(ConvBnRelu(skip_channels, out_channels, 3), ConvBnRelu(out_channels, out_channels, 3))

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        fine = fine.detach()
        largest = functional.interpolate(functional.max_pool2d(fine, 2), scale_factor=2, mode="nearest")
        spread = functional.interpolate(self.coarse(coarse), scale_factor=2, mode="nearest")
        return self.mix(spread * (fine >= largest).to(spread.dtype))


class EncoderDecoder(nn.Module):
    """Network whose decoder doubles the resolution step by step, up to stride 2.

    Input and outputs are those of ``DeepLabV3Plus``. The backbone is the encoder. ``UpConcat`` as step makes a U-Net,
    which concatenates the encoder's features; ``Unpool`` makes a SegNet, which carries only places of maxima.

    Args:
        step: Between two resolutions.
        channels: Of the decoder at strides 16, 8, 4 and 2.
    """

    def __init__(self, backbone: nn.Module, step: type[UpConcat] | type[Unpool], channels: Sequence[int]) -> None:
        super().__init__()
        at16, at8, at4, at2 = channels
        skip2, skip4, skip8, semantic = backbone.channels
        self.backbone = backbone
        self.bottom = ConvBnRelu(semantic, at16, 3)
        self.up8 = step(at16, skip8, at8)
        self.up4 = step(at8, skip4, at4)
        self.up2 = step(at4, skip2, at2)
        self.logit = nn.Conv2d(at2, 1, 1)
        self.heatmap = nn.Conv2d(at4, HEATMAPS, 1)

    def forward(self, image: Tensor) -> Prediction:
        features = self.backbone(image)
        at4 = self.up4(self.up8(self.bottom(features.stride16), features.stride8), features.stride4)
        return Prediction(upsample(self.logit(self.up2(at4, features.stride2))), self.heatmap(at4))
