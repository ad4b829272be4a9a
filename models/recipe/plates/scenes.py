"""Draws people before rooms, with a clean plate of each room as the station may have learned it."""

from __future__ import annotations

import copy
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator

from models.recipe.augmentation import FURNITURE_SHARE, TrainingSampler
from models.recipe.dataset import Dataset
from models.recipe.geometry import Image, blend
from models.recipe.imaging import degrade, expose
from models.recipe.surroundings import darkened, furnished, with_own_shadow

PLATE_SOURCE_SHARES = {
    "london": 0.18,
    "openpeople": 0.1,
    "civil": 0.12,
    "genfaces": 0.22,
    "faker": 0.22,
    "gesture": 0.18,
    "thai": 0.05,
    "by_eye": 0.35,
    "ccp": 0.1,
    "figaro": 0.12,
    "realfaces": 0.02,
    "hands": 0.05,
    "held": 0.06,
    "seats": 0.03,
    "eg1800": 0.0,
    "realfaces2": 0.0,
    "wild": 0.0,
    "speakers": 0.0,
    "smoking": 0.0,
    "corrected": 0.0,
    "voted": 0.0,
}
"""Relative sampling weights: everybody is cut out, so sources with exact mattes count most."""
NOBODY_SHARE = 0.04
STOOD_THERE_SHARE = 0.6
"""How often furniture is on the plate as well."""
CAME_SHARE, WENT_SHARE = 0.33, 0.1
"""How often things have come since the plate was taken, and how often they are gone."""
PLATE_NOISE = 0.3
"""Share of the sensor's noise that is left in a mean of several frames."""
OWN_SHADOW_SHARE, DIMMED_SHARE = 0.3, 0.5
"""How often the person's shadow falls on the room, and how often they keep light from what is close behind them."""
OTHER_ROOM_SHARE, SOMEBODY_SHARE = 0.12, 0.06
"""How often a part of the plate shows another room, and how often the person stands aside on it."""


class PlateScene(NamedTuple):
    """One training picture."""

    image: Image
    """(S, S, 3)."""
    alpha: Image
    """(S, S), 255 = person."""
    plate: Image
    """(S, S, 3)."""


class PlateSampler(TrainingSampler):
    """Draws scenes. Not thread-safe: what ``_composed`` draws leaves its plate in the sampler.

    Passers-by, a table before the person and their shadow are never on the plate.
    """

    def __init__(self, dataset: Dataset, size_px: int) -> None:
        super().__init__(dataset, size_px, PLATE_SOURCE_SHARES)
        self._empty_room = np.zeros((size_px, size_px, 3), np.uint8)

    def scene(self, rng: Generator) -> PlateScene:
        """Draw one scene."""
        if rng.random() < NOBODY_SHARE:
            alpha, colours = np.zeros((self._size_px, self._size_px), np.uint8), np.zeros_like(self._empty_room)
            now = self._changed(self._scenery(colours, alpha, rng), colours, alpha, rng)
            image = self._taken(now, alpha, rng)
        else:
            sample = self._composed(self._anybody(rng), rng)
            image, alpha = sample.image, sample.alpha
            if rng.random() < SOMEBODY_SHARE:
                step = round(rng.choice([-1, 1]) * rng.uniform(0.03, 0.3) * self._size_px)
                aside, there = (np.roll(plane, step, axis=1) for plane in (image, alpha))
                self._empty_room = blend(aside, self._empty_room, there)
        return PlateScene(image, alpha, self._imperfect(self._empty_room, rng))

    def _changed(self, scenery: Image, colours: Image, alpha: Image, rng: Generator) -> Image:
        plate = now = scenery
        if rng.random() < FURNITURE_SHARE:
            now = furnished(scenery, alpha, lambda: self._scenery(colours, alpha, rng), rng)
            plate = now if rng.random() < STOOD_THERE_SHARE else scenery
        kind = rng.random()
        if kind < CAME_SHARE:
            now = self._with_things(now, colours, alpha, rng)
        elif kind < CAME_SHARE + WENT_SHARE:
            plate = self._with_things(plate, colours, alpha, rng)
        if rng.random() < DIMMED_SHARE:
            now = dimmed_behind(now, alpha, rng)
        if rng.random() < OWN_SHADOW_SHARE:
            now = with_own_shadow(now, alpha, rng)
        self._empty_room = plate
        return now

    def _taken(self, image: Image, alpha: Image, rng: Generator) -> Image:
        # The camera's settings are the same for both, and the person's own light is not on the plate.
        same = copy.deepcopy(rng)
        nobody = np.zeros_like(alpha)
        self._empty_room = degrade(expose(self._empty_room, nobody, same), same, PLATE_NOISE)
        return super()._taken(image, alpha, rng)

    def _imperfect(self, plate: Image, rng: Generator) -> Image:
        """A plate (S, S, 3) that was taken in other light, or before the camera was moved, or the room changed."""
        size = plate.shape[0]
        change = 0.06 if rng.random() < 0.8 else 0.18
        lit = plate * np.exp(rng.normal(0, change / 2, 3) + rng.normal(0, change)).astype(np.float32)
        if rng.random() < 0.3:
            ramp = np.linspace(-1, 1, size, dtype=np.float32)
            angle, strength = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.12)
            slope = np.cos(angle) * ramp[None] + np.sin(angle) * ramp[:, None]
            lit *= np.exp(strength * slope).astype(np.float32)[..., None]
        aside_px = rng.choice([0.4, 2.0, 6.0], p=[0.75, 0.18, 0.07])
        matrix = np.array([[1, 0, rng.normal(0, aside_px)], [0, 1, rng.normal(0, aside_px)]])
        lit = cv2.warpAffine(lit, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
        shown = np.clip(lit + 0.5, 0, 255).astype(np.uint8)
        if rng.random() < OTHER_ROOM_SHARE:
            other = self._scenery(shown, np.zeros((size, size), np.uint8), rng)
            column = round(rng.uniform(0.2, 0.8) * size)
            side = np.s_[:, :column] if rng.random() < 0.5 else np.s_[:, column:]
            shown[side] = other[side]
        return shown

    def _with_things(self, scenery: Image, colours: Image, alpha: Image, rng: Generator) -> Image:
        """Scenery with one or two things, most of them at the person's outline, a third in the person's colours."""
        size = alpha.shape[0]
        edge = cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 127
        outline, own = np.argwhere(edge), colours[alpha > 127]
        for _ in range(2 if rng.random() < 0.4 else 1):
            near = len(outline) and rng.random() < 0.75
            row, column = outline[rng.integers(len(outline))] if near else rng.integers(0, size, 2)
            mask = thing_at((int(column), int(row)), size, rng)
            texture = self._scenery(colours, alpha, rng)
            if rng.random() < 0.6:
                side = round(size * rng.uniform(0.1, 0.5))
                top, left = rng.integers(0, size - side, 2)
                part = texture[top : top + side, left : left + side]
                texture = np.asarray(cv2.resize(part, (size, size)), np.uint8)
            if len(own) and rng.random() < 0.35:
                own_colour = own[rng.integers(len(own))].astype(np.float32)
                texture = (0.25 * texture + 0.75 * own_colour).astype(np.uint8)
            scenery = blend(texture, scenery, mask)
        return scenery


def dimmed_behind(scenery: Image, alpha: Image, rng: Generator) -> Image:
    """Scenery (S, S, 3) in which less light falls on what is close behind the person (ambient occlusion)."""
    around = cv2.GaussianBlur(alpha, (0, 0), alpha.shape[0] * rng.uniform(0.02, 0.12))
    return darkened(scenery, np.asarray(around, np.uint8), rng.uniform(0.05, 0.4))


def thing_at(place_xy: tuple[int, int], size_px: int, rng: Generator) -> Image:
    """The mask (S, S) of a thing: a bag, somebody's arm or a pole, or a box that stands on the floor."""
    mask = np.zeros((size_px, size_px), np.uint8)
    x, y = place_xy
    half_px = size_px * rng.uniform(0.03, 0.16)
    kind = rng.random()
    if kind < 0.4:
        axes = int(half_px) + 2, int(half_px * rng.uniform(0.4, 1.6)) + 2
        cv2.ellipse(mask, (x, y), axes, rng.uniform(0, 180), 0, 360, 255, -1)
    elif kind < 0.65:
        angle, length_px = rng.uniform(0, 2 * np.pi), size_px * rng.uniform(0.2, 1.0)
        end = int(x + np.cos(angle) * length_px), int(y + np.sin(angle) * length_px)
        cv2.line(mask, (x, y), end, 255, max(4, int(0.7 * half_px)))
    else:
        below = int(y + half_px * rng.uniform(0.5, 8))
        cv2.rectangle(mask, (int(x - half_px), y), (int(x + half_px), below), 255, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 1.5)), np.uint8)
