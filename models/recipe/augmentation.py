"""Training augmentation: draws pictures as a booth or webcam would take them, with their matte and landmarks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from capture_station.frames import Landmark
from models.recipe.dataset import Background, Dataset, Portrait, read_cutout, read_rgb, sources
from models.recipe.dressing import body_of, face_of, hold_out_arm, print_on_clothes, raise_arm
from models.recipe.geometry import NO_FACE, blend, crop_matrix, map_landmarks, not_hidden, warp
from models.recipe.imaging import degrade, expose
from models.recipe.surroundings import behind_a_table, furnished, with_own_shadow

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

SOURCE_SHARES = {
    "eg1800": 0.22,
    "ccp": 0.20,
    "civil": 0.06,
    "london": 0.10,
    "openpeople": 0.04,
    "genfaces": 0.18,
    "faker": 0.13,
    "figaro": 0.13,
    "gesture": 0.16,
    "realfaces": 0.03,
    "realfaces2": 0.06,
    "wild": 0.16,
    "speakers": 0.15,
    "smoking": 0.06,
    "hands": 0.12,
    "held": 0.15,
    "seats": 0.18,
    "corrected": 0.5,
    "voted": 0.15,
    "by_eye": 1.0,
    "thai": 0.03,
}
"""Relative sampling weight of each source. A source that is not listed has the weight of ``civil``."""
EMPTY_SHARE = 0.2
"""Share of the pictures that show nobody."""
REPLACE_SHARES = {"london": 0.9, "openpeople": 0.7, "civil": 0.4, "gesture": 0.4, "thai": 0.4, "faker": 0.3}
REPLACE_SHARES |= {"ccp": 0.2, "figaro": 0.2, "realfaces": 0.2, "eg1800": 0.2}
REPLACE_SHARES |= {"realfaces2": 0.2, "wild": 0.2, "speakers": 0.3, "smoking": 0.2, "hands": 0.35}
REPLACE_SHARES |= {"held": 0.25, "seats": 0.15, "corrected": 0.2, "voted": 0.2, "by_eye": 0.2}
"""Probability, by source, that the background is replaced.

It is higher for sources with exact mattes. A portrait without a background of its own always gets a new one.
"""
PRINT_SHARE, ARM_SHARE = 0.2, 0.3
"""Probability that the clothes get a print, and that an arm is added. Both need all six landmarks."""
HELD_OUT_SHARE = 0.5
"""Share of the added arms that are held towards the lens."""
COMPANY_SHARE = 0.15
"""Probability that a second person stands behind a person whose background is replaced."""
FURNITURE_SHARE, SHADOW_SHARE, TABLE_SHARE = 0.35, 0.15, 0.1
"""Probabilities for pictures with a replaced background.

In order: furniture touches the person from behind, their shadow falls on the wall, an object stands in front of them.
"""
COMPANY_TRIES = 10
"""Number of portraits that are tried as the second person.

Few portraits have landmarks and show a person whom neither the sides nor the upper edge cut off.
"""


class Sample(NamedTuple):
    """One training picture."""

    image: Image
    """(S, S, 3) RGB."""
    alpha: Image
    """(S, S), 255 = person."""
    landmarks_px: Floats
    """(2, 6, 2) x, y in ``image``: the person, then the one behind them. NaN where unknown, hidden or outside."""
    face_known: bool
    """Whether missing landmarks of the person mean that their face is not in the picture."""


class Layer(NamedTuple):
    """A person without a background: colours, alpha, and landmarks in pixels of these two."""

    colours: Image
    alpha: Image
    landmarks_px: Floats | None


class TrainingSampler:
    """Draws training pictures from a dataset.

    Every worker must draw with its own random generator, because a generator is not thread-safe.
    """

    def __init__(self, dataset: Dataset, size_px: int, shares: Mapping[str, float] = SOURCE_SHARES) -> None:
        self._by_source = sources(dataset.portraits)
        weights = np.array([shares.get(name, shares["civil"]) for name in self._by_source])
        self._source_shares = weights / weights.sum()
        self._backgrounds = dataset.backgrounds
        self._size_px = size_px

    def draw(self, rng: Generator) -> Sample:
        """Draw one augmented picture."""
        if rng.random() < EMPTY_SHARE:
            return self._empty(rng)
        portrait = self._anybody(rng)
        if portrait.behind is not None or rng.random() < REPLACE_SHARES.get(portrait.source, 0.4):
            return self._composed(portrait, rng)
        return self._photographed(portrait, rng)

    def _anybody(self, rng: Generator) -> Portrait:
        source = list(self._by_source)[rng.choice(len(self._source_shares), p=self._source_shares)]
        group = self._by_source[source]
        return group[rng.integers(len(group))]

    def _photographed(self, portrait: Portrait, rng: Generator) -> Sample:
        """Keep the picture's own background, and crop, roll and stretch the picture."""
        image, alpha = portrait.read()
        height, width = alpha.shape
        scale = rng.uniform(0.55, 1.0) if rng.random() < 0.6 else 1.0
        aspect = np.exp(rng.normal(0, 0.12))
        crop_w, crop_h = width * min(1.0, scale * aspect), height * min(1.0, scale / aspect)
        left, top = rng.uniform(0, width - crop_w), rng.uniform(0, height - crop_h)
        if scale < 1 and rng.random() < 0.7:
            # Keep the head in the crop: pictures of only a torso are rare at a booth.
            rows = np.flatnonzero(alpha.max(axis=1) > 127)
            if len(rows):
                top = min(top, max(0.0, rows[0] - rng.uniform(0, 0.15) * height))
        roll_deg = rng.normal(0, 6) if rng.random() < 0.4 else 0.0
        matrix = crop_matrix((left, top, crop_w, crop_h), self._size_px, roll_deg, rng.random() < 0.5)
        image, alpha = (warp(plane, matrix, self._size_px, cv2.BORDER_REFLECT_101) for plane in (image, alpha))
        landmarks = map_landmarks(portrait.landmarks_px, matrix, self._size_px)
        faces = np.stack([landmarks, NO_FACE])
        image, alpha, faces = dress(image, alpha, faces, rng)
        image = expose(image, alpha, rng)
        return Sample(degrade(image, rng), alpha, faces, portrait.landmarks_px is not None)

    def _composed(self, portrait: Portrait, rng: Generator) -> Sample:
        """Put the person in front of another background, at a random position and size."""
        size = self._size_px
        # The simulated camera picture is 3:4, square, 4:3 or 16:9; the network sees it stretched to a square.
        stretch = rng.choice([3 / 4, 1, 4 / 3, 16 / 9], p=[0.3, 0.2, 0.25, 0.25]) * np.exp(rng.normal(0, 0.05))
        drawn_h = size * (rng.uniform(0.85, 1.35) if rng.random() < 0.7 else rng.uniform(0.45, 0.85))
        layer = cut_out(portrait, rng)
        colours, alpha, landmarks = stand(layer, drawn_h, stretch, rng.normal(0, 0.16), size, rng)
        scenery = self._scenery(colours, alpha, rng)
        if rng.random() < 0.5:
            colours = expose(colours, alpha, rng)
        if rng.random() < 0.3:
            scenery = cv2.GaussianBlur(scenery, (0, 0), rng.uniform(0.5, 0.02 * size))
        scenery = self._changed(scenery, colours, alpha, rng)
        image = blend(colours, scenery, alpha)
        other = NO_FACE
        company = self._company(landmarks, stretch, rng) if rng.random() < COMPANY_SHARE else None
        if company is not None:
            other = not_hidden(company.landmarks_px, alpha)
            image = blend(colours, blend(company.colours, scenery, company.alpha), alpha)
            if not np.isnan(other[:3]).any():
                # A second person counts as foreground only if the eyes and nose are visible. Otherwise they are a
                # passer-by and belong to the background.
                alpha = 255 - cv2.multiply(255 - alpha, 255 - company.alpha, scale=1 / 255)
        image, alpha, faces = dress(image, alpha, np.stack([landmarks, other]), rng)
        chin = faces[0, Landmark.CHIN, 1]
        if rng.random() < TABLE_SHARE and not np.isnan(chin):
            image, alpha, table = behind_a_table(image, alpha, float(chin), self._scenery(colours, alpha, rng), rng)
            faces = np.stack([not_hidden(points, table) for points in faces])
        return Sample(self._taken(image, alpha, rng), alpha, faces, portrait.landmarks_px is not None)

    def _changed(self, scenery: Image, colours: Image, alpha: Image, rng: Generator) -> Image:
        """What a person (S, S, 3) with this alpha (S, S) changes in the scenery: a shadow, and what they lean on."""
        if rng.random() < SHADOW_SHARE:
            scenery = with_own_shadow(scenery, alpha, rng)
        if rng.random() < FURNITURE_SHARE:
            scenery = furnished(scenery, alpha, lambda: self._scenery(colours, alpha, rng), rng)
        return scenery

    def _taken(self, image: Image, alpha: Image, rng: Generator) -> Image:
        """A scene as a camera takes it."""
        return degrade(expose(image, alpha, rng), rng)

    def _company(self, landmarks_px: Floats, stretch: float, rng: Generator) -> Layer | None:
        """Draw a second person (S, S) a step behind the person with these landmarks.

        None if a landmark is missing, because the size is then unknown, or if no suitable portrait is found.
        """
        if np.isnan(landmarks_px).any():
            return None
        tried = (cut_out(self._anybody(rng), rng) for _ in range(COMPANY_TRIES))
        whole = (one for one in tried if not (out_of_sides(one.alpha) or out_of_top(one.alpha)))
        layer = next((one for one in whole if one.landmarks_px is not None), None)
        if layer is None or layer.landmarks_px is None:
            return None
        (x, y), unit = face_of(landmarks_px)
        (own_x, own_y), own_unit = face_of(layer.landmarks_px)
        height, width = layer.alpha.shape
        scale = rng.uniform(0.65, 1.0) * unit / own_unit
        x += rng.choice([-1, 1]) * rng.uniform(1.2, 3.2) * unit / stretch
        y += rng.normal(0, 0.4) * unit
        drawn_w, drawn_h = width * scale / stretch, height * scale
        # If the layer would end above the picture's lower edge, move it down to that edge.
        left, top = x - own_x * scale / stretch, max(y - own_y * scale, self._size_px - drawn_h)
        return place_layer(layer, (left, top, drawn_w, drawn_h), self._size_px)

    def _empty(self, rng: Generator) -> Sample:
        """Draw a picture without people: an empty booth, room or wall."""
        size = self._size_px
        alpha = np.zeros((size, size), np.uint8)
        image = self._scenery(np.zeros((size, size, 3), np.uint8), alpha, rng)
        return Sample(self._taken(image, alpha, rng), alpha, np.stack([NO_FACE, NO_FACE]), True)

    def _scenery(self, colours: Image, alpha: Image, rng: Generator) -> Image:
        """Draw a background (S, S, 3): a room, or a wall, sometimes in a colour of the person's clothes or skin."""
        size = self._size_px
        kind = rng.random()
        if kind < 0.72 and self._backgrounds:
            background: Background = self._backgrounds[rng.integers(len(self._backgrounds))]
            image = read_rgb(background.image)
            height, width = image.shape[:2]
            part = rng.uniform(0.5, 1.0)
            box = (
                rng.uniform(0, width * (1 - part)),
                rng.uniform(0, height * (1 - part)),
                width * part,
                height * part,
            )
            matrix = crop_matrix(box, size, 0.0, rng.random() < 0.5)
            return expose(warp(image, matrix, size, cv2.BORDER_REFLECT_101), alpha, rng)
        body = colours[alpha > 250]
        if kind < 0.86 and len(body):
            colour = body[rng.integers(len(body))].astype(np.float32) + rng.normal(0, 8, 3)
        elif kind < 0.93:
            colour = np.full(3, rng.uniform(215, 255)) + rng.normal(0, 4, 3)
        else:
            colour = rng.uniform(0, 255, 3)
        return wall(colour, size, rng)


def out_of_sides(alpha: Image) -> bool:
    """Whether the left or right side of the picture cuts the person off."""
    columns = alpha.max(axis=0) > 127
    return bool(columns[:2].any() or columns[-2:].any())


def out_of_top(alpha: Image) -> bool:
    """Whether the picture's upper edge cuts the person off."""
    return bool((alpha[:2] > 127).any())


def stand(layer: Layer, drawn_h: float, stretch: float, aside: float, size_px: int, rng: Generator) -> Layer:
    """Draw the layer ``drawn_h`` pixels high on the lower edge of a square of ``size_px``, narrowed by ``stretch``.

    ``aside`` shifts the layer from the middle, as a share of the square's side. If the sides or the upper edge of the
    source picture cut the person off, the layer is placed, and enlarged if needed, so that the same edges of the square
    cut the person off.
    """
    height, width = layer.alpha.shape
    drawn_w = drawn_h * width / height / stretch
    sides_cut, head_cut = out_of_sides(layer.alpha), out_of_top(layer.alpha)
    least = max(size_px / drawn_w if sides_cut else 0.0, size_px / drawn_h if head_cut else 0.0)
    if least > 1:
        drawn_h, drawn_w = drawn_h * least, drawn_w * least
    spare = size_px - drawn_w
    left = rng.uniform(min(0, spare), max(0, spare)) if sides_cut else spare / 2 + aside * size_px
    top = size_px - drawn_h * rng.uniform(0.7, 1.0) if drawn_h > size_px else size_px - drawn_h
    if head_cut:
        top = min(top, 0.0)
    roll_deg = rng.normal(0, 5) if rng.random() < 0.3 and not (sides_cut or head_cut) else 0.0
    return place_layer(layer, (left, top, drawn_w, drawn_h), size_px, roll_deg, rng.random() < 0.5)


def place_layer(
    layer: Layer,
    place: tuple[float, float, float, float],
    size_px: int,
    roll_deg: float = 0.0,
    mirrored: bool = False,
) -> Layer:
    """Draw the layer at ``place`` (left, top, width, height) in a square of ``size_px``, then roll and mirror it."""
    height, width = layer.alpha.shape
    left, top, drawn_w, drawn_h = place
    scale_x, scale_y = width / drawn_w, height / drawn_h
    box = (-left * scale_x, -top * scale_y, size_px * scale_x, size_px * scale_y)
    matrix = crop_matrix(box, size_px, roll_deg, mirrored)
    # Repeat the lowest row below the layer, so that a roll opens no gap under the person.
    below = height // 4
    colours, alpha = (
        warp(cv2.copyMakeBorder(plane, 0, below, 0, 0, cv2.BORDER_REPLICATE), matrix, size_px, cv2.BORDER_CONSTANT)
        for plane in (layer.colours, layer.alpha)
    )
    return Layer(colours, alpha, map_landmarks(layer.landmarks_px, matrix, size_px))


def dress(image: Image, alpha: Image, faces_px: Floats, rng: Generator) -> tuple[Image, Image, Floats]:
    """Add a print on the clothes, an arm, both or, most often, neither.

    Returns picture, matte and faces (2, 6, 2). Landmarks that the arm hides are NaN.
    """
    prints, raises = rng.random() < PRINT_SHARE, rng.random() < ARM_SHARE
    body = body_of(alpha, faces_px[0]) if prints or raises else None
    if body is None:
        return image, alpha, faces_px
    if prints:
        image = print_on_clothes(image, alpha, body, rng)
    if not raises:
        return image, alpha, faces_px
    draw_arm = hold_out_arm if rng.random() < HELD_OUT_SHARE else raise_arm
    armed, alpha = draw_arm(image, alpha, faces_px[0], body, rng)
    arm = np.where((armed != image).any(axis=2), 255, 0).astype(np.uint8)
    return armed, alpha, np.stack([not_hidden(points, arm) for points in faces_px])


def cut_out(portrait: Portrait, rng: Generator) -> Layer:
    """Cut the person out: mostly with the true foreground colours if there are any, else from the picture itself.

    If there is no cut-out, the matte is shrunk a little.
    """
    if portrait.cutout is not None and (portrait.behind is not None or rng.random() < 0.85):
        return true_layer(portrait, portrait.cutout)
    colours, alpha = portrait.read()
    if portrait.cutout is None:
        # Labels reach a little beyond the person. Shrink them: otherwise a rim of the old background stays, and the
        # network learns to detect the rim.
        inner = cv2.erode(alpha, np.ones((3, 3), np.uint8), iterations=int(rng.integers(1, 4)))
        alpha = cv2.GaussianBlur(inner, (0, 0), rng.uniform(0.6, 1.4))
    return Layer(colours, alpha, portrait.landmarks_px)


def true_layer(portrait: Portrait, cutout: Path) -> Layer:
    """Read a cut-out with true foreground colours, and scale the landmarks to its size."""
    colours, alpha = read_cutout(cutout)
    scale = alpha.shape[1] / read_rgb(portrait.image).shape[1]
    return Layer(colours, alpha, None if portrait.landmarks_px is None else portrait.landmarks_px * scale)


def wall(colour: Floats, size_px: int, rng: Generator) -> Image:
    """Draw a plain wall (S, S, 3) of one colour, with light from a random direction and a little texture."""
    ramp = np.linspace(-1, 1, size_px, dtype=np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 + rng.uniform(0, 0.25) * (np.cos(angle) * ramp[None] + np.sin(angle) * ramp[:, None])
    coarse = rng.normal(0, rng.uniform(0, 6), (12, 12)).astype(np.float32)
    texture = cv2.resize(coarse, (size_px, size_px), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.asarray(colour, np.float32) * light[..., None] + texture[..., None], 0, 255).astype(np.uint8)
