"""The immutable values that flow from camera to archive; each checks its array shapes once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from capture_station.flaws import Flaw as Flaw

Image = NDArray[np.uint8]
"""(H, W, 3) RGB, or (H, W) for one plane."""
Alpha = NDArray[np.float32]
"""(H, W) in [0, 1]; 1 is person."""
Box = tuple[int, int, int, int]
"""A part of a picture: left, top, right and bottom, in pixels; the last two are just outside."""
WHOLE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a camera.

    Raises:
        ValueError: The image is not (H, W, 3) uint8.
    """

    image_rgb: Image
    """(H, W, 3) uint8. It must not be written to."""
    sequence: int
    """Number of the frame since the camera was opened, from 0. Gaps are frames that were dropped."""
    captured_at_s: float
    """``time.monotonic()`` of the exposure, or the closest moment that the driver reports."""
    full_resolution: bool = True
    """False if the camera has a larger stream and this frame is from the smaller one."""
    small_rgb: Image | None = None
    """The same exposure from the small stream, (h, w, 3) uint8; only with a full-resolution frame."""
    in_force: Mapping[str, float] = field(default_factory=dict)
    """Camera controls at the exposure of a full-resolution frame, named as in the configuration, if known."""
    shows: tuple[float, float, float, float] = WHOLE
    """Left, top, right and bottom of what the image shows, as shares of the camera's picture."""

    def __post_init__(self) -> None:
        if self.image_rgb.ndim != 3 or self.image_rgb.shape[2] != 3 or self.image_rgb.dtype != np.uint8:
            raise ValueError(f"a frame is (H, W, 3) uint8, not {self.image_rgb.shape} {self.image_rgb.dtype}")

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image_rgb.shape[1], self.image_rgb.shape[0]

    def cut(self, box_px: Box) -> Frame:
        """A part of this frame, not copied."""
        left, top, right, bottom = box_px
        (width, height), (x, y, x_end, y_end) = self.size_wh, self.shows
        across, down = (x_end - x) / width, (y_end - y) / height
        shows = x + left * across, y + top * down, x + right * across, y + bottom * down
        return replace(self, image_rgb=self.image_rgb[top:bottom, left:right], small_rgb=None, shows=shows)

    @property
    def small(self) -> Frame:
        """The same exposure from the small stream, or this frame if there is none."""
        if self.small_rgb is None:
            return self
        return replace(self, image_rgb=self.small_rgb, full_resolution=False, small_rgb=None)


class Landmark(IntEnum):
    """Rows of ``Head.points``. Right and left are from the person's view."""

    RIGHT_EYE = 0
    LEFT_EYE = 1
    NOSE = 2
    MOUTH_RIGHT = 3
    MOUTH_LEFT = 4
    CHIN = 5


MIRRORED_LANDMARKS = [1, 0, 2, 4, 3, 5]
"""Row ``i`` of a mirrored picture's points is row ``MIRRORED_LANDMARKS[i]`` of the original's."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The landmarks of the largest face, and the positions of all other faces."""

    points: NDArray[np.float32]
    """(6, 2): x as a share of the picture's width, y as a share of its height; rows as in ``Landmark``."""
    score: float
    """Probability in [0, 1] that this is a face."""
    others: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 2), np.float32))
    """(n, 2): x, y of the centre of every smaller face, as shares like ``points``."""

    def points_px(self, size_wh: tuple[int, int]) -> NDArray[np.float32]:
        """(6, 2): the landmarks' x, y in pixels of a picture of this size."""
        return self.points * np.array(size_wh, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """Which parts of one frame show a person.

    Raises:
        ValueError: Alpha is not (h, w) float32.
    """

    alpha: Alpha
    """(h, w) float32 in [0, 1]. It covers the whole frame, possibly at a lower resolution."""
    head: Head | None
    """The face, or None if the segmenter found none."""
    sequence: int
    """``Frame.sequence`` of the frame that it belongs to."""
    flip_difference: Alpha | None = None
    """(h, w) in [0, 1]: how far the alphas of a frame and of its mirror image differ; None without the latter."""
    second_model_alpha: Alpha | None = None
    """(h, w) in [0, 1], coarser: another network's alpha of the same picture; None where it was not asked."""
    fine: Part | None = None
    """The matte of the part that the portrait shows; None where there was no fine pass, or it saw nobody."""

    def __post_init__(self) -> None:
        if self.alpha.ndim != 2 or self.alpha.dtype != np.float32:
            raise ValueError(f"a matte is (h, w) float32, not {self.alpha.shape} {self.alpha.dtype}")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A matte of a part of a frame. The head's landmarks are shares of the part."""

    matte: Matte
    box_px: Box


class CoarsePass(NamedTuple):
    """The matte after one inference on a frame, and a call for the rest of the work, which may not be needed."""

    matte: Matte
    complete: Callable[[], Matte]
    """Returns the full matte. Called by the segmenter's thread, while the frame is as it was.

    Raises ``SegmentationError``.
    """


class Eyes(NamedTuple):
    """What the eyes of a face do, the mean of both."""

    open: float
    """Distance of the lids, in widths of the eye. Above 0.2 in most portraits."""
    aside: float
    """Distance of the irises from where they are in a look into the camera, in widths of the eye; to the picture's
    right is positive. Within 0.03 in studio portraits from the front."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The quality of a portrait in numbers. ``portrait.measure`` explains each and names its source."""

    halo_de2000: float
    """Mean CIEDE2000 difference that the old background leaves in the outer half of the edge band."""
    matte_confidence: float
    """How sure the segmenter was, in [0, 1]; 0 is undecided everywhere."""
    sharpness: float
    """Variance of the Laplacian of luma in [0, 255] over the face, reduced to a standard size."""
    exposure: float
    """Mean luma of the face in [0, 255], its middle weighted most."""
    clipped: float
    """Share in [0, 1] of the person's pixels that are overexposed: 255 in two channels or all."""
    persons: int
    """Number of people in the matte."""
    eye_distance_px: float | None
    """Distance between the eyes in the portrait. This and the next four are None if no face was found."""
    head_height: float | None
    """Crown to chin, as a share of the portrait's height."""
    eye_line: float | None
    """Distance of the eyes from the portrait's upper edge, as a share of its height."""
    centre: float | None
    """Distance of the face's centre from the portrait's left edge, as a share of its width."""
    roll_deg: float | None
    """Tilt of the line between the eyes after any correction; clockwise is positive."""
    verdict: Literal["ok", "review", "refused"]
    reasons: tuple[str, ...]
    """The reasons to review it, in English; empty if the verdict is ok."""
    flaws: tuple[Flaw, ...] = ()
    """The same as codes, for other languages."""
    eyes_open: float | None = None
    """As in ``Eyes``. This and the next one are None where ``portrait.eyes`` is off, or without a face."""
    eyes_aside: float | None = None
    doubt: float = 0.0
    """How likely the cut-out is visibly wrong, in [0, 1]; see ``portrait.doubt``. Older records have bits or 0."""
    eye_light: float | None = None
    """Luma around the eyes, in cheeks: little behind dark glasses. None without a face or in a small one."""
    clean_plate: bool = False
    """Whether a clean plate helped to find the outline; False where there was none, and where it did not fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A finished picture with its matte and its measures."""

    image_rgb: Image
    """(H, W, 3) uint8, framed, on the uniform background."""
    alpha: Image
    """(h, w) uint8 before framing, at the size of the original frame; 255 is person."""
    measures: Measures
