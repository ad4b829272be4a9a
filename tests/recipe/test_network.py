"""Every base model builds, learns and keeps the contract of the exported file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the [train] extra")

from models.recipe.architectures import build_network  # noqa: E402
from models.recipe.backbone import MobileNetV2  # noqa: E402
from models.recipe.initial import full_network, grow, prune_by_reconstruction  # noqa: E402
from models.recipe.losses import total_loss  # noqa: E402
from models.recipe.network import BACKBONES, DECODERS, AtrousSpatialPyramidPooling, DeepLabV3Plus  # noqa: E402
from models.recipe.resnet import ResNet  # noqa: E402
from models.recipe.xception import Xception  # noqa: E402

SIZE_PX = 64
SMALL: dict[str, Callable[[], torch.nn.Module]] = {
    "mobilenetv2": lambda: MobileNetV2(0.25),
    "resnet101": lambda: ResNet(0.125, blocks=(1, 1, 1, 1)),
    "xception": lambda: Xception(0.0625, middle_blocks=1),
}


@pytest.mark.parametrize("name", BACKBONES)
def test_every_base_model_builds_at_its_full_depth(name: str) -> None:
    prediction = build_network(backbone=name, width=0.125).eval()(torch.rand(1, 3, SIZE_PX, SIZE_PX))
    assert prediction.matte.shape == (1, 1, SIZE_PX, SIZE_PX)
    assert prediction.heatmaps.shape == (1, 7, SIZE_PX // 4, SIZE_PX // 4)


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_decoder_keeps_the_contract_and_tells_neighbouring_pixels_apart(decoder: str) -> None:
    torch.manual_seed(0)
    network = build_network(width=0.25, decoder=decoder).eval()
    prediction = network(torch.rand(1, 3, SIZE_PX, SIZE_PX))
    assert prediction.matte.shape == (1, 1, SIZE_PX, SIZE_PX)
    assert prediction.heatmaps.shape == (1, 7, SIZE_PX // 4, SIZE_PX // 4)
    assert (prediction.matte[..., 1:] != prediction.matte[..., :-1]).all()


@pytest.mark.parametrize("name", BACKBONES)
def test_features_have_their_strides_and_channels(name: str) -> None:
    backbone = SMALL[name]()
    features = backbone(torch.rand(1, 3, SIZE_PX, SIZE_PX))
    for plane, stride, channels in zip(features, (2, 4, 8, 16), backbone.channels, strict=True):
        assert plane.shape == (1, channels, SIZE_PX // stride, SIZE_PX // stride)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_few_steps_lower_the_loss(name: str) -> None:
    torch.manual_seed(0)
    network = DeepLabV3Plus(SMALL[name]())
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    image, alpha = torch.rand(4, 3, SIZE_PX, SIZE_PX), torch.zeros(4, 1, SIZE_PX, SIZE_PX)
    alpha[:, :, 16:, 16:48] = 1
    image = image * 0.3 + 0.6 * alpha
    landmarks, known = torch.full((4, 1, 6, 2), torch.nan), torch.tensor([True] * 4)
    losses = []
    for _ in range(6):
        loss = sum(total_loss(network(image), alpha, landmarks, known))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_gradients_in_bfloat16_are_those_in_float32() -> None:
    """PyTorch's own are wrong for dilated depthwise convolutions, and training goes on as if they were not."""
    torch.manual_seed(0)
    aspp = AtrousSpatialPyramidPooling(160, 8, 8, (4, 8, 12))
    features, wanted = torch.randn(2, 160, 32, 32), torch.randn(2, 8, 32, 32)
    gradients = []
    for bfloat16 in (True, False):
        aspp.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            found = aspp(features.contiguous(memory_format=torch.channels_last))
        (found.float() * wanted).sum().backward()
        gradients.append([branch[0][0].weight.grad.flatten() for branch in aspp.atrous])
    for rough, exact in zip(*gradients, strict=True):
        assert torch.cosine_similarity(rough, exact, dim=0) > 0.9


def test_more_dilation_changes_no_weight_and_sees_farther() -> None:
    torch.manual_seed(0)
    near, far = build_network(width=0.25).eval(), build_network(width=0.25, dilation_multiplier=2).eval()
    far.load_state_dict(near.state_dict())

    def touched(backbone: MobileNetV2) -> int:
        image = torch.rand(1, 3, 512, 16, requires_grad=True)
        backbone(image).stride16[..., 16, 0].sum().backward()
        return int((image.grad.abs().sum(dim=(0, 1, 3)) > 0).sum())

    assert touched(far.backbone) > touched(near.backbone)


def test_width_and_lean_layers_make_the_network_smaller() -> None:
    full, lean, half = (
        sum(p.numel() for p in build_network(width=width, expansion=expansion).parameters())
        for width, expansion in ((1.0, "full"), (1.0, "lean"), (0.5, "lean"))
    )
    assert lean < 0.7 * full
    assert half < 0.5 * lean


def weights_file(path: Path, network: MobileNetV2) -> Path:
    """The network's weights in the form of the initial ones: inputs in [-1, 1], OHWI and HWC."""
    arrays = {}
    convs = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)]
    for index, conv in enumerate(convs):
        weight, bias = conv.weight.detach(), conv.bias.detach()
        if index == 0:
            weight, bias = weight / 2, bias + weight.sum(dim=(1, 2, 3)) / 2
        depthwise = conv.groups > 1
        kind = "dw" if depthwise else "conv"
        channels_last = weight[:, 0].permute(1, 2, 0) if depthwise else weight.permute(0, 2, 3, 1)
        arrays[f"{index:03d}_{kind}_w"], arrays[f"{index:03d}_{kind}_b"] = channels_last.numpy(), bias.numpy()
    np.savez(path, **arrays)
    return path


def test_initial_weights_of_the_full_network_are_read_as_they_were(tmp_path: Path) -> None:
    torch.manual_seed(0)
    full = MobileNetV2(0.25, (6,) * 5, stem=1.0)
    again = full_network(weights_file(tmp_path / "weights.npz", full), 0.25)
    image = torch.rand(1, 3, SIZE_PX, SIZE_PX)
    for ours, theirs in zip(full(image), again(image), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="layer"):
        full_network(tmp_path / "weights.npz", 0.5)


@torch.no_grad()
def test_a_lean_network_takes_over_most_of_a_full_one() -> None:
    torch.manual_seed(0)
    full, lean = MobileNetV2(0.25, (6,) * 5, stem=1.0), MobileNetV2(0.25)
    pictures = torch.rand(4, 3, SIZE_PX, SIZE_PX)
    before = float((lean(pictures).stride16 - full(pictures).stride16).square().mean())
    kept = prune_by_reconstruction(lean, full, pictures)
    assert len(kept) == len(lean.blocks)
    assert kept[0] > 0.5
    assert float((lean(pictures).stride16 - full(pictures).stride16).square().mean()) < before


@pytest.mark.parametrize("decoder", ["wide", "residual"])
def test_a_network_that_grew_says_what_it_said_and_learns_with_all_of_it(decoder: str) -> None:
    torch.manual_seed(0)
    trained = build_network(width=0.25, expansion="lean", decoder="lean")
    wide = build_network(width=0.25, decoder=decoder)
    grow(wide, trained)
    image = torch.rand(2, 3, SIZE_PX, SIZE_PX)
    before = trained.eval()(image)
    for ours, theirs in zip(wide.eval()(image), before, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    wide(image).matte.sum().backward()
    last = wide.backbone.blocks[-1].project.conv.weight
    learnt = trained.backbone.blocks[-1].project.conv.weight.shape[1]
    assert (last.grad[:, learnt:] != 0).any()


def test_a_residual_block_that_was_added_to_a_trained_network_learns() -> None:
    torch.manual_seed(0)
    trained, refined = build_network(width=0.25), build_network(width=0.25, decoder="residual")
    grow(refined, trained)
    refined(torch.rand(2, 3, SIZE_PX, SIZE_PX)).matte.sum().backward()
    for block in (refined.residual4, refined.residual2):
        assert (block.correction.weight.grad != 0).any()
