"""What is measured: the shipped int8 models through the station's own code, their float origin, peer and baseline."""

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
from capture_station.portrait.pipeline import make_portrait
from capture_station.presets import FREE
from capture_station.segmentation.deeplab import FACE_SCORE, DeepLabSegmenter
from capture_station.segmentation.heatmaps import find_head
from capture_station.segmentation.interpreter import Runtime, open_interpreter
from capture_station.segmentation.luv_threshold import LuvSegmenter
from capture_station.segmentation.temporal_smoothing import TemporalSmoother
from capture_station.segmentation.tensors import sigmoid

Floats = NDArray[np.float32]
PEER_SIZE_PX = 256


@dataclass(frozen=True)
class Contestant:
    """A name and what it makes of a picture (H, W, 3) uint8 RGB: a matte on its own grid.

    Where it has landmarks, the matte's head is there whatever its score.
    """

    name: str
    segment: Callable[[Image], Matte]
    forget: Callable[[], None] = lambda: None
    """To be called before another video: what was seen so far says nothing of it."""


def shipped(
    name: str, model: Path, both_ways: bool = False, runtime: Runtime = "litert", threads: int = 1
) -> Contestant:
    """An int8 file as the station runs it; saved portraits are looked at twice."""
    interpreter = open_interpreter(model, runtime, threads)
    segmenter = DeepLabSegmenter(interpreter, model.name, both_ways=both_ways, least_face_score=0.0)
    return Contestant(name, lambda image: segmenter.segment(Frame(image, 0, 0.0)))


def refined(contestant: Contestant) -> Contestant:
    """A contestant whose mattes go through the station's refinement."""

    def segment(image: Image) -> Matte:
        matte = contestant.segment(image)
        return Matte(unit_alpha(portrait_of(image, matte)), matte.head, 0)

    return Contestant(f"{contestant.name}, refined", segment)


def smoothed(contestant: Contestant, name: str) -> Contestant:
    """A contestant whose mattes are averaged over time as the station's preview is; for frames in their order."""
    smoother = TemporalSmoother(SegmentationSettings().smoothing)
    return Contestant(name, lambda image: smoother.smooth(contestant.segment(image), image), smoother.reset)


def portrait_of(image: Image, matte: Matte) -> Portrait:
    """What the station makes of a picture and its matte: uncropped, on white; only a head it is sure of counts."""
    return make_portrait(image, sure_of(matte), PortraitSettings(preset=FREE))


def sure_of(matte: Matte) -> Matte:
    """The matte as the station has it: without a head that it is not sure of."""
    sure = matte.head is not None and matte.head.score >= FACE_SCORE
    return matte if sure else replace(matte, head=None)


def unit_alpha(portrait: Portrait) -> Floats:
    """A portrait's alpha (H, W) in [0, 1]."""
    return np.asarray(portrait.alpha / np.float32(255), np.float32)


def float_network(name: str, file: Path, size_px: int) -> Contestant:
    """The network before quantization: a checkpoint (.pt) or a float TFLite file."""
    run = checkpoint_runner(file) if file.suffix == ".pt" else float_tflite_runner(file)

    def segment(image: Image) -> Matte:
        logits, heatmaps = run(unit_range(resized(image, (size_px, size_px))))
        return Matte(sigmoid(logits[0, :, :, 0]), find_head(np.asarray(heatmaps[0], np.float32)), 0)

    return Contestant(name, segment)


def checkpoint_runner(file: Path) -> Callable[[Floats], tuple[Any, Any]]:
    """(1, S, S, 3) in [0, 1] to matte and heatmap logits, NHWC, by a checkpoint's averaged network."""
    import torch

    from models.recipe.export import load_network

    network, _ = load_network(file)

    @torch.no_grad()
    def run(pixels: Floats) -> tuple[Any, Any]:
        prediction = network(torch.from_numpy(pixels).permute(0, 3, 1, 2))
        return tuple(plane.permute(0, 2, 3, 1).numpy() for plane in prediction)

    return run


def float_tflite_runner(file: Path) -> Callable[[Floats], tuple[Any, Any]]:
    """The same by a float TFLite file."""
    interpreter = opened(file)
    outputs = sorted(interpreter.get_output_details(), key=lambda output: output["shape"][3])

    def run(pixels: Floats) -> tuple[Any, Any]:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
        interpreter.invoke()
        return tuple(interpreter.get_tensor(output["index"]) for output in outputs)

    return run


def selfie(name: str, file: Path) -> Contestant:
    """MediaPipe Selfie Segmentation, general: float32 RGB / 255 at 256x256, picture stretched, alpha out."""
    interpreter = opened(file)
    given, said = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def segment(image: Image) -> Matte:
        square = resized(image, (PEER_SIZE_PX, PEER_SIZE_PX))
        interpreter.set_tensor(given, unit_range(square))
        interpreter.invoke()
        return Matte(interpreter.get_tensor(said)[0, :, :, 0].astype(np.float32), None, 0)

    return Contestant(name, segment)


def threshold(name: str) -> Contestant:
    """The CIELUV colour threshold, background taken from the picture's border."""
    segmenter = LuvSegmenter()
    return Contestant(name, lambda image: segmenter.segment(Frame(image, 0, 0.0)))


def unit_range(image: Image) -> Floats:
    """(S, S, 3) uint8 as (1, S, S, 3) float32 in [0, 1]."""
    return np.asarray(image[None] / np.float32(255), np.float32)


def opened(file: Path, threads: int = 1) -> Any:
    """A LiteRT interpreter of any model, tensors allocated."""
    from ai_edge_litert.interpreter import Interpreter as LiteRt

    interpreter = LiteRt(str(file), num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter
