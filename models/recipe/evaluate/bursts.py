"""Difference between two captures of the same still scene, by the number of frames merged into each capture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station.config import PortraitSettings
from capture_station.frames import Image, Portrait
from capture_station.portrait.framing import Framing, frame_head, resample
from capture_station.portrait.merging import merge
from models.recipe import dataset, metrics
from models.recipe.evaluate.composites import Composite, composites, noisy
from models.recipe.evaluate.contestants import Contestant, portrait_of, sure_of

FRAMES = (1, 3, 10)
PRESET = PortraitSettings(preset="passport-35x45")
ENLARGED = 2
"""Scenes are enlarged by this factor before framing, because the cut-outs are too small for the preset."""


@dataclass(frozen=True)
class BurstRow:
    """Differences between two captures of one composite.

    Colour differences are the mean CIEDE2000 in the edge band.
    """

    image: str
    frames: int
    change: float
    """Colour difference between the uncropped portraits."""
    framed: float
    """Colour difference between the passport portraits, each framed by its own landmarks.

    It is NaN where the scene cannot be framed as a passport portrait.
    """
    placed_alike: float
    """The same, with both framed by the first one's landmarks, so that a different placement does not count."""
    head_change: float
    """Relative change of the head's height in the uncropped portraits; NaN unless a face was found in both."""


def bursts(station: Contestant, data: dataset.Dataset, limit: int | None) -> list[BurstRow]:
    """Capture every composite twice and compare the station's two portraits.

    Only the composites of the first ``limit`` cut-outs are used, or all if it is None.
    """
    rows = []
    for scene in tqdm(composites(data, limit), desc="bursts", unit="img"):
        rng = np.random.default_rng(0)
        large = cv2.resize(scene.still, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
        for frames in FRAMES:
            plain, framed = (
                [taken(still, frames, rng) for _ in range(2)] for still in (scene.still, np.asarray(large, np.float32))
            )
            first, second = (portrait_of(image, station.segment(image)) for image in plain)
            change = metrics.white_error(first.image_rgb, second.image_rgb, scene.alpha)
            heads = [portrait.measures.head_height or nan for portrait in (first, second)]
            head_change = abs(heads[1] / heads[0] - 1)
            rows.append(BurstRow(scene.name, frames, change, *framed_changes(station, framed, scene), head_change))
    return rows


def taken(still: NDArray[np.float32], frames: int, rng: np.random.Generator) -> Image:
    """Simulate a capture: add noise to a noise-free scene (H, W, 3) once per frame, and merge the frames."""
    best, *others = (noisy(still, rng) for _ in range(frames))
    return merge(best, others).image


def framed_changes(station: Contestant, images: Sequence[Image], scene: Composite) -> tuple[float, float]:
    """Return ``framed`` and ``placed_alike`` for two captures (H, W, 3) of an enlarged scene."""
    mattes = [sure_of(station.segment(image)) for image in images]
    portraits = [portrait_of(image, matte) for image, matte in zip(images, mattes, strict=True)]
    framings = [frame_head(matte.head, one.alpha, PRESET) for matte, one in zip(mattes, portraits, strict=True)]
    if any(framing.matrix is None for framing in framings):
        return nan, nan
    truth = cv2.resize(scene.alpha, images[0].shape[1::-1], interpolation=cv2.INTER_LINEAR)
    levels = resample(np.asarray(truth * 255 + 0.5, np.uint8), framings[0], (0,))
    band_of = np.asarray(levels / np.float32(255), np.float32)

    def change(second: Framing) -> float:
        first = placed(portraits[0], framings[0])
        # The size depends on the head, so the two portraits may differ by a pixel.
        other = cv2.resize(placed(portraits[1], second), first.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return metrics.white_error(first, np.asarray(other, np.uint8), band_of)

    return change(framings[1]), change(framings[0])


def placed(portrait: Portrait, framing: Framing) -> Image:
    return resample(portrait.image_rgb, framing, PRESET.background)
