"""Accuracy of mattes and landmarks: one row of measures for each contestant and each labelled or empty picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station.frames import Image, Matte
from capture_station.portrait.palette import face_mask
from models.recipe import dataset, metrics
from models.recipe.evaluate.contestants import Contestant

NETWORK_SIDE_PX = 256
"""Eye distances are given at this input size, the preview model's, in pixels."""


@dataclass(frozen=True)
class PortraitRow:
    """The measures of one contestant on one portrait; NaN where there is no face label or there are no landmarks."""

    contestant: str
    source: str
    image: str
    iou: float
    boundary_f: float
    mae: float
    mae_in_band: float
    sad: float
    """In thousands of pixels."""
    haze: float
    """Semi-transparent area away from the true outline, divided by the person's area."""
    lost: float
    """Share of the person's pixels that the matte misses."""
    landmark_error: float
    """Mean distance of the six landmarks from their labels, in units of the labelled eye distance."""
    face_score: float
    eye_distance_px: float
    """Labelled distance between the eyes, measured in the picture stretched to 256x256."""
    face_lightness: float
    """Median L* of the photograph between the eyes and the mouth."""
    colourful: bool
    """False for greyscale and sepia pictures."""


@dataclass(frozen=True)
class EmptyRow:
    """The measures of one contestant on one picture without people."""

    contestant: str
    source: str
    image: str
    person_area: float
    """Share of the picture where alpha is above 0.5."""
    face_score: float


def portraits(
    contestants: Sequence[Contestant], data: dataset.Dataset, root: Path, limit: int | None
) -> list[PortraitRow]:
    """Measure every contestant on the first ``limit`` portraits of every source, at each picture's own resolution."""
    rows = []
    chosen = [portrait for group in dataset.sources(data.portraits).values() for portrait in group[:limit]]
    for portrait in tqdm(chosen, desc="portraits", unit="img"):
        image, alpha = portrait.read()
        truth = alpha.astype(np.float32) / 255
        lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        chroma = np.hypot(lab[..., 1], lab[..., 2])
        eyes_px, lightness = nan, nan
        if portrait.landmarks_px is not None:
            eyes_px = eye_distance(portrait.landmarks_px / image.shape[1::-1] * NETWORK_SIDE_PX)
            lightness = face_lightness(lab[..., 0], portrait.landmarks_px)
        for contestant in contestants:
            matte = contestant.segment(image)
            scores = matte_scores(at_size(matte, truth.shape), truth)
            error, score = head_scores(matte, portrait.landmarks_px, image)
            rows.append(
                PortraitRow(
                    contestant.name,
                    portrait.source,
                    str(portrait.image.relative_to(root)),
                    *scores,
                    error,
                    score,
                    eyes_px,
                    lightness,
                    # A sepia picture has a single hue, so its a* values vary little.
                    colourful=bool(np.std(lab[..., 1]) > 3 and np.mean(chroma) > 4),
                )
            )
    return rows


def empty_scenes(
    contestants: Sequence[Contestant], data: dataset.Dataset, root: Path, limit: int | None
) -> list[EmptyRow]:
    """Measure every contestant on the first ``limit`` pictures without people, or on all of them if it is None."""
    rows = []
    for background in tqdm(data.backgrounds[:limit], desc="empty scenes", unit="img"):
        image = dataset.read_rgb(background.image)
        for contestant in contestants:
            matte = contestant.segment(image)
            area = float(np.mean(matte.alpha > 0.5))
            score = nan if matte.head is None else matte.head.score
            path = str(background.image.relative_to(root))
            rows.append(EmptyRow(contestant.name, background.source, path, area, score))
    return rows


def at_size(matte: Matte, shape_hw: tuple[int, ...]) -> NDArray[np.float32]:
    """Resize alpha to a picture's resolution with bilinear interpolation."""
    height, width = shape_hw
    return np.asarray(cv2.resize(matte.alpha, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def matte_scores(alpha: NDArray[np.float32], truth: NDArray[np.float32]) -> tuple[float, ...]:
    """Return IoU, boundary F, MAE, MAE in the edge band, SAD, haze and the lost share, in this order."""
    return (
        metrics.iou(alpha, truth),
        metrics.boundary_f(alpha, truth),
        metrics.mae(alpha, truth),
        metrics.mae_in_band(alpha, truth),
        metrics.sad(alpha, truth),
        metrics.haze(alpha, truth),
        metrics.lost(alpha, truth),
    )


def head_scores(matte: Matte, landmarks_px: NDArray[np.float32] | None, image: Image) -> tuple[float, float]:
    """Return the landmark error, in eye distances, and the face score.

    The error is NaN without a label. Both are NaN without landmarks.
    """
    if matte.head is None:
        return nan, nan
    if landmarks_px is None:
        return nan, matte.head.score
    height, width = image.shape[:2]
    distances = np.linalg.norm(matte.head.points_px((width, height)) - landmarks_px, axis=1)
    return float(distances.mean() / eye_distance(landmarks_px)), matte.head.score


def eye_distance(landmarks: NDArray[np.float32]) -> float:
    """Return the distance between the eyes of landmarks (6, 2)."""
    return float(np.linalg.norm(landmarks[0] - landmarks[1]))


def face_lightness(lightness: NDArray[np.float32], landmarks_px: NDArray[np.float32]) -> float:
    """Return the median of a plane (H, W) over the area between the eyes and the mouth corners."""
    inside = lightness[face_mask(landmarks_px, lightness.shape)]
    return float(np.median(inside)) if len(inside) else nan
