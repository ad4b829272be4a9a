"""Paints the out-of-focus rooms behind the demo camera's people."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image

_CANVAS_WH = (480, 270)
_Canvas = NDArray[np.float32]
"""(270, 480, 3) RGB, linear light, 1 is white."""
_Colour = tuple[float, float, float]


def room(number: int) -> Image:
    """A room, (270, 480, 3) uint8 RGB, the same for the same number. It has no fine detail, so callers enlarge it."""
    paint = _ROOMS[number % len(_ROOMS)]
    canvas = paint(np.random.default_rng(number))
    # Approximates the sRGB transfer curve (IEC 61966-2-1).
    encoded = np.clip(canvas, 0, 1) ** (1 / 2.2) * 250
    return encoded.round().astype(np.uint8)


def _study(rng: np.random.Generator) -> _Canvas:
    canvas = _wall((0.52, 0.46, 0.38), light_at=(0.05, 0.1), falloff=0.9)
    for shelf in range(4):
        y = 30 + 52 * shelf
        _box(canvas, (275, y + 44), (480, y + 50), (0.16, 0.09, 0.05))
        x = 280
        while x < 470:
            width, height = int(rng.integers(4, 13)), int(rng.integers(24, 42))
            _box(canvas, (x, y + 44 - height), (x + width, y + 44), _dyed(rng, 0.35))
            x += width + int(rng.choice([0, 0, 1, 14]))
    _box(canvas, (60, 40), (150, 150), (0.08, 0.06, 0.05))
    _box(canvas, (65, 45), (145, 145), (0.62, 0.58, 0.5))
    _box(canvas, (75, 95), (135, 138), (0.18, 0.3, 0.36))
    return _defocused(canvas, 4.0)


def _window(rng: np.random.Generator) -> _Canvas:
    canvas = _wall((0.34, 0.37, 0.4), light_at=(0.3, 0.35), falloff=1.1)
    _box(canvas, (55, 0), (235, 190), (0.75, 0.74, 0.72))
    for left in (62, 150):
        sky = np.linspace(1.0, 0.55, 180, dtype=np.float32)[:, None, None]
        canvas[4:184, left : left + 78] = sky * np.array((0.72, 0.86, 1.0), np.float32)
        for _ in range(40):
            centre = (int(rng.integers(left, left + 78)), int(rng.integers(95, 184)))
            _blob(canvas, centre, int(rng.integers(5, 14)), _leaf(rng, 0.25), (slice(4, 184), slice(left, left + 78)))
    for _ in range(60):
        centre = (int(rng.normal(400, 26)), int(rng.normal(150, 42)))
        _blob(canvas, centre, int(rng.integers(4, 15)), _leaf(rng, 0.12))
    _box(canvas, (375, 205), (425, 270), (0.55, 0.24, 0.12))
    return _defocused(canvas, 4.5)


def _evening(rng: np.random.Generator) -> _Canvas:
    canvas = _wall((0.07, 0.075, 0.11), light_at=(0.8, 0.3), falloff=0.5)
    for _ in range(70):
        centre = (int(rng.integers(0, 480)), int(rng.integers(20, 200)))
        warm = rng.uniform(0, 1)
        glow = float(rng.uniform(0.1, 0.9))
        _blob(canvas, centre, int(rng.integers(4, 12)), (glow, glow * (0.5 + 0.3 * warm), glow * 0.35 * warm))
    _box(canvas, (0, 215), (480, 270), (0.05, 0.035, 0.03))
    return _defocused(canvas, 3.0)


def _booth(rng: np.random.Generator) -> _Canvas:
    canvas = _wall((0.2, 0.36, 0.46), light_at=(0.5, 0.45), falloff=0.8)
    folds = np.interp(np.arange(480), np.arange(0, 481, 12), rng.normal(1.0, 0.1, 41)).astype(np.float32)
    return _defocused(canvas * folds[None, :, None], 2.5)


_ROOMS: tuple[Callable[[np.random.Generator], _Canvas], ...] = (_study, _window, _evening, _booth)


def _wall(colour: _Colour, light_at: tuple[float, float], falloff: float) -> _Canvas:
    """A wall lit by one lamp, whose position is given as shares of width and height."""
    width, height = _CANVAS_WH
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance2 = (x / width - light_at[0]) ** 2 + ((y / height - light_at[1]) * height / width) ** 2
    light = 0.35 + 0.9 / (1 + falloff * 4 * distance2)
    canvas: _Canvas = light[..., None] * np.array(colour, np.float32)
    return canvas


def _box(canvas: _Canvas, start: tuple[int, int], end: tuple[int, int], colour: _Colour) -> None:
    cv2.rectangle(canvas, start, end, colour, cv2.FILLED)


def _blob(
    canvas: _Canvas, centre: tuple[int, int], radius: int, colour: _Colour, within: tuple[slice, slice] | None = None
) -> None:
    """Paint a disc, clipped to the rows and columns of ``within``."""
    if within is None:
        cv2.circle(canvas, centre, radius, colour, cv2.FILLED)
        return
    part = np.ascontiguousarray(canvas[within])
    cv2.circle(part, (centre[0] - within[1].start, centre[1] - within[0].start), radius, colour, cv2.FILLED)
    canvas[within] = part


def _defocused(canvas: _Canvas, sigma_px: float) -> _Canvas:
    """Blur as a lens does that is focused on the person."""
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), sigma_px), np.float32)


def _dyed(rng: np.random.Generator, brightness: float) -> _Colour:
    """A muted colour, as of cloth and paper."""
    red, green, blue = (0.35 * rng.uniform(0.1, 1, 3) + 0.65 * rng.uniform(0.1, 1)) * brightness
    return float(red), float(green), float(blue)


def _leaf(rng: np.random.Generator, brightness: float) -> _Colour:
    green = float(rng.uniform(0.4, 1)) * brightness
    return green * 0.55, green, green * 0.3
