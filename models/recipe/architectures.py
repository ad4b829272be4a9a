"""Builds the network that a checkpoint or a command line describes: ours, or one that it is compared with."""

from __future__ import annotations

from torch import nn

from models.recipe.backbone import mobilenetv2
from models.recipe.encoder_decoder import EncoderDecoder, Unpool, UpConcat
from models.recipe.fcn import Fcn
from models.recipe.network import BACKBONES, DECODERS, RATES, DeepLabV3Plus

OURS = "deeplabv3+"
HEADS = (OURS, "unet", "segnet", "fcn")


def build_network(
    head: str = OURS,
    backbone: str = "mobilenetv2",
    width: float = 1.0,
    dilation_multiplier: int = 1,
    expansion: str = "full",
    decoder: str = "wide",
) -> nn.Module:
    """Build a network of the recipe. Every network has a ``backbone`` and returns a ``Prediction``.

    Args:
        head: Name of the network, one of ``HEADS``.
        backbone: Name of the base model, a key of ``BACKBONES``.
        width: Width multiplier of the base model.
        dilation_multiplier: Multiplier of the dilation in the ASPP and in MobileNetV2 at stride 16. The shapes of the
            weights do not depend on it.
        expansion: Name of MobileNetV2's expansion factors, a key of ``EXPANSIONS``.
        decoder: Name of the decoder's channel configuration, a key of ``DECODERS``. FCN has no decoder.

    Raises:
        ValueError: U-Net and SegNet have no sub-pixel decoder.
    """
    if head != OURS and decoder == "subpixel":
        raise ValueError(f"{head} has no decoder subpixel; choose another one")
    base = (
        mobilenetv2(width, expansion, dilation_multiplier) if backbone == "mobilenetv2" else BACKBONES[backbone](width)
    )
    if head == OURS:
        rates = [dilation_multiplier * rate for rate in RATES]
        return DeepLabV3Plus(base, DECODERS[decoder], rates, decoder == "subpixel", decoder == "residual")
    if head == "fcn":
        return Fcn(base)
    return EncoderDecoder(base, UpConcat if head == "unet" else Unpool, DECODERS[decoder])
