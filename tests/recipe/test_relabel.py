"""Labels drawn by hand take the edge of a finer matte, and nothing else of the data is touched."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.recipe import dataset
from models.recipe.relabel import BY_HAND, relabel, relabelled


def person(radius_px: int) -> np.ndarray:
    """A round person (128, 96) in [0, 1]."""
    plane = np.zeros((128, 96), np.float32)
    return cv2.circle(plane, (48, 64), radius_px, 1.0, -1)


def test_an_edge_that_is_a_little_off_moves_to_the_finer_one_and_is_soft() -> None:
    finer = cv2.GaussianBlur(person(31), (0, 0), 1)
    label = relabelled((255 * person(30)).astype(np.uint8), finer)
    assert np.abs(label / 255 - finer).max() < 0.1


def test_what_the_finer_matte_adds_or_takes_far_from_the_edge_or_as_a_whole_piece_stays_the_hands() -> None:
    by_hand = (255 * person(30)).astype(np.uint8)
    other = person(30)
    cv2.rectangle(other, (70, 50), (90, 80), 1.0, -1)  # A bag at the side, and a hole in the middle.
    cv2.circle(other, (48, 64), 8, 0.0, -1)
    assert np.array_equal(relabelled(by_hand, other) > 127, by_hand > 127)


def test_only_labels_by_hand_change_and_a_second_run_goes_on_where_the_first_ended(
    data_folder: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        assert relabel(data_folder, tmp_path, lambda _: person(31)) == 3
    for split in ("train", "val"):
        before, after = dataset.load(data_folder, split), dataset.load(tmp_path, split)
        assert len(after.backgrounds) == len(before.backgrounds)
        for old, new in zip(before.portraits, after.portraits, strict=True):
            (image, alpha), (image_after, alpha_after) = old.read(), new.read()
            assert np.array_equal(image_after, image)
            assert np.array_equal(alpha_after, alpha) == (split == "val" or old.source not in BY_HAND)
