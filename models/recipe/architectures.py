"""Builds the network that a checkpoint or a command line describes: ours, or one that it is compared with."""

from __future__ import annotations

from torch import nn

from models.recipe.backbone import mobilenetv2
from models.recipe.encoder_decoder import EncoderDecoder, Unpool, UpConcat
from models.recipe.fcn import Fcn
from models.recipe.network import BACKBONES, DECODERS, build

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
    """Build a network of the recipe: ``head`` is one of ``HEADS``, the rest is as for ``network.build``.

    Every network has a ``backbone`` and returns a ``Prediction``. FCN has no decoder, so that ``decoder`` says nothing
    there.

    Raises:
        ValueError: U-Net and SegNet have no sub-pixel decoder.
    """
    if head == OURS:
        return build(backbone, width, dilation_multiplier, expansion, decoder)
    if decoder == "subpixel":
        raise ValueError(f"{head} has no decoder subpixel; choose another one")
    base = (
        mobilenetv2(width, expansion, dilation_multiplier) if backbone == "mobilenetv2" else BACKBONES[backbone](width)
    )
    if head == "fcn":
        return Fcn(base)
    return EncoderDecoder(base, UpConcat if head == "unet" else Unpool, DECODERS[decoder])
