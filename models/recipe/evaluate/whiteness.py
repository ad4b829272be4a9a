"""Accuracy of portraits on white whose true portrait is known: one row for each contestant and composite."""

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
    """The measures of one contestant on one composite."""

    contestant: str
    refined: bool
    """Whether the matte passed through the station's refinement.

    If not, the matte is only resized, and the picture keeps its colours.
    """
    image: str
    iou: float
    boundary_f: float
    mae: float
    mae_in_band: float
    sad: float
    """In thousands of pixels."""
    gradient: float
    connectivity: float
    """Gradient and connectivity errors are both in thousands (Rhemann et al. 2009)."""
    white_error: float
    """Mean CIEDE2000 difference from the true portrait on white in the edge band."""

    @property
    def source(self) -> str:
        """Source of the cut-out, which is the first part of the composite's name."""
        return self.image.partition("/")[0]


@dataclass(frozen=True)
class SavedRow:
    """Measures of the station's saved portrait of one composite, and of a second portrait of the same scene."""

    image: str
    exact: float
    """Share of exactly white pixels in the decoded JPEG, among the 8x8 blocks in which our alpha is 0 throughout."""
    exact_to_the_edge: float
    """The same among all pixels where our alpha is 0. JPEG ringing in the blocks of the outline lowers it."""
    exact_of_truth: float
    """The same among the true background pixels outside the true edge band. It shows the errors of the matte."""
    change: float
    """Mean CIEDE2000 difference between the two portraits in the edge band."""
    change_by_noise: float
    """The same with the true alpha: the effect of the camera's noise on the person's pixels alone."""
    change_by_matte: float
    """The same with both alphas applied to the first frame: the effect of the mattes alone."""


def whiteness(
    contestants: Sequence[Contestant], data: dataset.Dataset, limit: int | None, hair: bool = False
) -> list[WhiteRow]:
    """Measure every contestant without and with refinement.

    Only the composites of the first ``limit`` cut-outs are used, or all if it is None.
    """
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
    """Compare a portrait (H, W, 3) uint8 and its alpha (H, W) in [0, 1] with the truth."""
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
    """Measure the station's portraits, encoded as the archive encodes them.

    Only the composites of the first ``limit`` cut-outs are used, or all if it is None.
    """
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
    """Encode a picture (H, W, 3) as JPEG with the default settings and decode it again."""
    settings = ArchiveSettings()
    data = np.frombuffer(encode_jpeg(picture, settings.jpeg_quality, settings.dpi), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def blocks_without(alpha: Image) -> NDArray[np.bool_]:
    """Return a mask (H, W) of the 8x8 blocks in which alpha is 0 throughout; blocks start at the upper left corner."""
    height, width = alpha.shape
    padded = np.pad(alpha, ((0, -height % BLOCK_PX), (0, -width % BLOCK_PX)))
    rows, columns = padded.shape[0] // BLOCK_PX, padded.shape[1] // BLOCK_PX
    empty = padded.reshape(rows, BLOCK_PX, columns, BLOCK_PX).max(axis=(1, 3)) == 0
    return empty.repeat(BLOCK_PX, axis=0).repeat(BLOCK_PX, axis=1)[:height, :width]


def share(mask: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    """Return the share of the pixels in ``among`` where ``mask`` is true; 1 if ``among`` is empty."""
    return float(np.mean(mask[among])) if among.any() else 1.0


def on_white(image: Image, alpha: Floats) -> Image:
    """Blend the picture's own colours with white by alpha, without refinement."""
    return levels(image * alpha[..., None] + 255 * (1 - alpha[..., None]))
