"""Renders the demo scene: people move in front of changing rooms, at any size, with exact alpha."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.camera.demo_rooms import room
from capture_station.frames import Alpha, Image

VISIT_S = 24.0
LEAVES_S, GONE_S, ENTERS_S = 20.0, 21.2, 22.8
"""Moments within a visit: the person starts to leave, is gone, and the next person starts to enter."""
_HEAD_SHARE = 0.5
_BELOW_CHIN_SHARE = 0.3
"""Crown to chin, and chin to the lower edge, as shares of the frame's height."""
_KEPT_PX = 1920 * 1080
_STRIP_ROWS = 128
_NOISE_LEVELS = 5
_NOISE_SLACK = 65_537
_ROOM_FOR_NOISE = 1 - _NOISE_LEVELS / 2 / 255


@dataclass(frozen=True, slots=True)
class _Person:
    file: str
    crown_px: int
    chin_px: int
    middle_px: int
    """Rows of crown and chin and the column between the eyes, in pixels of the file."""


_PEOPLE = (
    _Person("person_1.webp", crown_px=58, chin_px=1150, middle_px=1031),
    _Person("person_2.webp", crown_px=26, chin_px=395, middle_px=468),
)


class Scene:
    """Frame n depends only on n, fps and size."""

    def __init__(self, fps: float) -> None:
        self._fps = fps

    def prepare(self, size_wh: tuple[int, int]) -> None:
        """Load all people in advance; loading one on first appearance would delay that frame."""
        for number in range(len(_PEOPLE)):
            _at_size(number, _unit_px(size_wh))

    def image(self, number: int, size_wh: tuple[int, int]) -> Image:
        """Frame ``number`` as (H, W, 3) RGB."""
        t_s = number / self._fps
        image = _background(t_s, size_wh)
        for rows, columns, cutout in _strips(t_s, size_wh):
            behind = image[rows, columns]
            opaque = cv2.cvtColor(cv2.extractChannel(cutout, 3), cv2.COLOR_GRAY2RGB)
            cv2.multiply(behind, cv2.bitwise_not(opaque, dst=opaque), dst=behind, scale=1 / 255)
            cv2.add(behind, cv2.cvtColor(cutout, cv2.COLOR_RGBA2RGB), dst=behind)
        _add_noise(image, number)
        return image

    def alpha(self, number: int, size_wh: tuple[int, int]) -> Alpha:
        """Exact alpha of frame ``number``, (H, W) float32 in [0, 1]."""
        alpha = np.zeros(size_wh[::-1], np.float32)
        for rows, columns, cutout in _strips(number / self._fps, size_wh):
            np.divide(cutout[..., 3], 255, out=alpha[rows, columns], dtype=np.float32)
        return alpha


def _background(t_s: float, size_wh: tuple[int, int]) -> Image:
    """The room as a new array. While nobody is there it fades into the next room."""
    visit, within_s = divmod(t_s, VISIT_S)
    faded = _smooth((within_s - GONE_S) / (ENTERS_S - GONE_S))
    here, there = int(visit), int(visit) + 1
    if faded in (0, 1):
        number = there if faded else here
        small = size_wh[0] * size_wh[1] <= _KEPT_PX
        return _kept(number, size_wh).copy() if small else _enlarged(number, size_wh)
    return np.asarray(
        cv2.addWeighted(_enlarged(here, size_wh), 1 - faded, _enlarged(there, size_wh), faded, 0), np.uint8
    )


def _enlarged(visit: int, size_wh: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(_room(visit), size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


_room = lru_cache(maxsize=2)(room)
_kept = lru_cache(maxsize=2)(_enlarged)
"""Caches preview sizes only: full-resolution pictures are rare and large."""


def _strips(t_s: float, size_wh: tuple[int, int]) -> Iterator[tuple[slice, slice, Image]]:
    """Rows and columns that the person covers, and the person there: (h, w, 4) RGBA with premultiplied alpha.

    Yields a few rows at a time, which fit into the processor's cache.
    """
    visit, within_s = divmod(t_s, VISIT_S)
    leaving = _smooth((within_s - LEAVES_S) / (GONE_S - LEAVES_S))
    coming = _smooth((within_s - ENTERS_S) / (VISIT_S - ENTERS_S))
    if leaving == 1 and coming == 0:
        return
    width, height = size_wh
    unit_px = _unit_px(size_wh)
    number = (int(visit) + (1 if coming else 0)) % len(_PEOPLE)
    cutout, to_unit, person = _at_size(number, unit_px)
    angle = math.radians(1.2) * math.sin(t_s * math.tau / 5)
    scale = (0.97 + 0.03 * math.sin(t_s * math.tau / 11)) * to_unit
    walked_px = (width / 2 + unit_px) * (leaving if not coming else coming - 1)
    chin = (
        width / 2 + 0.04 * unit_px * math.sin(t_s * math.tau / 7) + walked_px,
        height - _BELOW_CHIN_SHARE * unit_px,
    )
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    linear = np.array(((cos, -sin), (sin, cos)))
    move = np.array(chin) - linear @ (person.middle_px, person.chin_px)
    corners = np.array([(x, y) for x in (0, cutout.shape[1]) for y in (0, cutout.shape[0])]) @ linear.T + move
    left, top = np.maximum(np.floor(corners.min(0)), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(0)), size_wh).astype(int)
    if left >= right:
        return
    for row in range(top, bottom, _STRIP_ROWS):
        end = min(row + _STRIP_ROWS, bottom)
        matrix = np.column_stack((linear, move - (left, row)))
        warped = np.asarray(cv2.warpAffine(cutout, matrix, (int(right - left), int(end - row))), np.uint8)
        yield slice(row, end), slice(left, right), warped


def _unit_px(size_wh: tuple[int, int]) -> int:
    """The frame's height, or less for a narrow frame, so that the shoulders fit."""
    return round(min(size_wh[1], 1.1 * size_wh[0]))


@lru_cache(maxsize=4)
def _at_size(number: int, unit_px: int) -> tuple[NDArray[np.uint8], float, _Person]:
    """The cut-out close to its display size, the remaining scale, and the person's landmarks at that size."""
    cutout, person = _cutout(number)
    scale = _HEAD_SHARE * unit_px / (person.chin_px - person.crown_px)
    if scale >= 1:
        return cutout, scale, person
    smaller = np.asarray(cv2.resize(cutout, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    at = _Person(
        person.file, round(person.crown_px * scale), round(person.chin_px * scale), round(person.middle_px * scale)
    )
    return smaller, 1.0, at


def _cutout(number: int) -> tuple[NDArray[np.uint8], _Person]:
    """The person from the file, (H, W, 4) RGBA with premultiplied alpha, and their landmarks."""
    person = _PEOPLE[number]
    data = np.frombuffer((Path(__file__).parent / "demo_people" / person.file).read_bytes(), np.uint8)
    bgra = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)
    alpha = cv2.extractChannel(bgra, 3)
    rgb = cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB)
    cv2.multiply(rgb, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), dst=rgb, scale=_ROOM_FOR_NOISE / 255)
    rgba = np.asarray(cv2.insertChannel(alpha, cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), 3), np.uint8)
    return rgba, person


def _add_noise(image: Image, number: int) -> None:
    """Add sensor noise, so that no two frames are equal. Noise is never negative; the colours leave headroom for it."""
    noise = _noise()
    flat = image.reshape(-1, 1)
    step = noise.size - _NOISE_SLACK
    for start in range(0, flat.size, step):
        part = flat[start : start + step]
        offset = (number * 40_503 + start) % _NOISE_SLACK
        cv2.add(part, noise[offset : offset + part.size], dst=part)


@cache
def _noise() -> Image:
    return np.random.default_rng(0).integers(0, _NOISE_LEVELS, (1280 * 720 * 3 + _NOISE_SLACK, 1), np.uint8)


def _smooth(share: float) -> float:
    """Smoothstep: 0 below 0, 1 above 1, smooth between."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
