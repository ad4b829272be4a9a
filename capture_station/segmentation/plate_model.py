"""Weighs a frame, its matte and the clean plate: a small network of our own."""

from __future__ import annotations

import threading

from capture_station import shipped
from capture_station.config import SegmentationSettings
from capture_station.frames import Alpha
from capture_station.segmentation.interpreter import Int8, Interpreter, open_interpreter
from capture_station.segmentation.model_file import checked_sha256
from capture_station.segmentation.tensors import alpha_table, unpack_alpha


class PlateModel:
    """A TFLite model that turns evidence (``portrait.plate_evidence``) into a matte. Thread-safe."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._lock = threading.Lock()
        self._alpha_table = alpha_table(interpreter.outputs[0])

    def __call__(self, evidence: Int8) -> Alpha | None:
        """Alpha (h, w) of evidence (h, w, n); None where the grid is not that of the model.

        Raises:
            SegmentationError: The runtime failed.
        """
        if evidence.shape != self._interpreter.input.shape[1:]:
            return None
        with self._lock:
            (logits,) = self._interpreter.invoke(evidence[None])
        return unpack_alpha(logits, self._alpha_table)


def open_plate_model(settings: SegmentationSettings) -> PlateModel | None:
    """Load the shipped model; None where no clean plate is learned.

    Raises:
        ModelError: It is missing, changed or not loadable.
    """
    if settings.kind != "deeplab" or not settings.learn_clean_plate or settings.runtime == "fake":
        return None
    path = shipped.model_path(shipped.PLATE_MODEL)
    checked_sha256(path)
    return PlateModel(open_interpreter(path, settings.runtime, settings.interpreter_threads))
