"""U-Net's decoder (Ronneberger et al. 2015) on a backbone, for the comparison in the model card."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.recipe.network import DECODERS, HEATMAPS, ConvBnRelu, Prediction, upsample


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


class UNet(nn.Module):
    """Network with skip connections by concatenation at strides 8, 4 and 2.

    Input and outputs are those of ``DeepLabV3Plus``. The backbone is the contracting path.
    """

    def __init__(self, backbone: nn.Module, channels: Sequence[int] = DECODERS["wide"]) -> None:
        super().__init__()
        at16, at8, at4, at2 = channels
        skip2, skip4, skip8, semantic = backbone.channels
        self.backbone = backbone
        self.bottom = ConvBnRelu(semantic, at16, 3)
        self.up8 = UpConcat(at16, skip8, at8)
        self.up4 = UpConcat(at8, skip4, at4)
        self.up2 = UpConcat(at4, skip2, at2)
        self.logit = nn.Conv2d(at2, 1, 1)
        self.heatmap = nn.Conv2d(at4, HEATMAPS, 1)

    def forward(self, image: Tensor) -> Prediction:
        features = self.backbone(image)
        at4 = self.up4(self.up8(self.bottom(features.stride16), features.stride8), features.stride4)
        return Prediction(upsample(self.logit(self.up2(at4, features.stride2))), self.heatmap(at4))
