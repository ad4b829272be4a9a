"""Steadiness of mattes over time: the change of alpha where the picture does not change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station.frames import Image
from capture_station.segmentation.temporal_smoothing import RATE_HZ
from models.recipe.evaluate.accuracy import at_size
from models.recipe.evaluate.contestants import Contestant

HEIGHT_PX = 256
"""Height at which frames and mattes are compared."""
STILL_LEVELS = 2.0
"""A pixel is still if no channel of the slightly blurred frames differs by more than this, on the scale 0 to 255."""
NEIGHBOURHOOD_PX = 7
"""Side of the square around a pixel that must be still too."""
NEAR_OUTLINE_PX = 5
PAIRS = 60
"""Largest number of pairs of consecutive frames per video."""


@dataclass(frozen=True)
class Steadiness:
    """Mean absolute change of alpha between consecutive frames at still pixels, for one contestant over all videos."""

    contestant: str
    everywhere: float
    near_outline: float
    """The same, only at still pixels within ``NEAR_OUTLINE_PX`` of the outline at alpha 0.5."""
    pairs: int


def steadiness(contestants: Sequence[Contestant], folder: Path) -> list[Steadiness]:
    """Measure every contestant on the first frames of every video in a folder; each pair of frames has the same weight.

    Raises:
        OSError: There is no video in the folder.
    """
    videos = sorted(path for path in folder.iterdir() if path.suffix in (".mkv", ".mp4", ".gif", ".avi"))
    if not videos:
        raise OSError(f"{folder}: no videos")
    changes: dict[str, list[tuple[float, float]]] = {contestant.name: [] for contestant in contestants}
    for video in tqdm(videos, desc="videos"):
        rate_hz = frames_per_second(video)
        for contestant in contestants:
            contestant.begin_video(rate_hz)
        before: Image | None = None
        alphas: dict[str, NDArray[np.float32]] = {}
        for image in frames(video):
            small = compared(image)
            still = None if before is None else still_pixels(before, small)
            for contestant in contestants:
                alpha = at_size(contestant.segment(image), small.shape[:2])
                if still is not None and still.any():
                    changes[contestant.name].append(change(alphas[contestant.name], alpha, still))
                alphas[contestant.name] = alpha
            before = small
    result = []
    for name, pairs in changes.items():
        everywhere, near_outline = np.nanmean(pairs, axis=0)
        result.append(Steadiness(name, float(everywhere), float(near_outline), len(pairs)))
    return result


def frames_per_second(video: Path) -> float:
    """Return the rate that a video's file names, or the rate of most cameras if it names none."""
    reader = cv2.VideoCapture(str(video))
    rate_hz = reader.get(cv2.CAP_PROP_FPS)
    reader.release()
    return rate_hz if rate_hz > 0 else RATE_HZ


def frames(video: Path) -> Iterator[Image]:
    """Yield the first ``PAIRS + 1`` frames of a video, (H, W, 3) RGB."""
    reader = cv2.VideoCapture(str(video))
    try:
        for _ in range(PAIRS + 1):
            more, image_bgr = reader.read()
            if not more:
                return
            yield np.asarray(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB), np.uint8)
    finally:
        reader.release()


def compared(image: Image) -> Image:
    """Resize a frame to the height of comparison and blur it slightly to suppress compression noise."""
    width = round(image.shape[1] * HEIGHT_PX / image.shape[0])
    return np.asarray(cv2.GaussianBlur(cv2.resize(image, (width, HEIGHT_PX)), (0, 0), 1.0), np.uint8)


def still_pixels(before: Image, after: Image) -> NDArray[np.bool_]:
    """Return a mask (H, W) of the pixels that did not change and whose neighbourhood did not change."""
    moved = (cv2.absdiff(before, after).max(axis=2) > STILL_LEVELS).astype(np.uint8)
    return np.asarray(cv2.dilate(moved, np.ones((NEIGHBOURHOOD_PX, NEIGHBOURHOOD_PX), np.uint8)) == 0)


def change(before: NDArray[np.float32], after: NDArray[np.float32], still: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the mean absolute change of alpha at all still pixels and at those near the outline.

    The second value is NaN if no still pixel is near the outline.
    """
    difference = np.abs(after - before)
    person = (after > 0.5).astype(np.uint8)
    kernel = np.ones((2 * NEAR_OUTLINE_PX + 1,) * 2, np.uint8)
    near = still & (cv2.dilate(person, kernel) != cv2.erode(person, kernel))
    return float(difference[still].mean()), float(difference[near].mean()) if near.any() else float("nan")
