"""How long saving takes on this machine, step by step, for ``capture-station bench``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import cv2
import numpy as np

from capture_station.archive.archive import Archive
from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.archive.record import CameraRecord, Circumstances, SegmenterRecord
from capture_station.config import ArchiveSettings
from capture_station.frames import Image, Measures, Portrait

_TAKEN_AT = datetime(2000, 1, 1, tzinfo=timezone.utc)
_CIRCUMSTANCES = Circumstances(
    camera=CameraRecord(kind="bench", name="bench", size_wh=(1, 1), fps=0, pixel_format=""),
    segmenter=SegmenterRecord(kind="bench", model="", sha256="", runtime=""),
    preset="free",
    timings_ms={},
)


def saving_times_ms(size_wh: tuple[int, int], folder: Path, repeats: int = 3) -> dict[str, float]:
    """Median milliseconds of each step of saving a capture of this size.

    ``capture`` is a whole capture saved at once; ``finish`` is what is left of it after the portrait is made, when
    the original was begun before. The picture is always the same: smooth scenery with a sensor's noise, and a head
    and shoulders on white.

    Args:
        size_wh: Of the original, the matte and the portrait.
        folder: On the disk to be measured; what is written there is removed again.
        repeats: How often each step is taken.
    """
    original_rgb, portrait = _pictures(size_wh)
    times: dict[str, list[float]] = {}

    @contextmanager
    def timed(step: str) -> Iterator[None]:
        started_s = time.perf_counter()
        yield
        times.setdefault(step, []).append((time.perf_counter() - started_s) * 1000)

    with tempfile.TemporaryDirectory(prefix=".bench-", dir=folder) as place:
        settings = ArchiveSettings(folder=Path(place))
        archive = Archive.open(settings)
        for _ in range(repeats):
            with timed("original jpeg"):
                encode_jpeg(original_rgb, settings.jpeg_quality, settings.dpi)
            with timed("portrait jpeg"):
                encode_jpeg(portrait.image_rgb, settings.jpeg_quality, settings.dpi)
            with timed("matte png"):
                encode_png(portrait.alpha)
            with timed("capture"):
                archive.save(original_rgb, portrait, _TAKEN_AT, _CIRCUMSTANCES)
            with archive.begin(original_rgb, _TAKEN_AT) as pending:
                with timed("portrait png"):
                    encode_png(portrait.image_rgb, settings.dpi)
                with timed("finish"):
                    pending.finish(portrait, _CIRCUMSTANCES)
        archive.close()
    return {step: round(float(np.median(values)), 1) for step, values in times.items()}


def _pictures(size_wh: tuple[int, int]) -> tuple[Image, Portrait]:
    width, height = size_wh
    random = np.random.default_rng(0)
    shapes = cv2.resize(random.integers(0, 256, (9, 12, 3), np.uint8), size_wh, interpolation=cv2.INTER_CUBIC)
    noise = cv2.resize(random.integers(0, 12, (height // 2, width // 2, 3), np.uint8), size_wh)
    original_rgb = np.asarray(cv2.add(shapes, noise), np.uint8)
    alpha = np.zeros((height, width), np.uint8)
    for centre_y, radius_x, radius_y in ((0.4, 0.16, 0.26), (1.0, 0.36, 0.4)):
        centre, radii = (width // 2, int(height * centre_y)), (int(width * radius_x), int(height * radius_y))
        cv2.ellipse(alpha, centre, radii, 0, 0, 360, 255, cv2.FILLED)
    alpha = np.asarray(cv2.blur(alpha, (15, 15)), np.uint8)
    opaque = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    person = cv2.multiply(original_rgb, opaque, scale=1 / 255)
    portrait_rgb = np.asarray(cv2.add(person, cv2.bitwise_not(opaque)), np.uint8)
    measures = Measures(1, 0, 1, 100, 128, 0, 1, None, None, None, None, None, "ok", ())
    return original_rgb, Portrait(portrait_rgb, alpha, measures)
