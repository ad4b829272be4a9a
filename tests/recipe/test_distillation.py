"""A smaller network starts close to a larger one, and learns what a teacher says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the [train] extra")
pytest.importorskip("ai_edge_litert", reason="the teacher is a TFLite file")

from capture_station.frames import Frame  # noqa: E402
from capture_station.segmentation.deeplab import DeepLabSegmenter  # noqa: E402
from capture_station.segmentation.interpreter import open_interpreter  # noqa: E402
from models.recipe.architectures import build_network  # noqa: E402
from models.recipe.distillation import Teacher, heatmap_loss, prune  # noqa: E402
from models.recipe.network import Prediction  # noqa: E402

PREVIEW = Path(__file__).parents[2] / "models" / "preview.tflite"
SIZE_PX = 64


@torch.no_grad()
def test_a_shrunk_network_says_almost_what_the_larger_one_says() -> None:
    torch.manual_seed(0)
    large, fresh = build_network(width=0.25).eval(), build_network(width=0.25, expansion="lean").eval()
    small = build_network(width=0.25, expansion="lean").eval()
    pictures = torch.rand(8, 3, SIZE_PX, SIZE_PX)
    kept = prune(small, large, pictures)
    assert len(kept) == len(small.backbone.blocks)
    wanted = large(pictures)
    for index in range(2):
        away = [float((network(pictures)[index] - wanted[index]).square().mean()) for network in (small, fresh)]
        assert away[0] < 0.25 * away[1]


@torch.no_grad()
def test_a_decoder_that_the_larger_network_lacks_keeps_its_own_weights() -> None:
    torch.manual_seed(0)
    large, small = build_network(width=0.25), build_network(width=0.25, expansion="slim", decoder="subpixel")
    own = small.subpixel.detail.weight.clone()
    prune(small, large, torch.rand(2, 3, SIZE_PX, SIZE_PX))
    torch.testing.assert_close(small.subpixel.detail.weight, own)
    torch.testing.assert_close(small.heatmap4.weight, large.heatmap4.weight)


def test_the_teacher_says_what_the_station_would_see() -> None:
    interpreter = open_interpreter(PREVIEW, "litert")
    side_px = interpreter.input.shape[1]
    picture = np.random.default_rng(0).integers(0, 256, (side_px, side_px, 3), np.uint8)
    said = Teacher(PREVIEW).predict(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255)
    seen = DeepLabSegmenter(interpreter).segment(Frame(picture, 0, 0.0))
    np.testing.assert_allclose(said.matte.sigmoid()[0, 0].numpy(), seen.alpha, atol=1e-6)


def test_the_teacher_answers_at_the_size_of_the_picture() -> None:
    said = Teacher(PREVIEW).predict(torch.rand(2, 3, 128, 128))
    assert said.matte.shape == (2, 1, 128, 128)
    assert said.heatmaps.shape == (2, 7, 32, 32)


def test_nobody_is_nearer_to_the_teacher_than_itself() -> None:
    teacher = Teacher(PREVIEW)
    image = torch.rand(2, 3, 256, 256)
    said = teacher.predict(image)
    other = Prediction(said.matte + 1, said.heatmaps.roll(3, dims=3))
    assert teacher.loss(image, said) < teacher.loss(image, other)


def test_landmarks_of_a_picture_without_a_face_are_not_learnt() -> None:
    nobody = torch.full((1, 7, 16, 16), -5.0)
    ours = torch.zeros_like(nobody, requires_grad=True)
    heatmap_loss(ours, nobody).backward()
    assert not ours.grad[:, :6].any()
    assert ours.grad[:, 6].any()
