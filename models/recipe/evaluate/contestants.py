"""Contestants: the shipped int8 models run by the station's code, their float originals, the peer and the baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capture_station.config import PortraitSettings, SegmentationSettings
from capture_station.frames import Frame, Image, Matte, Portrait
from capture_station.images import resized
from capture_station.portrait.coarse_to_fine import segment_coarse_to_fine
from capture_station.portrait.pipeline import make_portrait
from capture_station.presets import FREE
from capture_station.segmentation.deeplab import FACE_SCORE, DeepLabSegmenter
from capture_station.segmentation.factory import open_segmenter
from capture_station.segmentation.heatmaps import find_head
from capture_station.segmentation.interpreter import Runtime, open_interpreter
from capture_station.segmentation.luv_threshold import LuvSegmenter
from capture_station.segmentation.second_model import open_second_model
from capture_station.segmentation.temporal_smoothing import RATE_HZ, TemporalSmoother
from capture_station.segmentation.tensors import sigmoid

Floats = NDArray[np.float32]
PEER_SIZE_PX = 256
UNCROPPED = PortraitSettings(preset=FREE)


@dataclass(frozen=True)
class Contestant:
    """A named segmenter that turns a picture (H, W, 3) uint8 RGB into a matte at its own resolution.

    If the contestant predicts landmarks, the matte always has a head, whatever its score.
    """

    name: str
    segment: Callable[[Image], Matte]
    begin_video: Callable[[float], None] = lambda _: None
    """Resets the state from previous frames. Call it before each new video, with its frames a second."""


def shipped(name: str, model: Path, flip_averaging: bool = False, runtime: Runtime = "litert") -> Contestant:
    """Run an int8 file as the station does, on one thread.

    ``flip_averaging`` segments the picture and its mirror image, and asks the second network, as the station does where
    no fine pass follows.
    """
    interpreter = open_interpreter(model, runtime, 1)
    settings = SegmentationSettings(runtime=runtime, threads=1)
    second = open_second_model(settings) if flip_averaging else None
    segmenter = DeepLabSegmenter(interpreter, model.name, "", flip_averaging, 0.0, second)
    return Contestant(name, lambda image: segmenter.segment(Frame(image, 0, 0.0)))


def for_saving(name: str, model: Path, portrait: PortraitSettings = UNCROPPED, threads: int = 1) -> Contestant:
    """Run an int8 file as the station does for saved portraits, with a fine pass over what the portrait will show.

    Faces count from the station's threshold on.
    """
    settings = SegmentationSettings(runtime="litert", threads=threads, capture_model=model)
    segmenter = open_segmenter(settings, "capture")
    return Contestant(name, lambda image: segment_coarse_to_fine(Frame(image, 0, 0.0), segmenter, portrait))


def refined(contestant: Contestant) -> Contestant:
    """Return a contestant whose mattes pass through the station's refinement."""

    def segment(image: Image) -> Matte:
        matte = contestant.segment(image)
        return Matte(unit_alpha(portrait_of(image, matte)), matte.head, 0)

    return Contestant(f"{contestant.name}, refined", segment)


def smoothed(contestant: Contestant, name: str) -> Contestant:
    """Return a contestant whose mattes are averaged over time as in the station's preview.

    Its frames must be given in order. Without ``begin_video``, they are ``RATE_HZ`` a second.
    """
    smoother = TemporalSmoother(SegmentationSettings().smoothing)
    at_s, interval_s = 0.0, 1 / RATE_HZ

    def begin_video(rate_hz: float) -> None:
        nonlocal interval_s
        interval_s = 1 / rate_hz
        smoother.reset()

    def segment(image: Image) -> Matte:
        nonlocal at_s
        at_s += interval_s
        return smoother.smooth(contestant.segment(image), image, at_s)

    return Contestant(name, segment, begin_video)


def portrait_of(image: Image, matte: Matte) -> Portrait:
    """Make the station's uncropped portrait on white; a head with a score below the threshold is ignored."""
    return make_portrait(image, sure_of(matte), UNCROPPED)


def sure_of(matte: Matte) -> Matte:
    """Remove the head from a matte if its score is below the station's threshold."""
    sure = matte.head is not None and matte.head.score >= FACE_SCORE
    return matte if sure else replace(matte, head=None)


def unit_alpha(portrait: Portrait) -> Floats:
    """Return a portrait's alpha (H, W) in [0, 1]."""
    return np.asarray(portrait.alpha / np.float32(255), np.float32)


def float_network(name: str, file: Path, size_px: int) -> Contestant:
    """Run the network before quantization, from a checkpoint (.pt) or a float TFLite file."""
    run = checkpoint_runner(file) if file.suffix == ".pt" else float_tflite_runner(file)

    def segment(image: Image) -> Matte:
        logits, heatmaps = run(unit_range(resized(image, (size_px, size_px))))
        return Matte(sigmoid(logits[0, :, :, 0]), find_head(np.asarray(heatmaps[0], np.float32)), 0)

    return Contestant(name, segment)


def checkpoint_runner(file: Path) -> Callable[[Floats], tuple[Any, Any]]:
    """Return a function from pixels (1, S, S, 3) in [0, 1] to matte and heatmap logits, NHWC.

    It runs the checkpoint's network with averaged weights.
    """
    import torch

    from models.recipe.export import load_network

    network, _ = load_network(file)

    @torch.no_grad()
    def run(pixels: Floats) -> tuple[Any, Any]:
        prediction = network(torch.from_numpy(pixels).permute(0, 3, 1, 2))
        return tuple(plane.permute(0, 2, 3, 1).numpy() for plane in prediction)

    return run


def float_tflite_runner(file: Path) -> Callable[[Floats], tuple[Any, Any]]:
    """Return the same function as ``checkpoint_runner`` for a float TFLite file."""
    interpreter = opened(file)
    outputs = sorted(interpreter.get_output_details(), key=lambda output: output["shape"][3])

    def run(pixels: Floats) -> tuple[Any, Any]:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
        interpreter.invoke()
        return tuple(interpreter.get_tensor(output["index"]) for output in outputs)

    return run


def selfie(name: str, file: Path) -> Contestant:
    """Run the general model of MediaPipe Selfie Segmentation.

    Its input is the picture stretched to 256x256, float32 RGB in [0, 1]. Its output is alpha.
    """
    interpreter = opened(file)
    given, said = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def segment(image: Image) -> Matte:
        square = resized(image, (PEER_SIZE_PX, PEER_SIZE_PX))
        interpreter.set_tensor(given, unit_range(square))
        interpreter.invoke()
        return Matte(interpreter.get_tensor(said)[0, :, :, 0].astype(np.float32), None, 0)

    return Contestant(name, segment)


def threshold(name: str) -> Contestant:
    """Run the CIELUV colour threshold, which takes the background colour from the picture's border."""
    segmenter = LuvSegmenter()
    return Contestant(name, lambda image: segmenter.segment(Frame(image, 0, 0.0)))


def unit_range(image: Image) -> Floats:
    """Convert a picture (S, S, 3) uint8 to (1, S, S, 3) float32 in [0, 1]."""
    return np.asarray(image[None] / np.float32(255), np.float32)


def opened(file: Path, threads: int = 1) -> Any:
    """Open any model in a LiteRT interpreter and allocate its tensors."""
    from ai_edge_litert.interpreter import Interpreter as LiteRt

    interpreter = LiteRt(str(file), num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter
