"""Of two people the evaluation knows who is who."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="evaluation needs the [train] extra")

from capture_station.frames import Head, Image, Landmark, Matte
from models.recipe import dataset
from models.recipe.evaluate import tables
from models.recipe.evaluate.contestants import Contestant
from models.recipe.evaluate.pairs import Pair, composed, pairs


@pytest.fixture(scope="module")
def data(data_folder: Path) -> dataset.Dataset:
    return dataset.load(data_folder, "train")


@pytest.fixture(scope="module")
def pair(data: dataset.Dataset) -> Pair:
    return next(composed(data))


def test_pairs_are_the_same_every_time_and_both_are_in_the_matte(data: dataset.Dataset, pair: Pair) -> None:
    again = next(composed(data))
    assert (again.image == pair.image).all()
    assert pair.image.shape[:2] == pair.alpha.shape
    for landmarks_px in pair.landmarks_px:
        x, y = landmarks_px[Landmark.NOSE].astype(int)
        assert pair.alpha[y, x] == 1


def test_a_head_of_two_faces_is_told_from_one_face(data: dataset.Dataset, pair: Pair) -> None:
    size_wh = np.array(pair.image.shape[1::-1], np.float32)
    first, second = (landmarks_px / size_wh for landmarks_px in pair.landmarks_px)
    mixed = np.concatenate([first[:3], second[3:]])
    alpha = np.asarray(cv2.resize(pair.alpha, (160, 120)), np.float32)

    def seeing(name: str, points: np.ndarray, others: np.ndarray) -> Contestant:
        def segment(_: Image) -> Matte:
            return Matte(alpha, Head(points.astype(np.float32), 0.9, others.astype(np.float32)), 0)

        return Contestant(name, segment)

    both = seeing("both", second, first[[Landmark.NOSE]])
    rows = pairs([both, seeing("mixed", mixed, np.empty((0, 2)))], data, None)
    assert [(row.contestant, row.one_face, row.persons) for row in rows] == [("both", True, 2), ("mixed", False, 1)]
    assert all(row.iou > 0.95 for row in rows)
    assert "| both | 1 | " in tables.couples(rows)
