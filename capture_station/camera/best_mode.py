"""Chooses the size for ``camera.size_px: auto``: the largest usual one that the camera and this machine manage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import cv2
import numpy as np

from capture_station.camera.contract import Mode
from capture_station.config import CameraSettings

LARGEST_WH = (1920, 1080)
LEAST_FPS = 24.0
ASPECTS = (4 / 3, 16 / 9)
DECODING_SHARE = 0.4
"""Of a frame's interval may go into decoding; the preview needs the rest of a processor."""
_SAMPLE_WH = (640, 480)
_SAMPLE_QUALITY = 90
_TRIES = 5
_COMPRESSED = frozenset({"MJPG", "JPEG"})


def best_size_wh(
    modes: Iterable[Mode], pixel_format: str, decoding_s: Callable[[tuple[int, int]], float] | None = None
) -> tuple[int, int] | None:
    """The largest size of 4:3 or 16:9 up to ``LARGEST_WH`` at ``LEAST_FPS`` frames a second or more.

    Args:
        modes: What the camera offers. A rate of 0 is unknown, and counts as enough.
        pixel_format: Only modes of this format count, if the camera has any.
        decoding_s: How long this machine takes to decode a compressed picture of a size; None: it is measured.

    Returns:
        Width and height; None if no mode qualifies.
    """
    decoding_s = decoding_s or measured_decoding_s
    usual = [mode for mode in modes if is_usual(mode)]
    for mode in sorted(
        _of_format(usual, pixel_format), key=lambda mode: mode.size_wh[0] * mode.size_wh[1], reverse=True
    ):
        compressed = mode.pixel_format in _COMPRESSED
        if not compressed or decoding_s(mode.size_wh) <= DECODING_SHARE / LEAST_FPS:
            return mode.size_wh
    return None


def asked_size_wh(settings: CameraSettings, modes: Callable[[], Iterable[Mode]]) -> tuple[int, int]:
    """The size to ask the camera for: the configured one, or with ``auto`` the best of its modes."""
    if settings.size_px != "auto":
        return settings.size_px
    return best_size_wh(modes(), settings.pixel_format) or settings.size_wh


def measured_decoding_s(size_wh: tuple[int, int]) -> float:
    """How long libjpeg takes on this machine for a detailed picture of this size."""
    return _decoding_s_per_px() * size_wh[0] * size_wh[1]


@cache
def _decoding_s_per_px() -> float:
    width, height = _SAMPLE_WH
    noise = np.random.default_rng(0).normal(128, 60, (height, width, 3)).clip(0, 255).astype(np.uint8)
    sample = cv2.imencode(".jpg", cv2.GaussianBlur(noise, (0, 0), 1.5), [cv2.IMWRITE_JPEG_QUALITY, _SAMPLE_QUALITY])[1]
    took_s = []
    for _ in range(_TRIES):
        since_s = time.perf_counter()
        cv2.imdecode(sample, cv2.IMREAD_COLOR)
        took_s.append(time.perf_counter() - since_s)
    return min(took_s) / (width * height)


def is_usual(mode: Mode) -> bool:
    """Whether it is 4:3 or 16:9, no larger than ``LARGEST_WH``, and fast enough for a live picture."""
    width, height = mode.size_wh
    return (
        width <= LARGEST_WH[0]
        and height <= LARGEST_WH[1]
        and (not mode.fps or mode.fps >= LEAST_FPS)
        and any(abs(width / height - aspect) < 0.01 for aspect in ASPECTS)
    )


def _of_format(modes: Sequence[Mode], pixel_format: str) -> Sequence[Mode]:
    return [mode for mode in modes if mode.pixel_format == pixel_format] or modes
