"""A drawn clean plate shows the room of its scene, and nobody."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.recipe import dataset
from models.recipe.plates import scenes
from models.recipe.plates.scenes import PlateSampler

SIZE_PX = 96


def drawn(data_folder: Path, seed: int) -> scenes.PlateScene:
    return PlateSampler(dataset.load(data_folder, "train"), SIZE_PX).scene(np.random.default_rng(seed))


def difference(scene: scenes.PlateScene, where: np.ndarray) -> float:
    strays = np.abs(scene.image.astype(float) - scene.plate).max(axis=2)
    return float(np.median(strays[where])) if where.any() else np.nan


def test_the_plate_shows_the_room_and_nobody(data_folder: Path) -> None:
    beside, person = [], []
    for seed in range(40):
        scene = drawn(data_folder, seed)
        beside.append(difference(scene, scene.alpha == 0))
        person.append(difference(scene, scene.alpha == 255))
    assert np.nanmedian(beside) < 25 < np.nanmedian(person)


def test_things_come_and_go(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs beside the person is more where things come or go in every scene than where they never do."""
    strayed = {}
    for share in (0.0, 1.0):
        monkeypatch.setattr(scenes, "CAME_SHARE", share)
        monkeypatch.setattr(scenes, "WENT_SHARE", 0.0)
        for never in ("FURNITURE_SHARE", "OTHER_ROOM_SHARE", "SOMEBODY_SHARE", "NOBODY_SHARE"):
            monkeypatch.setattr(scenes, never, 0.0)
        found = [drawn(data_folder, seed) for seed in range(30)]
        strays = [np.abs(one.image.astype(float) - one.plate).max(axis=2)[one.alpha == 0] for one in found]
        strayed[share] = np.median([(each > 60).mean() for each in strays if each.size])
    assert strayed[1.0] > 0.01 > 2 * strayed[0.0]


def test_it_is_darker_close_behind_the_person(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person keeps light from what is close behind them, and that is not on the plate."""
    darker = {}
    for share in (0.0, 1.0):
        monkeypatch.setattr(scenes, "DIMMED_SHARE", share)
        for never in ("CAME_SHARE", "WENT_SHARE", "OWN_SHADOW_SHARE", "FURNITURE_SHARE", "OTHER_ROOM_SHARE"):
            monkeypatch.setattr(scenes, never, 0.0)
        found = []
        for seed in range(30):
            scene = drawn(data_folder, seed)
            around = cv2.dilate(scene.alpha, np.ones((7, 7), np.uint8)) > 0
            close, far = around & (scene.alpha == 0), cv2.dilate(scene.alpha, np.ones((41, 41), np.uint8)) == 0
            if close.any() and far.any():
                lost = scene.plate.astype(float).mean(axis=2) - scene.image.mean(axis=2)
                found.append(np.median(lost[close]) - np.median(lost[far]))
        darker[share] = np.median(found)
    assert darker[1.0] > darker[0.0] + 3


def test_a_scene_depends_on_the_seed_only(data_folder: Path) -> None:
    for one, again in zip(drawn(data_folder, 3), drawn(data_folder, 3), strict=True):
        np.testing.assert_array_equal(one, again)
