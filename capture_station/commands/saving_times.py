"""Measure how long each step of saving a capture takes, for ``capture-station bench``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from capture_station.archive.archive import Archive
from capture_station.archive.encode import encode_jpeg, encode_png
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import ArchiveSettings

_TAKEN_AT = datetime(2000, 1, 1, tzinfo=timezone.utc)


def saving_times_ms(size_wh: tuple[int, int], folder: Path, repeats: int = 3) -> dict[str, float]:
    """Median milliseconds of each step of saving a capture of this size.

    The step ``capture`` saves a whole capture at once. In the step ``finish`` the original was already being saved
    while the portrait was made, so only the rest remains.

    Args:
        size_wh: Width and height in pixels of the original, the matte and the portrait.
        folder: A folder on the disk to measure. Nothing stays in it.
        repeats: How often each step is measured.
    """
    original_rgb, portrait = sample_pictures(size_wh)
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
                archive.save(original_rgb, portrait, _TAKEN_AT, SAMPLE_CIRCUMSTANCES)
            with archive.begin(original_rgb, _TAKEN_AT) as pending:
                with timed("portrait png"):
                    encode_png(portrait.image_rgb, settings.dpi)
                with timed("finish"):
                    pending.finish(portrait, SAMPLE_CIRCUMSTANCES)
        archive.close()
    return {step: round(float(np.median(values)), 1) for step, values in times.items()}
