"""Time of a whole portrait, compared with the time of a peer's inference alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from capture_station.archive.encode import encode_jpeg
from capture_station.config import ArchiveSettings
from capture_station.frames import Image
from models.recipe.evaluate.contestants import for_saving, portrait_of
from models.recipe.evaluate.saliency import SIDE_PX, normalised, onnx_session
from models.recipe.evaluate.speed import Timing

THREADS = 2
ROUNDS = 7
WARM_UP_ROUNDS = 2
ONE_MEGAPIXEL_WH, TWELVE_MEGAPIXELS_WH = (1152, 864), (4000, 3000)
Step = Callable[[Image], Callable[[], object]]
"""Takes a picture and returns the call to be timed."""


def chains(model: Path, peers: Mapping[str, Path], pictures: Sequence[Image]) -> list[Timing]:
    """Time the inference of each peer, then our whole chain from a decoded frame to a portrait.

    The steps are interleaved. Each step runs twice, and only the second run is timed: during the first run, threads of
    the previous step may still be spinning.

    Args:
        model: The capture model.
        peers: ONNX files by name.
        pictures: Pictures of a person, (H, W, 3) each. They are resized to both sizes. Each round uses one of them.
    """
    ours = for_saving("capture", model, threads=THREADS)
    settings = ArchiveSettings()
    steps: dict[str, Step] = {f"{name}, inference alone": inference(file) for name, file in peers.items()}
    steps["our whole chain, 1 megapixel"] = enlarged(
        ONE_MEGAPIXEL_WH, lambda image: portrait_of(image, ours.segment(image))
    )
    steps["our whole chain with the JPEG, 12 megapixels"] = enlarged(
        TWELVE_MEGAPIXELS_WH,
        lambda image: encode_jpeg(
            portrait_of(image, ours.segment(image)).image_rgb, settings.jpeg_quality, settings.dpi
        ),
    )
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(ROUNDS + WARM_UP_ROUNDS):
        for name, step in steps.items():
            once = step(pictures[number % len(pictures)])
            once()
            began_s = time.perf_counter()
            once()
            times[name].append(time.perf_counter() - began_s)
    medians = {name: float(np.median(taken[WARM_UP_ROUNDS:])) * 1e3 for name, taken in times.items()}
    first = next(iter(medians.values()))
    return [Timing(name, THREADS, median, median / first) for name, median in medians.items()]


def enlarged(size_wh: tuple[int, int], work: Callable[[Image], object]) -> Step:
    """Return a step that runs ``work`` on a picture. Enlarging the picture is not timed."""

    def step(picture: Image) -> Callable[[], object]:
        image = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)
        return lambda: work(image)

    return step


def inference(file: Path) -> Step:
    """Return a step that runs an ONNX model on a picture. Preprocessing is not timed."""
    session = onnx_session(file, THREADS)
    name = session.get_inputs()[0].name

    def step(picture: Image) -> Callable[[], object]:
        square = np.asarray(cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)
        pixels = normalised(square)
        return lambda: session.run(None, {name: pixels})

    return step
