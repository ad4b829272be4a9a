"""Smoother labels: ``python -m models.recipe.relabel --checkpoint FILE.pt --data DIR --output DIR``.

Outlines drawn by hand are off by some pixels, each in another way. A network that was trained on all of them predicts
their mean. An outline halfway between the network's and the hand's has half of the error. This is a form of
self-distillation (Reed et al. 2015: Training Deep Neural Networks on Noisy Labels with Bootstrapping).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Collection
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station.frames import Image
from models.recipe import dataset
from models.recipe.dataset import Portrait
from models.recipe.evaluate.contestants import float_network

BY_HAND = ("ccp", "eg1800")
BAND = 0.02
"""Distance from the outline within which labels change, as a share of the picture's shorter side.

Farther away, the label drawn by hand is more reliable than the network.
"""

Floats = NDArray[np.float32]


def relabelled(alpha: NDArray[np.uint8], own: Floats) -> NDArray[np.uint8]:
    """Average a label (H, W) uint8 with a network's alpha ``own`` (H, W) in [0, 1], near the label's outline only."""
    radius = max(1, round(BAND * min(alpha.shape)))
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    person = (alpha > 127).astype(np.uint8)
    band = cv2.dilate(person, window) > cv2.erode(person, window)
    return np.where(band, np.rint((alpha + 255 * own) / 2), alpha).astype(np.uint8)


def mirror_data(source: Path, output: Path, portraits: Collection[Portrait]) -> None:
    """Mirror the data folder with symbolic links, without the labels of these portraits."""
    own = {portrait.alpha for portrait in portraits}
    for folder, _, names in os.walk(source):
        there = output / Path(folder).relative_to(source)
        there.mkdir(parents=True, exist_ok=True)
        for name in names:
            if Path(folder, name) not in own and not (there / name).exists():
                (there / name).symlink_to(Path(folder, name).resolve())


def relabel(source: Path, output: Path, matte_of: Callable[[Image], Floats]) -> int:
    """Write a data folder with smoother versions of the hand-drawn training labels, and return their number.

    Args:
        source: A data folder as ``dataset.load`` reads it.
        output: The folder to write: those labels, and links to everything else in ``source``. Existing files stay.
        matte_of: Maps a picture (H, W, 3) uint8 to an alpha (h, w) in [0, 1] of any size.
    """
    portraits = [one for one in dataset.load(source, "train").portraits if one.source in BY_HAND]
    mirror_data(source, output, portraits)
    for portrait in tqdm(portraits, "labels"):
        path = output / portrait.alpha.relative_to(source)
        if path.exists():
            continue
        image, alpha = portrait.read()
        own = np.asarray(cv2.resize(matte_of(image), alpha.shape[::-1]), np.float32)
        partial = path.with_suffix(".partial.png")
        cv2.imwrite(str(partial), relabelled(alpha, own))
        partial.replace(path)
    return len(portraits)


def network_matte(checkpoint: Path, size_px: int) -> Callable[[Image], Floats]:
    """Segment with a checkpoint's weight-averaged network: the mean over a picture and its mirror image."""
    segment = float_network(checkpoint.stem, checkpoint, size_px).segment

    def matte_of(image: Image) -> Floats:
        mirrored = segment(np.ascontiguousarray(image[:, ::-1])).alpha[:, ::-1]
        return (segment(image).alpha + mirrored) / 2

    return matte_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="of a network trained on the labels as they are")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--size", type=int, default=512, help="side of the square that it sees")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    count = relabel(arguments.data, arguments.output, network_matte(arguments.checkpoint, arguments.size))
    print(f"{count} labels are smoother in {arguments.output}; the rest of it are links")


if __name__ == "__main__":
    main()
