"""Portraits without landmarks get some; labels that are there stay."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from models.recipe import dataset
from models.recipe.label_faces import label

POINTS_PX = np.arange(12, dtype=np.float32).reshape(6, 2)


def test_only_training_portraits_without_landmarks_are_labelled(data_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(data_folder, root)
    lines = (root / "landmarks.csv").read_text().splitlines(keepends=True)
    (root / "landmarks.csv").write_text("".join(line for line in lines if "/ccp/val/" not in line))
    assert label(root, root / "more.csv", lambda *_: POINTS_PX) == 1
    before = dataset.read_landmarks(root / "landmarks.csv")
    after = dataset.read_landmarks(root / "more.csv")
    (new,) = set(after) - set(before)
    assert "genfaces" in new
    np.testing.assert_array_equal(after[new], POINTS_PX)
    assert all((after[path] == points).all() for path, points in before.items())
    assert dataset.read_crowns(root / "more.csv") == dataset.read_crowns(root / "landmarks.csv")


def test_a_picture_without_a_face_stays_without(data_folder: Path, tmp_path: Path) -> None:
    assert label(data_folder, tmp_path / "same.csv", lambda *_: None) == 0
