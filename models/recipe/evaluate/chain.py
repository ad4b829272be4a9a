"""How long a whole portrait takes, beside a peer's inference alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np

from capture_station.archive.encode import encode_jpeg
from capture_station.config import ArchiveSettings
from capture_station.frames import Image
from models.recipe.evaluate.contestants import portrait_of, shipped
from models.recipe.evaluate.saliency import SIDE_PX, normalised, onnx_session
from models.recipe.evaluate.speed import Timing

THREADS = 2
ROUNDS = 7
WARM_UP_ROUNDS = 2
ONE_MEGAPIXEL_WH, TWELVE_MEGAPIXELS_WH = (1152, 864), (4000, 3000)


def chains(model: Path, peers: Mapping[str, Path], picture: Image) -> list[Timing]:
    """Peers' inferences by name, then our whole way from a decoded frame to a portrait, all in turn.

    Each step is done twice, and the second time counts: during the first, threads of the step before still spin.

    Args:
        model: The capture model.
        peers: ONNX files.
        picture: Somebody, (H, W, 3); enlarged to both sizes.
    """
    small, large = (
        np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        for size in (ONE_MEGAPIXEL_WH, TWELVE_MEGAPIXELS_WH)
    )
    ours = shipped("capture", model, both_ways=True, threads=THREADS)
    settings = ArchiveSettings()
    steps = {f"{name}, inference alone": inference(file, picture) for name, file in peers.items()}
    steps["our whole chain, 1 megapixel"] = lambda: portrait_of(small, ours.segment(small))
    steps["our whole chain with the JPEG, 12 megapixels"] = lambda: encode_jpeg(
        portrait_of(large, ours.segment(large)).image_rgb, settings.jpeg_quality, settings.dpi
    )
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS + WARM_UP_ROUNDS):
        for name, step in steps.items():
            step()
            began_s = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - began_s)
    medians = {name: float(np.median(taken[WARM_UP_ROUNDS:])) * 1e3 for name, taken in times.items()}
    first = next(iter(medians.values()))
    return [Timing(name, THREADS, median, median / first) for name, median in medians.items()]


def inference(file: Path, picture: Image) -> Callable[[], object]:
    """A step that runs an ONNX file once, on a picture prepared beforehand."""
    session = onnx_session(file, THREADS)
    pixels = normalised(np.asarray(cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8))
    return lambda: session.run(None, {session.get_inputs()[0].name: pixels})
