"""Portraits on white are judged against true ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="evaluation needs the [train] extra")

from capture_station.frames import Matte
from models.recipe import dataset, metrics
from models.recipe.evaluate import accuracy, saliency, tables
from models.recipe.evaluate.__main__ import arguments_of
from models.recipe.evaluate.bursts import bursts
from models.recipe.evaluate.composites import NOISE_LEVELS, composites
from models.recipe.evaluate.contestants import Contestant, refined
from models.recipe.evaluate.sheet import white_sheet
from models.recipe.evaluate.whiteness import WhiteRow, blocks_without, saved, whiteness
from tests.recipe.conftest import portrait

TRUTH = portrait(np.random.default_rng(0))[1] / np.float32(255)
KNOWING = Contestant("knowing", lambda _: Matte(TRUTH, None, 0))
NOBODY = Contestant("nobody", lambda image: Matte(np.zeros(image.shape[:2], np.float32), None, 0))


@pytest.fixture(scope="module")
def data(data_folder: Path) -> dataset.Dataset:
    return dataset.load(data_folder, "val")


@pytest.fixture(scope="module")
def rows(data: dataset.Dataset) -> list[WhiteRow]:
    return whiteness([KNOWING, NOBODY], data, None)


def test_composites_are_the_same_every_time_and_of_held_out_people(data: dataset.Dataset) -> None:
    first, second = (list(composites(data)) for _ in range(2))
    assert [scene.name for scene in first] == ["london/128_03 before rooms/1"]
    assert (first[0].image == second[0].image).all()
    assert (first[0].on_white == second[0].on_white).all()


def test_a_composite_is_one_scene_before_a_room_and_before_white(data: dataset.Dataset) -> None:
    (scene,) = composites(data)
    person, background = scene.alpha == 1, scene.alpha == 0
    assert (scene.on_white[background] == 255).all()
    assert np.abs(scene.image.astype(int) - scene.on_white)[person].max() <= 1
    assert scene.image[background].std() > 20
    noise = (scene.image.astype(float) - scene.again)[person]
    assert noise.std() == pytest.approx(NOISE_LEVELS * 2**0.5, rel=0.2)


def test_the_true_matte_makes_nearly_the_true_portrait(rows: list[WhiteRow]) -> None:
    plain = next(row for row in rows if row.contestant == "knowing" and not row.refined)
    nobody = next(row for row in rows if row.contestant == "nobody" and not row.refined)
    assert plain.iou == 1
    assert plain.mae == plain.sad == 0
    assert plain.white_error < 0.2
    assert nobody.white_error > 10 * plain.white_error


def test_sad_counts_thousands_of_pixels() -> None:
    assert metrics.sad(np.zeros((100, 20), np.float32), np.full((100, 20), 0.5, np.float32)) == 1


def test_the_white_error_looks_at_the_edge_only() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[50:] = 1
    white = np.full((100, 100, 3), 255, np.uint8)
    far, near = white.copy(), white.copy()
    far[:20], near[45:55] = 0, 0
    assert metrics.white_error(far, white, alpha) == 0
    assert metrics.white_error(near, white, alpha) > 50


def test_saved_portraits_are_exactly_white_and_steady(data: dataset.Dataset) -> None:
    (row,) = saved(KNOWING, data, None)
    assert row.exact == 1
    assert row.exact_to_the_edge > 0.5
    assert row.exact_of_truth > 0.9
    assert row.change_by_matte < row.change
    assert "| portraits of which that is 100 % | 1 of 1 |" in tables.saved([row])


def test_bursts_of_more_frames_differ_less(data: dataset.Dataset) -> None:
    rows = bursts(KNOWING, data, None)
    assert [row.frames for row in rows] == [1, 3, 10]
    assert rows[0].change > 1.3 * rows[1].change > 1.3 * rows[2].change
    assert all(np.isnan(row.framed) and np.isnan(row.head_change) for row in rows), "nobody has a face there"
    assert "| 3 | " in tables.bursts(rows)


def test_a_block_with_one_pixel_of_the_person_is_no_background() -> None:
    alpha = np.zeros((20, 17), np.uint8)
    alpha[9, 8] = 1
    empty = blocks_without(alpha)
    assert not empty[8:16, 8:16].any()
    assert empty.sum() == 20 * 17 - 64


def test_refined_mattes_have_the_picture_s_size(data: dataset.Dataset) -> None:
    (scene,) = composites(data)
    coarse = Contestant("coarse", lambda _: Matte(cv2.resize(TRUTH, (32, 32)), None, 0))
    assert refined(coarse).segment(scene.image).alpha.shape == scene.alpha.shape


def test_of_two_ways_to_fit_a_picture_the_better_one_is_told(rows: list[WhiteRow]) -> None:
    both = [
        *(replace(row, contestant="peer, fitted") for row in rows if row.contestant == "nobody"),
        *(replace(row, contestant="peer, stretched") for row in rows if row.contestant == "knowing"),
    ]
    exchanged = {"peer, fitted": "peer, stretched", "peer, stretched": "peer, fitted"}
    elsewhere = [replace(row, contestant=exchanged[row.contestant], image="openpeople/1") for row in both]
    for told in (both, [*both, *elsewhere]):
        assert "| peer | as it is | 1.0000 |" in tables.whiteness(told)
        assert tables.whiteness(told).count("peer") == 2
    fitted = accuracy.PortraitRow("peer, fitted", "ccp", "1.jpg", 0.9, 0.9, 0, 0, 0, 0, 0, 0, 0, 0, 0, True)
    source = [fitted, replace(fitted, contestant="peer, stretched", iou=0.8), replace(fitted, contestant="ours", iou=0)]
    other = [replace(row, source="london", iou=1 - row.iou) for row in source]
    kept = [(row.source, row.contestant) for row in tables.better_fits([*source, *other], lambda row: -row.iou)]
    assert kept == [("ccp", "peer, fitted"), ("ccp", "ours"), ("london", "peer, stretched"), ("london", "ours")]


class FakeSession:
    """Says how bright a picture's green is, within limits of its own."""

    def get_inputs(self) -> list[FakeSession]:
        return [self]

    name = "input"

    def run(self, _: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.shape = given["input"].shape
        return [0.2 + 0.1 * given["input"][:, 1:2]]


@pytest.mark.parametrize("which", [0, 1])
def test_saliency_covers_the_whole_picture(which: int) -> None:
    session = FakeSession()
    contestant = saliency.saliency("peer", session)[which]
    image = np.zeros((400, 200, 3), np.uint8)
    image[:200] = 255
    alpha = accuracy.at_size(contestant.segment(image), (400, 200))
    assert session.shape == (1, 3, 320, 320)
    assert alpha[10:190].min() == pytest.approx(1)
    assert alpha[210:].max() == pytest.approx(0, abs=1e-6)


def test_the_white_sheet_is_written(tmp_path: Path, rows: list[WhiteRow], data: dataset.Dataset) -> None:
    white_sheet(tmp_path / "white.png", rows, KNOWING, data)
    assert cv2.imread(str(tmp_path / "white.png")) is not None


def test_onnx_files_are_given_by_name(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.touch()
    assert arguments_of(["--data", ".", "--onnx", f"U²-Net={file}"]).onnx == [("U²-Net", file)]
    with pytest.raises(SystemExit):
        arguments_of(["--data", ".", "--onnx", str(file)])
