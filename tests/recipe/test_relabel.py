"""Labels drawn by hand are brought to where network and picture see the outline; nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.recipe import dataset
from models.recipe.relabel import relabel, relabelled


def test_only_labels_by_hand_change_and_only_at_their_outline(data_folder: Path, tmp_path: Path) -> None:
    everywhere = np.ones((64, 64), np.float32)
    for _ in range(2):  # The second time goes on where the first ended.
        assert relabel(data_folder, tmp_path, lambda _: everywhere) == 3
    for split in ("train", "val"):
        before, after = dataset.load(data_folder, split), dataset.load(tmp_path, split)
        assert len(after.backgrounds) == len(before.backgrounds)
        for old, new in zip(before.portraits, after.portraits, strict=True):
            (image, alpha), (image_after, alpha_after) = old.read(), new.read()
            assert np.array_equal(image_after, image)
            if split == "val" or old.source == "london":
                assert np.array_equal(alpha_after, alpha)
                continue
            # Two pixels to each side of an outline in pictures of 96: not the wall, not the person's middle.
            assert 0 < np.count_nonzero(alpha_after != alpha) < 1500
            assert alpha_after[0, 0] == 0
            assert alpha_after[-1, 48] == 255


def test_an_outline_beside_the_edge_is_carried_to_it() -> None:
    truth = np.zeros((256, 192), np.uint8)
    cv2.ellipse(truth, (96, 96), (44, 60), 0, 0, 360, 255, -1)
    cv2.ellipse(truth, (96, 256), (80, 100), 0, 0, 360, 255, -1)
    image = np.where(truth[..., None] > 0, (60, 70, 120), (200, 195, 190)).astype(np.uint8)
    label = cv2.dilate(truth, np.ones((5, 5), np.uint8))
    own = cv2.erode(truth, np.ones((3, 3), np.uint8)).astype(np.float32) / np.float32(255)

    def wrong(alpha: np.ndarray) -> int:
        return int(np.count_nonzero((alpha > 127) != (truth > 127)))

    halfway = np.rint((label + 255 * own) / 2)
    assert wrong(relabelled(image, label, own)) < wrong(halfway) / 2


def test_a_gap_beside_an_arm_stays_open_where_the_network_saw_none() -> None:
    label = np.zeros((256, 192), np.uint8)
    cv2.ellipse(label, (96, 140), (70, 90), 0, 0, 360, 255, -1)
    gap = np.zeros_like(label)
    cv2.ellipse(gap, (50, 140), (6, 25), 10, 0, 360, 255, -1)
    own = label.astype(np.float32) / np.float32(255)
    label[gap > 0] = 0
    # The gap shows a wall in nearly the colour of the clothes.
    image = np.where(label[..., None] > 0, (60, 70, 120), (70, 85, 110)).astype(np.uint8)
    assert np.all(relabelled(image, label, own)[gap > 0] < 128)
