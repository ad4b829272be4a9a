"""The networks that ours is compared with keep its contract, learn, and become files that the station can run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the [train] extra")

from models.recipe.architectures import HEADS, build_network  # noqa: E402
from models.recipe.losses import total_loss  # noqa: E402

SIZE_PX = 64


@pytest.mark.parametrize("head", HEADS)
def test_every_network_keeps_the_contract_and_learns(head: str) -> None:
    torch.manual_seed(0)
    network = build_network(head, width=0.25, expansion="slim", decoder="lean")
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    image, alpha = torch.rand(4, 3, SIZE_PX, SIZE_PX), torch.zeros(4, 1, SIZE_PX, SIZE_PX)
    alpha[:, :, 16:, 16:48] = 1
    image = image * 0.3 + 0.6 * alpha
    losses = []
    for _ in range(6):
        prediction = network(image)
        assert prediction.matte.shape == (4, 1, SIZE_PX, SIZE_PX)
        assert prediction.heatmaps.shape == (4, 7, SIZE_PX // 4, SIZE_PX // 4)
        loss = sum(total_loss(prediction, alpha, torch.full((4, 1, 6, 2), torch.nan), torch.tensor([True] * 4)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(parameter.grad is not None for parameter in network.backbone.parameters())


def test_segnet_carries_places_but_no_values_from_the_encoder() -> None:
    torch.manual_seed(0)
    step = build_network("segnet", width=0.25).eval().up2
    coarse, fine = torch.rand(1, 32, 8, 8), torch.rand(1, step.mix[0][0].in_channels, 16, 16)
    same = step(coarse, fine)
    assert torch.equal(step(coarse, 3 * fine + 1), same)
    assert not torch.equal(step(coarse, -fine), same)


def test_a_sub_pixel_decoder_is_ours_alone() -> None:
    with pytest.raises(ValueError, match="subpixel"):
        build_network("unet", decoder="subpixel")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("head", HEADS[1:])
def test_the_station_runs_them_in_int8(head: str, tmp_path: Path) -> None:
    pytest.importorskip("litert_torch", reason="export needs the [train] extra")
    pytest.importorskip("ai_edge_quantizer", reason="export needs the [train] extra")
    from models.recipe.evaluate.contestants import float_network, shipped
    from models.recipe.export import export_float, quantize

    torch.manual_seed(0)
    pictures = np.random.default_rng(0).integers(0, 256, (4, SIZE_PX, SIZE_PX, 3), np.uint8)
    network = build_network(head, width=0.25, expansion="slim", decoder="lean").eval()
    export_float(network, SIZE_PX, tmp_path / "float.tflite")
    quantize(tmp_path / "float.tflite", pictures, tmp_path / "int8.tflite")
    ours = shipped("int8", tmp_path / "int8.tflite").segment(pictures[0])
    origin = float_network("float", tmp_path / "float.tflite", SIZE_PX).segment(pictures[0])
    assert ours.head is not None
    assert np.abs(ours.alpha - origin.alpha).mean() < 0.03


def test_a_dense_crf_moves_an_outline_to_the_edge_of_the_colours() -> None:
    pytest.importorskip("pydensecrf", reason="it is compiled on installation, and only this comparison needs it")
    from capture_station.frames import Matte
    from models.recipe.evaluate.contestants import Contestant
    from models.recipe.evaluate.dense_crf import with_crf

    image = np.full((SIZE_PX, SIZE_PX, 3), 220, np.uint8)
    image[:, 20:] = 30
    alpha = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    alpha[:, 18:24], alpha[:, 24:] = 0.6, 0.95
    found = with_crf(Contestant("coarse", lambda _: Matte(alpha, None, 0)), "crf").segment(image).alpha
    assert (found[:, 20:] > 0.5).all()
    assert (found[:, :20] < 0.5).all()
