"""Drawn people whose true alpha and colours are known, and mattes of them as networks see them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Frame, Head, Image, Landmark, Matte

RED = (200, 30, 40)
FINE = 2
"""Scenes are drawn so many times larger, so that edges are soft."""


class Scene(NamedTuple):
    image: Image
    alpha: Alpha
    """(H, W), true."""
    on_white: Image
    head: Head

    def matte(self, grid: int = 256) -> Matte:
        """What a network makes of it: a soft matte on a square grid, thin hair lost, no holes of its own."""
        return coarse(self.alpha, self.head, grid)

    def look(self, frame: Frame, grid: int = 256) -> Matte:
        """What a network makes of a frame that shows the scene, or a part of it as it is."""
        height, width = frame.image_rgb.shape[:2]
        differences = cv2.matchTemplate(self.image, frame.image_rgb, cv2.TM_SQDIFF)
        left, top = cv2.minMaxLoc(differences)[2]
        whole_wh = (self.image.shape[1], self.image.shape[0])
        points, others = (
            np.asarray((plane * whole_wh - (left, top)) / (width, height), np.float32)
            for plane in (self.head.points, self.head.others)
        )
        head = replace(self.head, points=points, others=others)
        return coarse(self.alpha[top : top + height, left : left + width], head, grid)


def coarse(alpha: Alpha, head: Head | None, grid: int = 256) -> Matte:
    small = cv2.resize(alpha, (grid, grid), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), 1.5)
    return Matte(np.asarray(1 / (1 + np.exp(-8 * (blurred - 0.5))), np.float32), head, 0)


def person(
    size_wh: tuple[int, int],
    *,
    background: Image | tuple[int, int, int] = RED,
    centre: float = 0.5,
    head_px: float | None = None,
    roll_deg: float = 0.0,
    strands: bool = True,
    gap: bool = False,
    noise: float = 0.0,
    seed: int = 0,
) -> Scene:
    """A head with a crown-chin length of ``head_px`` (0.4 of the height by default) on shoulders."""
    width, height = size_wh
    head_px = head_px or 0.4 * height
    size = (FINE * width, FINE * height)
    hair, skin, shirt, features = (np.zeros(size[::-1], np.uint8) for _ in range(4))
    x, y = centre * width, 0.4 * height  # between the eyes
    turn = np.radians(roll_deg)

    def at(right: float, down: float) -> tuple[int, int]:
        """Pixels of the fine plane for head lengths from the eyes, turned."""
        px = x + head_px * (right * np.cos(turn) - down * np.sin(turn))
        py = y + head_px * (right * np.sin(turn) + down * np.cos(turn))
        return round(px * FINE), round(py * FINE)

    def oval(plane: NDArray[np.uint8], down: float, half: tuple[float, float]) -> None:
        axes = (round(half[0] * head_px * FINE), round(half[1] * head_px * FINE))
        cv2.ellipse(plane, at(0, down), axes, roll_deg, 0, 360, 255, -1, cv2.LINE_AA)

    oval(hair, -0.1, (0.37, 0.4))
    oval(skin, 0.05, (0.3, 0.45))
    if strands:
        rng = np.random.default_rng(1)
        for start in rng.uniform(-0.35, 0.35, 40):
            tip = (start * 1.35, -0.1 + rng.uniform(0.05, 0.35))
            cv2.line(hair, at(start, 0.0), at(*tip), 255, 2, cv2.LINE_AA)
    for aside in (-0.14, 0.14):
        cv2.circle(features, at(aside, 0), max(1, round(0.03 * head_px * FINE)), 255, -1, cv2.LINE_AA)
    cv2.line(features, at(-0.1, 0.3), at(0.1, 0.3), 255, max(1, round(0.02 * head_px * FINE)), cv2.LINE_AA)
    cv2.line(skin, at(0, 0.3), at(0, 0.8), 255, max(1, round(0.3 * head_px * FINE)), cv2.LINE_AA)
    left, top = round((x - 0.75 * head_px) * FINE), round((y + 0.75 * head_px) * FINE)
    right = round((x + 0.75 * head_px) * FINE)
    cv2.rectangle(shirt, (left, top), (right, size[1]), 255, -1)
    if gap:
        low = round((y + 1.2 * head_px) * FINE)
        inner = round((x - 0.55 * head_px) * FINE)
        cv2.rectangle(shirt, (inner, top + 40), (inner + round(0.25 * head_px * FINE), low), 0, -1)
    layers = [(shirt, (60, 90, 150)), (hair, (50, 35, 25)), (skin, (215, 170, 145)), (features, (70, 45, 40))]
    colours, alpha = np.zeros((height, width, 3)), np.zeros((height, width))
    for plane, colour in layers:
        share = cv2.resize(plane, size_wh, interpolation=cv2.INTER_AREA)[..., None] / 255.0
        colours = colours * (1 - share) + np.array(colour) * share
        alpha = alpha * (1 - share[..., 0]) + share[..., 0]
    behind = np.empty((height, width, 3))
    behind[:] = background
    rest = (1 - alpha)[..., None]
    picture = colours + behind * rest + np.random.default_rng(seed).normal(0, noise, colours.shape)
    return Scene(
        np.clip(picture + 0.5, 0, 255).astype(np.uint8),
        alpha.astype(np.float32),
        np.clip(colours + 255 * rest + 0.5, 0, 255).astype(np.uint8),
        Head(
            np.array(
                [
                    (np.array(at(*p)) / FINE / size_wh)
                    for p in ((-0.14, 0), (0.14, 0), (0, 0.17), (-0.1, 0.3), (0.1, 0.3), (0, 0.5))
                ],
                np.float32,
            ),
            0.9,
        ),
    )


def tall_hair(chin: float) -> Scene:
    """Landmarks nearer to the eyes than usual by this factor, so that the hair makes up more of the head."""
    scene = person((900, 900), head_px=320, strands=False)
    points = scene.head.points.copy()
    points[2:, 1] = 0.4 + chin * (points[2:, 1] - 0.4)
    return scene._replace(head=replace(scene.head, points=points))


def couple(size_wh: tuple[int, int], centres: tuple[float, float], heads_px: tuple[float, float]) -> Scene:
    """Two people, the first with the larger head."""
    (left, right), (larger, smaller) = centres, heads_px
    first = person(size_wh, centre=left, head_px=larger)
    second = person(size_wh, background=first.image, centre=right, head_px=smaller)
    white = person(size_wh, background=first.on_white, centre=right, head_px=smaller)
    alpha = 1 - (1 - first.alpha) * (1 - second.alpha)
    return Scene(second.image, alpha, white.image, replace(first.head, others=second.head.points[[Landmark.NOSE]]))


def texture(size_wh: tuple[int, int]) -> Image:
    """Soft coloured blotches, bright and dark."""
    blotches = np.random.default_rng(3).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(blotches, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)
