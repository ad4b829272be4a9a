"""The network: DeepLabv3+ in int8, one picture in, matte and head out."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from capture_station.errors import ModelError
from capture_station.frames import Alpha, CoarsePass, Frame, Head, Image, Matte
from capture_station.images import resized
from capture_station.segmentation.contract import SecondModel, SegmenterInfo
from capture_station.segmentation.heatmaps import find_head, mirrored
from capture_station.segmentation.interpreter import Int8, Interpreter, Runtime, open_interpreter
from capture_station.segmentation.model_file import checked_sha256
from capture_station.segmentation.tensors import (
    Floats,
    alpha_table,
    input_table,
    pack,
    unpack_alpha,
    unpack_heatmaps,
)

FACE_SCORE = 0.5


class _Inference(NamedTuple):
    """What the network says of one input."""

    alpha: Alpha
    heatmaps: Floats | None
    """Logits (h/4, w/4, 7), where the network has them."""


class DeepLabSegmenter:
    """A TFLite model with logits (1, h, w, 1) and, where it has them, head heatmaps (1, h/4, w/4, 7).

    Thread-bound: used only by the thread that opened it.

    Args:
        flip_averaging: ``segment`` takes the mean of the picture's matte and its mirror image's: twice the time, a
            steadier matte (measured in the model card).
        least_face_score: Below this probability there is no face.
        second_model: ``segment`` asks it as well; None where there is none.

    Raises:
        ModelError: The model has no matte.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        model: str = "",
        sha256: str = "",
        flip_averaging: bool = False,
        least_face_score: float = FACE_SCORE,
        second_model: SecondModel | None = None,
    ) -> None:
        self._interpreter = interpreter
        self._flip_averaging = flip_averaging
        self._least_face_score = least_face_score
        self._second_model = second_model
        self._input_table = input_table(interpreter.input)
        self._matte, self._heatmaps = find_outputs(interpreter, model)
        self._alpha_table = alpha_table(interpreter.outputs[self._matte])
        _, height, width, _ = interpreter.input.shape
        self.info = SegmenterInfo("deeplab", model, sha256, interpreter.runtime, (width, height))

    @classmethod
    def open(
        cls,
        model: Path,
        runtime: Runtime,
        threads: int,
        flip_averaging: bool = False,
        second_model: SecondModel | None = None,
    ) -> DeepLabSegmenter:
        """Load a model whose sha256 is the one in the JSON beside it; a model without a JSON is taken as it is.

        Raises:
            ModelError: Missing, changed, not loadable, or without a matte.
        """
        # Before the runtime's parser, which a damaged file might crash.
        sha256 = checked_sha256(model) if runtime != "fake" else ""
        interpreter = open_interpreter(model, runtime, threads)
        return cls(interpreter, model.name, sha256, flip_averaging, second_model=second_model)

    def segment(self, frame: Frame) -> Matte:
        picture, packed = self._reduced(frame)
        return self._complete(frame.sequence, picture, packed, self._infer(packed))

    def coarse_pass(self, frame: Frame) -> CoarsePass:
        picture, packed = self._reduced(frame)
        seen = self._infer(packed)
        matte = Matte(seen.alpha, self._head(seen.heatmaps), frame.sequence)
        return CoarsePass(matte, lambda: self._complete(frame.sequence, picture, packed, seen))

    def _reduced(self, frame: Frame) -> tuple[Image, Int8]:
        """A frame on the network's grid: its picture (h, w, 3), and the network's input (1, h, w, 3)."""
        picture = resized(frame.image_rgb, self.info.input_wh)
        return picture, pack(picture, self._interpreter.input, self._input_table)

    def _complete(self, sequence: int, picture: Image, packed: Int8, seen: _Inference) -> Matte:
        """The full matte of a frame, after one inference."""
        alpha, heatmaps = seen
        flip_difference = None
        if self._flip_averaging:
            # OpenCV turns a picture in a fortieth of the time that NumPy takes.
            mirrored_inference = self._infer(np.asarray(cv2.flip(packed[0], 1), np.int8)[None])
            turned_back = np.asarray(cv2.flip(mirrored_inference.alpha, 1), np.float32)
            flip_difference = np.abs(alpha - turned_back)
            alpha = (alpha + turned_back) / np.float32(2)
            if heatmaps is not None and mirrored_inference.heatmaps is not None:
                heatmaps = (heatmaps + mirrored(mirrored_inference.heatmaps)) / np.float32(2)
        second = None if self._second_model is None else self._second_model(picture)
        return Matte(alpha, self._head(heatmaps), sequence, flip_difference, second)

    def _head(self, heatmaps: Floats | None) -> Head | None:
        head = None if heatmaps is None else find_head(heatmaps)
        return head if head is not None and head.score >= self._least_face_score else None

    def _infer(self, packed: Int8) -> _Inference:
        outputs = self._interpreter.invoke(packed)
        alpha = unpack_alpha(outputs[self._matte], self._alpha_table)
        if self._heatmaps is None:
            return _Inference(alpha, None)
        return _Inference(alpha, unpack_heatmaps(outputs[self._heatmaps], self._interpreter.outputs[self._heatmaps]))


def find_outputs(interpreter: Interpreter, model: str) -> tuple[int, int | None]:
    """Which outputs are the matte and, where the model has them, the heatmaps.

    Raises:
        ModelError: There is no matte.
    """
    shapes = [output.shape for output in interpreter.outputs]
    channels = [shape[3:] for shape in shapes]
    if (1,) not in channels:
        raise ModelError(
            f"{model}: its outputs are {', '.join(map(str, shapes))}, and none is a matte (1, h, w, 1); "
            "name another model in the configuration, or export this one with a single channel of logits"
        )
    return channels.index((1,)), channels.index((7,)) if (7,) in channels else None
