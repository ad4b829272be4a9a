"""Composites of two held-out people: whether both are segmented, and whether all landmarks belong to the same face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station.frames import Head, Image, Landmark
from capture_station.portrait.people import choose
from models.recipe import dataset, metrics
from models.recipe.augmentation import Layer, place_layer, true_layer
from models.recipe.dataset import covering
from models.recipe.evaluate.accuracy import at_size
from models.recipe.evaluate.composites import noisy
from models.recipe.evaluate.contestants import Contestant, sure_of
from models.recipe.geometry import blend

SIDE_PX = 480
STRETCH = 4 / 3
"""Horizontal factor that stretches the composed square to a picture with a camera's aspect ratio."""
SEED = 0
SAME_FACE = 0.5
"""A landmark belongs to a person if it is within this many eye distances of that person's labelled landmark."""


@dataclass(frozen=True)
class Pair:
    """One picture of two people."""

    name: str
    image: Image
    """(H, W, 3) RGB."""
    alpha: NDArray[np.float32]
    """(H, W) in [0, 1], the alpha of both people together."""
    landmarks_px: tuple[NDArray[np.float32], NDArray[np.float32]]
    """Landmarks (6, 2) of each person."""


@dataclass(frozen=True)
class PairRow:
    """The measures of one contestant on one pair."""

    contestant: str
    image: str
    iou: float
    one_face: bool | None
    """Whether all landmarks belong to the same person; None without landmarks."""
    persons: int
    """Number of people that the station counts."""


def pairs(contestants: Sequence[Contestant], data: dataset.Dataset, limit: int | None) -> list[PairRow]:
    """Measure every contestant on the first ``limit`` pairs, or on all pairs if it is None."""
    rows = []
    for pair in tqdm(composed(data, limit), desc="pairs", unit="img"):
        for contestant in contestants:
            matte = contestant.segment(pair.image)
            alpha = at_size(matte, pair.alpha.shape)
            one_face = None if matte.head is None else of_one(matte.head, pair)
            persons = choose(matte.alpha, sure_of(matte).head, True, pair.image).persons
            rows.append(PairRow(contestant.name, pair.name, metrics.iou(alpha, pair.alpha), one_face, persons))
    return rows


def composed(data: dataset.Dataset, limit: int | None = None) -> Iterator[Pair]:
    """Yield every cut-out with a labelled face in front of another person.

    The distance between the two varies from close together to well apart. The result is deterministic.
    """
    portraits = sorted(
        (p for p in data.portraits if p.cutout is not None and p.landmarks_px is not None),
        key=lambda p: (p.source, p.image),
    )
    rooms = sorted(data.backgrounds, key=lambda room: (room.source, room.image))
    for index, front in enumerate(portraits[:limit]):
        rng = np.random.default_rng((SEED, index))
        others = [p for p in portraits if p.image.stem.split("_")[0] != front.image.stem.split("_")[0]] or [front]
        behind = others[rng.integers(len(others))]
        room = rooms[rng.integers(len(rooms))]
        height = SIDE_PX * rng.uniform(0.65, 0.85)
        apart, side = rng.uniform(0.22, 0.45), rng.choice([-1, 1])
        first = stood(front, height, 0.5 - side * apart / 2)
        second = stood(behind, height * rng.uniform(0.75, 1.0), 0.5 + side * apart / 2)
        still = blend(second.colours, covering(dataset.read_rgb(room.image), (SIDE_PX, SIDE_PX)), second.alpha)
        still = blend(first.colours, still, first.alpha)
        alpha = 1 - (1 - first.alpha / np.float32(255)) * (1 - second.alpha / np.float32(255))
        size_wh = (round(SIDE_PX * STRETCH), SIDE_PX)
        image = noisy(cv2.resize(still, size_wh).astype(np.float32), rng)
        whole = np.asarray(cv2.resize(alpha, size_wh), np.float32)
        landmarks = tuple(
            layer.landmarks_px * (STRETCH, 1) for layer in (first, second) if layer.landmarks_px is not None
        )
        name = f"{front.source}/{front.image.stem} and {behind.source}/{behind.image.stem} before {room.image.stem}"
        yield Pair(name, image, whole, (landmarks[0], landmarks[1]))


def stood(portrait: dataset.Portrait, height: float, x: float) -> Layer:
    """Place a cut-out on the lower edge of the square.

    Its height is ``height`` pixels, and its middle is at the share ``x`` of the square's width.
    """
    assert portrait.cutout is not None
    layer = true_layer(portrait, portrait.cutout)
    width = height * layer.alpha.shape[1] / layer.alpha.shape[0] / STRETCH
    return place_layer(layer, (x * SIDE_PX - width / 2, SIDE_PX - height, width, height), SIDE_PX)


def of_one(head: Head, pair: Pair) -> bool:
    """Return whether all landmarks are near those of the same person."""
    points = head.points_px((pair.image.shape[1], pair.image.shape[0]))
    return any(
        float(np.hypot(*(points - theirs).T).max())
        < SAME_FACE * float(np.hypot(*(theirs[Landmark.LEFT_EYE] - theirs[Landmark.RIGHT_EYE])))
        for theirs in pair.landmarks_px
    )
