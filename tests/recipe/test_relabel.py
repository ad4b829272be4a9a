"""Labels drawn by hand are brought halfway to a network's outline, and nothing else of the data is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.recipe import dataset
from models.recipe.relabel import BY_HAND, relabel


def test_outlines_by_hand_move_halfway_and_all_else_is_as_it_was(data_folder: Path, tmp_path: Path) -> None:
    everywhere = np.ones((64, 64), np.float32)
    for _ in range(2):  # The second time goes on where the first ended.
        assert relabel(data_folder, tmp_path, lambda _: everywhere) == 3
    for split in ("train", "val"):
        before, after = dataset.load(data_folder, split), dataset.load(tmp_path, split)
        assert len(after.backgrounds) == len(before.backgrounds)
        for old, new in zip(before.portraits, after.portraits, strict=True):
            (image, alpha), (image_after, alpha_after) = old.read(), new.read()
            assert np.array_equal(image_after, image)
            if split == "val" or old.source not in BY_HAND:
                assert np.array_equal(alpha_after, alpha)
                continue
            changed = alpha_after != alpha
            assert np.all(alpha_after[changed] == np.rint((alpha[changed] + 255) / 2))
            # Two pixels to each side of an outline in pictures of 96: not the wall, not the person's middle.
            assert 100 < np.count_nonzero(changed) < 1500
            assert alpha_after[0, 0] == 0
            assert alpha_after[-1, 48] == 255
