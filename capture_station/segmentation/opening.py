"""The config's choice becomes a segmenter."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from capture_station import shipped
from capture_station.config import SegmentationSettings
from capture_station.errors import ConfigError
from capture_station.frames import Image
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.deeplab import DeepLabSegmenter
from capture_station.segmentation.luv import LuvSegmenter


def open_segmenter(settings: SegmentationSettings, purpose: Literal["preview", "capture"]) -> Segmenter:
    """Load what decides person or background, for the stream or for saved portraits.

    Raises:
        ModelError: A model is missing, changed or not loadable.
        ConfigError: The clean plate cannot be read.
    """
    if settings.kind == "luv":
        return LuvSegmenter(clean_plate(settings))
    if purpose == "preview":
        model = settings.preview_model or shipped.model_path(shipped.PREVIEW_MODEL)
    else:
        model = settings.capture_model or shipped.model_path(shipped.CAPTURE_MODEL)
    return DeepLabSegmenter.open(model, settings.runtime, settings.interpreter_threads, both_ways=purpose == "capture")


def clean_plate(settings: SegmentationSettings) -> Image | None:
    """The picture of the empty booth, (H, W, 3) RGB, if the config names one."""
    if settings.clean_plate is None:
        return None
    image = cv2.imread(str(settings.clean_plate), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise ConfigError(
            f"segmentation.clean_plate: {settings.clean_plate} is not a picture; "
            "make one with `capture-station calibrate`"
        )
    return np.asarray(image, np.uint8)
