"""FCN-8s (Long et al. 2015) on a backbone, for the comparison in the model card."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from models.recipe.network import HEATMAPS, ConvBnRelu, Prediction, upsample

HIDDEN = 96
"""Channels of the layer before the scores. The paper's 4,096 were VGG-16's."""


class Fcn(nn.Module):
    """Fully convolutional network that adds the scores at strides 16 and 8, and enlarges the sum by 8.

    Input and outputs are those of ``DeepLabV3Plus``. The landmarks' heatmaps are made in the same way as the matte.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        _, _, skip8, semantic = backbone.channels
        self.backbone = backbone
        self.hidden = ConvBnRelu(semantic, HIDDEN, 3)
        self.score16 = nn.Conv2d(HIDDEN, 1 + HEATMAPS, 1)
        self.score8 = nn.Conv2d(skip8, 1 + HEATMAPS, 1)

    def forward(self, image: Tensor) -> Prediction:
        features = self.backbone(image)
        scores = upsample(self.score16(self.hidden(features.stride16))) + self.score8(features.stride8)
        matte = functional.interpolate(scores[:, :1], scale_factor=8, mode="bilinear", align_corners=False)
        return Prediction(matte, upsample(scores[:, 1:]))
