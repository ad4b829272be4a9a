"""Asks a second network, which other people trained on other pictures: MediaPipe's selfie segmentation."""

from __future__ import annotations

import logging

import numpy as np

from capture_station import shipped
from capture_station.config import SegmentationSettings
from capture_station.errors import ModelError
from capture_station.frames import Alpha, Image
from capture_station.images import resized
from capture_station.segmentation.contract import SecondModel
from capture_station.segmentation.interpreter import FloatInterpreter
from capture_station.segmentation.model_file import checked_sha256

_log = logging.getLogger(__name__)
INPUT_PX = 256


def open_second_model(settings: SegmentationSettings) -> SecondModel | None:
    """Load the shipped network; None for a runtime that lacks its transposed convolution: all but LiteRT.

    Raises:
        ModelError: It is missing or changed.
    """
    path = shipped.model_path(shipped.SECOND_MODEL)
    checked_sha256(path)
    if settings.runtime not in ("auto", "litert"):
        return None
    try:
        model = FloatInterpreter(path, "litert", settings.interpreter_threads)
    except ModelError as error:
        _log.info("without the second model: %s", error)
        return None

    def alpha_of(image_rgb: Image) -> Alpha:
        square = resized(image_rgb, (INPUT_PX, INPUT_PX), averaged=True)
        (alpha,) = model.invoke(square[None].astype(np.float32) / np.float32(255))
        return np.asarray(alpha[0, :, :, 0], np.float32)

    return alpha_of
