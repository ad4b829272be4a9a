"""How good mattes and landmarks are: a row of numbers for every contestant and labelled or empty picture."""

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
from capture_station.portrait.trimap import face_mask
from models.recipe import dataset, metrics
from models.recipe.evaluate.contestants import Contestant

NETWORK_SIDE_PX = 256
"""Eye distances are told as they are in a preview's input."""


@dataclass(frozen=True)
class PortraitRow:
    """One contestant on one portrait. NaN where there is no face label, or no landmarks."""

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
    """Half transparent area away from the true outline, as a share of the person."""
    lost: float
    """Share of the person's pixels that are left out."""
    landmark_error: float
    """Mean distance of the six landmarks from their labels, in eye distances."""
    face_score: float
    eye_distance_px: float
    """Of the label, in a picture stretched to 256x256."""
    face_lightness: float
    """Median L* between eyes and mouth as photographed."""
    colourful: bool
    """False for grey and sepia pictures."""


@dataclass(frozen=True)
class EmptyRow:
    """One contestant on one picture without people."""

    contestant: str
    source: str
    image: str
    person_area: float
    """Share of the picture above 0.5."""
    face_score: float


def portraits(
    contestants: Sequence[Contestant], data: dataset.Dataset, root: Path, limit: int | None
) -> list[PortraitRow]:
    """Every contestant on the first ``limit`` portraits of every source, at the pictures' own resolution."""
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
                    # Sepia has one hue, so that its chroma varies little.
                    colourful=bool(np.std(lab[..., 1]) > 3 and np.mean(chroma) > 4),
                )
            )
    return rows


def empty_scenes(
    contestants: Sequence[Contestant], data: dataset.Dataset, root: Path, limit: int | None
) -> list[EmptyRow]:
    """Every contestant on pictures without people, ``limit`` of them or all."""
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
    """Alpha at a picture's resolution, bilinear."""
    height, width = shape_hw
    return np.asarray(cv2.resize(matte.alpha, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def matte_scores(alpha: NDArray[np.float32], truth: NDArray[np.float32]) -> tuple[float, ...]:
    """IoU, boundary F, mean absolute error, that in the edge band, sum of absolute differences, haze, what is lost."""
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
    """Landmark error in eye distances and face score; NaN without label or landmarks."""
    if matte.head is None:
        return nan, nan
    if landmarks_px is None:
        return nan, matte.head.score
    height, width = image.shape[:2]
    distances = np.linalg.norm(matte.head.points_px((width, height)) - landmarks_px, axis=1)
    return float(distances.mean() / eye_distance(landmarks_px)), matte.head.score


def eye_distance(landmarks: NDArray[np.float32]) -> float:
    """Between the eyes of (6, 2) landmarks."""
    return float(np.linalg.norm(landmarks[0] - landmarks[1]))


def face_lightness(lightness: NDArray[np.float32], landmarks_px: NDArray[np.float32]) -> float:
    """Median of a plane (H, W) within eyes and mouth corners."""
    inside = lightness[face_mask(landmarks_px, lightness.shape)]
    return float(np.median(inside)) if len(inside) else nan
