"""Labels corrected by a vote: ``python -m models.recipe.label_pieces --pictures DIR --alphas DIR DIR --output DIR``.

Several networks rarely make the same mistake in an easy picture, so one of them is nearly always right. Where they
differ, a picture is split into pieces by who says what. A piece changes sides if most of the alphas put it on the other
side. A folder of alphas has ``STEM.png`` for each picture; the first one is the label as it is, and it votes, too. For
pictures in which most networks are wrong, see ``label_cells.py``.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image
from models.recipe import dataset

NARROW = 0.0045
"""Radius of a disc that fits into every piece, as a share of the diagonal: what is narrower is an edge."""
LEAST_AREA = 0.0022
"""Of a piece, as a share of the picture; smaller ones join a neighbour of the same side."""
MOST_PIECES = 14
SEAM = 0.006
"""Beyond its border, so far a piece takes its new alpha along where the alphas agree; a share of the diagonal."""

Floats = NDArray[np.float32]


class Pieces(NamedTuple):
    """Where alphas of one picture differ."""

    labels: NDArray[np.int32]
    """(H, W): the number of each pixel's piece; 0 where the alphas agree or differ by an edge only."""
    person: tuple[bool, ...]
    """For each piece from 1 on: whether it is person in the first alpha. Larger pieces come first."""


def find_pieces(alphas: Sequence[Floats]) -> Pieces:
    """Split a picture by which of the alphas (H, W) in [0, 1] say person; the first one is the label."""
    height, width = alphas[0].shape
    radius = max(1, round(NARROW * float(np.hypot(height, width))))
    sides = [cv2.medianBlur((alpha > 0.5).astype(np.uint8), 2 * radius + 1) > 0 for alpha in alphas]
    said = np.sum([side.astype(np.int32) << bit for bit, side in enumerate(sides)], axis=0)
    differ = (said > 0) & (said < 2 ** len(alphas) - 1)
    wide = cv2.morphologyEx(differ.astype(np.uint8), cv2.MORPH_OPEN, disc(radius), borderValue=0) > 0
    found: list[NDArray[np.bool_]] = []
    crumbs = np.zeros((height, width), np.bool_)
    for pattern in np.unique(said[wide]):
        count, parts, stats, _ = cv2.connectedComponentsWithStats(
            ((said == pattern) & wide).astype(np.uint8), connectivity=4
        )
        for part in range(1, count):
            if stats[part, cv2.CC_STAT_AREA] >= LEAST_AREA * height * width:
                found.append(parts == part)
            else:
                crumbs |= parts == part
    found = sorted(found, key=lambda piece: -np.count_nonzero(piece))[:MOST_PIECES]
    labels = np.zeros((height, width), np.int32)
    for number, piece in enumerate(found, 1):
        labels[piece] = number
    person = tuple(bool(sides[0][piece][0]) for piece in found)
    return Pieces(with_crumbs(labels, crumbs, sides[0], 12 * radius), person)


def with_crumbs(
    labels: NDArray[np.int32], crumbs: NDArray[np.bool_], person: NDArray[np.bool_], reach_px: int
) -> NDArray[np.int32]:
    """The labels (H, W), grown into crumbs that touch them and lie on the same side of the first alpha."""
    grown = labels.copy()
    for side in (person, ~person):
        seeds = np.where(side, grown, 0).astype(np.float32)
        for _ in range(reach_px):
            near = np.asarray(cv2.dilate(seeds, np.ones((3, 3), np.uint8)))
            new = crumbs & side & (seeds == 0) & (near > 0)
            if not new.any():
                break
            seeds[new] = near[new]
        grown = np.where(side, seeds.astype(np.int32), grown)
    return grown


def outvoted(alphas: Sequence[Floats], pieces: Pieces) -> list[int]:
    """The numbers of the pieces that more than half of the alphas (H, W) put on the other side than the first one."""
    found = []
    for number, person in enumerate(pieces.person, 1):
        piece = pieces.labels == number
        against = sum((float(np.median(alpha[piece])) > 0.5) != person for alpha in alphas)
        if 2 * against > len(alphas):
            found.append(number)
    return found


def corrected(alphas: Sequence[Floats], pieces: Pieces, changed: Collection[int]) -> Floats:
    """The first alpha with some pieces on the other side, taken from the alpha that says so most clearly."""
    alpha = alphas[0].copy()
    radius = max(2, round(SEAM * float(np.hypot(*alpha.shape))))
    free = (pieces.labels == 0) | np.isin(pieces.labels, list(changed))
    for number in changed:
        piece = pieces.labels == number
        person = pieces.person[number - 1]
        other = min(alphas[1:], key=lambda one: float(np.abs(one[piece] - (not person)).mean()))
        there = (cv2.dilate(piece.astype(np.uint8), disc(radius)) > 0) & free
        alpha[there] = (np.minimum if person else np.maximum)(alpha, other)[there]
    return alpha


def disc(radius: int) -> NDArray[np.uint8]:
    """A structuring element of that radius in pixels."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2), np.uint8)


def looked_at(pictures: Path, folders: Sequence[Path]) -> Iterator[tuple[str, Image, list[Floats]]]:
    """Stem, picture (H, W, 3) and alphas (H, W) in [0, 1] of each picture.

    Raises:
        OSError: A file is missing, is no picture or has another size.
    """
    for path in sorted(path for path in pictures.iterdir() if path.is_file()):
        image = dataset.read_rgb(path)
        levels = [dataset.read_alpha(folder / f"{path.stem}.png") for folder in folders]
        alphas = [level.astype(np.float32) / np.float32(255) for level in levels]
        if {alpha.shape for alpha in alphas} != {image.shape[:2]}:
            raise OSError(f"{path}: an alpha of it has another size")
        yield path.stem, image, alphas


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.label_pieces", description=__doc__)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--alphas", type=Path, nargs="+", required=True, help="folders; the first has the labels")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(words)
    if len(arguments.alphas) < 2:
        parser.error("give at least two folders of alphas")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for stem, _, alphas in looked_at(arguments.pictures, arguments.alphas):
        pieces = find_pieces(alphas)
        label = corrected(alphas, pieces, outvoted(alphas, pieces))
        cv2.imwrite(str(arguments.output / f"{stem}.png"), np.rint(255 * label).astype(np.uint8))


if __name__ == "__main__":
    main()
