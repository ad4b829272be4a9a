"""How good portraits on white are, where the true one is known: a row for every contestant and composite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station.archive.encode import encode_jpeg
from capture_station.config import ArchiveSettings
from capture_station.frames import Image
from models.recipe import dataset, metrics
from models.recipe.evaluate.accuracy import at_size
from models.recipe.evaluate.composites import Composite, composites, levels
from models.recipe.evaluate.contestants import Contestant, portrait_of, unit_alpha

Floats = NDArray[np.float32]
WHITE = (255, 255, 255)
BLOCK_PX = 8


@dataclass(frozen=True)
class WhiteRow:
    """One contestant on one composite."""

    contestant: str
    refined: bool
    """Its matte went through the station's refinement; else it is only stretched, and the picture keeps its colours."""
    image: str
    iou: float
    boundary_f: float
    mae: float
    mae_in_band: float
    sad: float
    """In thousands of pixels."""
    gradient: float
    connectivity: float
    """Both in thousands (Rhemann et al. 2009)."""
    white_error: float
    """Mean CIEDE2000 from the true portrait on white in the edge band."""

    @property
    def source(self) -> str:
        """Of the cut-out; composites are named by it."""
        return self.image.partition("/")[0]


@dataclass(frozen=True)
class SavedRow:
    """The station's portrait of one composite as it is saved, and a second one of the same scene."""

    image: str
    exact: float
    """Share of the pixels that are exactly white in the decoded JPEG, in blocks of 8x8 without any of the person."""
    exact_to_the_edge: float
    """The same of all pixels without any of the person: JPEG rings within the blocks of the outline."""
    exact_of_truth: float
    """The same of the pixels that are background in truth, and outside the true edge band: what the matte got wrong."""
    change: float
    """Mean CIEDE2000 between the two portraits in the edge band."""
    change_by_noise: float
    """The same with the true alpha: what the camera's noise alone does to the person's pixels."""
    change_by_matte: float
    """The same with both alphas over one of the frames: what the mattes alone do."""


def whiteness(
    contestants: Sequence[Contestant], data: dataset.Dataset, limit: int | None, hair: bool = False
) -> list[WhiteRow]:
    """Every contestant on the composites of ``limit`` cut-outs or all, as it is and refined."""
    rows = []
    for scene in tqdm(composites(data, limit, hair), desc="hair" if hair else "composites", unit="img"):
        for contestant in contestants:
            matte = contestant.segment(scene.image)
            alpha = at_size(matte, scene.alpha.shape)
            rows.append(judged(contestant.name, False, scene, alpha, on_white(scene.image, alpha)))
            portrait = portrait_of(scene.image, matte)
            rows.append(judged(contestant.name, True, scene, unit_alpha(portrait), portrait.image_rgb))
    return rows


def judged(name: str, refined: bool, scene: Composite, alpha: Floats, portrait: Image) -> WhiteRow:
    """A portrait (H, W, 3) uint8 and its alpha (H, W) in [0, 1] against the truth."""
    return WhiteRow(
        name,
        refined,
        scene.name,
        metrics.iou(alpha, scene.alpha),
        metrics.boundary_f(alpha, scene.alpha),
        metrics.mae(alpha, scene.alpha),
        metrics.mae_in_band(alpha, scene.alpha),
        metrics.sad(alpha, scene.alpha),
        metrics.gradient_error(alpha, scene.alpha),
        metrics.connectivity_error(alpha, scene.alpha),
        metrics.white_error(portrait, scene.on_white, scene.alpha),
    )


def saved(station: Contestant, data: dataset.Dataset, limit: int | None) -> list[SavedRow]:
    """The station's portraits of the composites of ``limit`` cut-outs or all, encoded as the archive does."""
    rows = []
    for scene in tqdm(composites(data, limit), desc="saved portraits", unit="img"):
        first, second = (portrait_of(image, station.segment(image)) for image in (scene.image, scene.again))
        mattes = [on_white(scene.image, unit_alpha(portrait)) for portrait in (first, second)]
        white = np.all(decoded(first.image_rgb) == WHITE, axis=2)
        nobody = first.alpha == 0
        truly_nobody = (scene.alpha == 0) & ~metrics.edge_band(scene.alpha, metrics.BAND)
        rows.append(
            SavedRow(
                scene.name,
                share(white, blocks_without(first.alpha)),
                share(white, nobody),
                share(white, truly_nobody),
                metrics.white_error(first.image_rgb, second.image_rgb, scene.alpha),
                metrics.white_error(scene.on_white, scene.on_white_again, scene.alpha),
                metrics.white_error(*mattes, scene.alpha),
            )
        )
    return rows


def decoded(picture: Image) -> Image:
    """A picture (H, W, 3) after it was saved by the defaults and read again."""
    settings = ArchiveSettings()
    data = np.frombuffer(encode_jpeg(picture, settings.jpeg_quality, settings.dpi), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def blocks_without(alpha: Image) -> NDArray[np.bool_]:
    """Pixels (H, W) in 8x8 blocks, counted from the upper left corner, in which alpha is 0 throughout."""
    height, width = alpha.shape
    padded = np.pad(alpha, ((0, -height % BLOCK_PX), (0, -width % BLOCK_PX)))
    rows, columns = padded.shape[0] // BLOCK_PX, padded.shape[1] // BLOCK_PX
    empty = padded.reshape(rows, BLOCK_PX, columns, BLOCK_PX).max(axis=(1, 3)) == 0
    return empty.repeat(BLOCK_PX, axis=0).repeat(BLOCK_PX, axis=1)[:height, :width]


def share(mask: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    """Of the pixels among which the mask is true; 1 of none."""
    return float(np.mean(mask[among])) if among.any() else 1.0


def on_white(image: Image, alpha: Floats) -> Image:
    """The picture's own colours on white: what a matte alone gives."""
    return levels(image * alpha[..., None] + 255 * (1 - alpha[..., None]))
