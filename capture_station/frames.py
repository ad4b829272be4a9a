"""The values that flow from camera to archive: immutable, shapes checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(H, W, 3) RGB, or (H, W) for one plane."""
Alpha = NDArray[np.float32]
"""(H, W) in [0, 1]; 1 is person."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a camera.

    Raises:
        ValueError: The image is not (H, W, 3) uint8.
    """

    image_rgb: Image
    """(H, W, 3) uint8. Nobody writes into it."""
    sequence: int
    """Counts the frames of one opened camera, from 0; gaps are frames that nobody took."""
    captured_at_s: float
    """``time.monotonic()`` of the exposure, or the nearest moment to it that the driver tells."""
    full_resolution: bool = True
    """False where the camera has a larger stream and was asked for the small one."""
    small_rgb: Image | None = None
    """The same exposure from the small stream, (h, w, 3) uint8, beside a full one."""
    in_force: Mapping[str, float] = field(default_factory=dict)
    """Of a full one: what the controls were at its exposure, named as in the configuration, as far as known."""

    def __post_init__(self) -> None:
        if self.image_rgb.ndim != 3 or self.image_rgb.shape[2] != 3 or self.image_rgb.dtype != np.uint8:
            raise ValueError(f"a frame is (H, W, 3) uint8, not {self.image_rgb.shape} {self.image_rgb.dtype}")

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image_rgb.shape[1], self.image_rgb.shape[0]

    @property
    def small(self) -> Frame:
        """The same exposure in the small stream; itself where there is none."""
        if self.small_rgb is None:
            return self
        return replace(self, image_rgb=self.small_rgb, full_resolution=False, small_rgb=None)


class Landmark(IntEnum):
    """Rows of ``Head.points``; right and left are the person's own."""

    RIGHT_EYE = 0
    LEFT_EYE = 1
    NOSE = 2
    MOUTH_RIGHT = 3
    MOUTH_LEFT = 4
    CHIN = 5


MIRRORED_LANDMARKS = [1, 0, 2, 4, 3, 5]
"""Which landmark each becomes in a mirror."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Where a face's landmarks are, and what other faces there are."""

    points: NDArray[np.float32]
    """(6, 2): x as a share of the picture's width, y of its height, rows as in ``Landmark``."""
    score: float
    """Probability in [0, 1] that a face is there."""
    others: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 2), np.float32))
    """(n, 2): x, y of the middle of every smaller face, as shares like ``points``."""

    def points_px(self, size_wh: tuple[int, int]) -> NDArray[np.float32]:
        """(6, 2) x, y in pixels of a picture of this size."""
        return self.points * np.array(size_wh, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """Which parts of one frame are person.

    Raises:
        ValueError: Alpha is not (h, w) float32.
    """

    alpha: Alpha
    """(h, w) float32 in [0, 1]; its grid covers the whole frame and may be coarser."""
    head: Head | None
    """The face, where the segmenter sees one."""
    sequence: int
    """The frame it was made from."""

    def __post_init__(self) -> None:
        if self.alpha.ndim != 2 or self.alpha.dtype != np.float32:
            raise ValueError(f"a matte is (h, w) float32, not {self.alpha.shape} {self.alpha.dtype}")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a portrait should be looked at, to be said in any language."""

    code: str
    """Never changes, such as ``face-small``; the sentence stands under ``flaw.face-small`` in the words."""
    values: dict[str, int | str] = field(default_factory=dict)
    """What the sentence names."""


@dataclass(frozen=True, slots=True)
class Measures:
    """How good a portrait is. What each number means and where it comes from stands in ``portrait.measure``."""

    background_exactness: float
    """Share in [0, 1] of the pixels outside the edge band that have exactly the background's colour."""
    halo_de2000: float
    """Mean CIEDE2000 that the old background leaves in the outer half of the edge band."""
    matte_confidence: float
    """How far from undecided the segmenter was, in [0, 1]."""
    sharpness: float
    """Variance of the Laplacian over the face, of luma in [0, 255], at a face of standard size."""
    exposure: float
    """Mean luma of the face in [0, 255]."""
    clipped: float
    """Share in [0, 1] of the person's pixels at 0 or 255 in some channel."""
    persons: int
    """How many people the matte shows."""
    eye_distance_px: float | None
    """Between the eyes, in the portrait; this and the next are None where no face was found."""
    head_height: float | None
    """Crown to chin, as a share of the portrait's height."""
    eye_line: float | None
    """Eyes below the portrait's upper edge, as a share of its height."""
    centre: float | None
    """The face's centre right of the portrait's left edge, as a share of its width."""
    roll_deg: float | None
    """Of the eyes' line after any correction, clockwise positive."""
    verdict: Literal["ok", "review"]
    reasons: tuple[str, ...]
    """Why it should be looked at, in plain English; empty for ok."""
    flaws: tuple[Flaw, ...] = ()
    """The same, for other languages."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A finished picture and the proof of it."""

    image_rgb: Image
    """(H, W, 3) uint8, on the uniform background, framed."""
    alpha: Image
    """(h, w) uint8 at the size of the frame it was made from, before framing; 255 is person."""
    measures: Measures
