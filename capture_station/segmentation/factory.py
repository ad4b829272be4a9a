"""The config's choice becomes a segmenter."""

from __future__ import annotations

from typing import Literal

from capture_station import shipped
from capture_station.config import SegmentationSettings
from capture_station.images import read_configured_picture
from capture_station.segmentation.contract import Segmenter
from capture_station.segmentation.deeplab import DeepLabSegmenter
from capture_station.segmentation.luv_threshold import LuvSegmenter
from capture_station.segmentation.second_model import open_second_model


def open_segmenter(settings: SegmentationSettings, purpose: Literal["preview", "capture"]) -> Segmenter:
    """Load what decides person or background, for the stream or for saved portraits.

    Raises:
        ModelError: A model is missing, changed or not loadable.
        ConfigError: The clean plate cannot be read.
    """
    if settings.kind == "luv":
        plate = settings.clean_plate
        return LuvSegmenter(None if plate is None else read_configured_picture(plate, "segmentation.clean_plate"))
    runtime, threads = settings.runtime, settings.interpreter_threads
    if purpose == "preview":
        model = settings.preview_model or shipped.model_path(shipped.PREVIEW_MODEL)
        return DeepLabSegmenter.open(model, runtime, threads)
    model = settings.capture_model or shipped.model_path(shipped.CAPTURE_MODEL)
    return DeepLabSegmenter.open(model, runtime, threads, flip_averaging=True, second_model=open_second_model(settings))
