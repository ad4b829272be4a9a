"""How good a portrait is: each number with its definition and source, and what of it asks for a look."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Flaw, Head, Image, Landmark
from capture_station.locales.messages import Messages
from capture_station.portrait.colour import Floats, ciede2000, lab
from capture_station.portrait.framing import Placement

JPEG_BLOCK_PX = 8
STANDARD_EYE_DISTANCE_PX = 60
SAME_COLOUR = 15.0
"""Levels of 255 by which a leak must stand out from the person's own colours to count."""

MOST_HALO_DE2000 = 0.5
LEAST_CONFIDENCE = 0.8
LEAST_SHARPNESS = 12.0
EXPOSURE_RANGE = (50.0, 220.0)
MOST_CLIPPED = 0.3
MOST_ROLL_DEG = 8.0
LEAST_EYE_DISTANCE_PX = 90.0


class Face(NamedTuple):
    """What is measured on the face itself."""

    sharpness: float
    exposure: float


def background_exactness(picture: Image, alpha: Image, background_rgb: tuple[int, int, int]) -> float:
    """Share of the pixels outside the edge band that have exactly the background's colour.

    Outside is what is more than a JPEG block (8 px) from anything with alpha above 0; alpha (H, W) uint8 as framed
    like the picture (H, W, 3). 1 where nothing is outside.
    """
    side = 2 * JPEG_BLOCK_PX + 1
    outside = cv2.inRange(cv2.dilate(alpha, np.ones((side, side), np.uint8)), 0, 0)
    count = cv2.countNonZero(outside)
    exact = cv2.inRange(picture, background_rgb, background_rgb)
    return cv2.countNonZero(cv2.bitwise_and(exact, outside, dst=exact)) / count if count else 1.0


def halo_de2000(
    colours: Floats, alpha: Floats, person: Floats, old_background: Floats, background_rgb: tuple[int, int, int]
) -> float:
    """Mean CIEDE2000 between the background and what the old background leaves on it.

    Over the outer half of the band, where 0 < alpha < 0.5. What a pixel lacks of the new background's colour is
    explained by the person's colours first and by the old background's second (non-negative least squares, the
    second damped); only the second share counts. 0 where the band has no such pixels.

    Args:
        colours: (n, 3) of the band's pixels in the portrait, in [0, 255]; the next ones likewise.
        alpha: (n,) in [0, 1].
        person: (n, 3), smooth colours of the person nearby.
        old_background: (n, 3), smooth colours of what was behind.
        background_rgb: The new background.
    """
    outer = (alpha > 0) & (alpha < 0.5)
    if not outer.any():
        return 0.0
    new = np.array(background_rgb, np.float32)
    lack, own, old = new - colours[outer], new - person[outer], new - old_background[outer]
    own_own, old_old = np.sum(own * own, axis=1) + 1, np.sum(old * old, axis=1) + SAME_COLOUR**2
    own_old, own_lack, old_lack = (np.sum(a * b, axis=1) for a, b in ((own, old), (own, lack), (old, lack)))
    both = own_own * old_old - own_old**2
    with_person = own_lack * old_old >= old_lack * own_old
    share = np.where(with_person, (old_lack * own_own - own_lack * own_old) / both, old_lack / old_old)
    left = np.clip(new - np.clip(share, 0, 1)[:, None] * old, 0, 255)
    return float(np.mean(ciede2000(lab(new), lab(left))))


def matte_confidence(alpha: Alpha, unknown: NDArray[np.bool_]) -> float:
    """Mean of \\|2 alpha - 1\\| of the segmenter's matte (h, w) where it exceeds 0.05, the edge band left out.

    1 where it is decided everywhere; an edge is soft by nature and tells nothing. 0 without a person.
    """
    judged = alpha[(alpha > 0.05) & ~unknown]
    return float(np.mean(np.abs(2 * judged - 1))) if judged.size else 0.0


def face(image_rgb: Image, alpha: Image, head: Head) -> Face:
    """Sharpness and exposure of the face in a frame (H, W, 3) with alpha (H, W) uint8.

    The face is the square around its landmarks' centre with a side of two eye distances, brought to 60 px between
    the eyes. Sharpness: variance of the 3x3 Laplacian of luma (Pech-Pacheco et al., ICPR 2000). Exposure: mean luma
    (ITU-R BT.601) of what is surely person.
    """
    points = head.points_px((alpha.shape[1], alpha.shape[0]))
    eyes = points[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]]
    distance = max(1.0, float(np.hypot(*(eyes[1] - eyes[0]))))
    x, y = points.mean(axis=0)
    low = np.maximum(0, np.array([y - distance, x - distance])).astype(int)
    high = np.array([y + distance, x + distance]).astype(int) + 1
    part = np.ascontiguousarray(image_rgb[low[0] : high[0], low[1] : high[1]])
    mask = alpha[low[0] : high[0], low[1] : high[1]]
    if not part.size:
        return Face(0.0, 0.0)
    scale = STANDARD_EYE_DISTANCE_PX / distance
    size_wh = (max(3, round(part.shape[1] * scale)), max(3, round(part.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    luma = cv2.cvtColor(cv2.resize(part, size_wh, interpolation=how), cv2.COLOR_RGB2GRAY)
    sure = cv2.resize(mask, size_wh, interpolation=cv2.INTER_NEAREST) == 255
    sharpness = float(cv2.Laplacian(luma, cv2.CV_32F).var())
    return Face(sharpness, float(luma[sure].mean()) if sure.any() else float(luma.mean()))


def clipped(image_rgb: Image, alpha: Image) -> float:
    """Share of the pixels that are surely person with a channel at 0 or 255; of at most about 250,000, evenly taken."""
    step = max(1, round((alpha.size / 250_000) ** 0.5))
    person = image_rgb[::step, ::step][alpha[::step, ::step] == 255]
    return float(np.mean(((person == 0) | (person == 255)).any(axis=1))) if len(person) else 0.0


def flaws(
    *,
    persons: int,
    left_out: int,
    several_wanted: bool,
    exactness: float,
    halo: float,
    confidence: float,
    seen: Face | None,
    clipped_share: float,
    placement: Placement | None,
    uncropped: Flaw | None,
    cropped: bool,
) -> tuple[Flaw, ...]:
    """Why a portrait should be looked at; empty if it need not be."""
    if not persons:
        return (Flaw("nobody"),)
    found = [
        (left_out > 0, Flaw("several-people", {"count": persons})),
        (persons > 1 and not left_out and not several_wanted, Flaw("people-touch", {"count": persons})),
        (placement is None and uncropped is None, Flaw("no-face")),
        (exactness < 1, Flaw("background-inexact")),
        (halo > MOST_HALO_DE2000, Flaw("old-background")),
        (confidence < LEAST_CONFIDENCE, Flaw("outline-uncertain")),
        (clipped_share > MOST_CLIPPED, Flaw("clipped")),
    ]
    if uncropped is not None:
        found.insert(0, (True, uncropped))
    if seen is not None:
        found += [
            (seen.sharpness < LEAST_SHARPNESS, Flaw("face-blurred")),
            (seen.exposure < EXPOSURE_RANGE[0], Flaw("face-dark")),
            (seen.exposure > EXPOSURE_RANGE[1], Flaw("face-bright")),
        ]
    if placement is not None:
        small = cropped and placement.eye_distance_px < LEAST_EYE_DISTANCE_PX
        found += [
            (abs(placement.roll_deg) > MOST_ROLL_DEG, Flaw("head-tilted")),
            (placement.crown_px < 0.01 * (placement.chin_px - placement.crown_px), Flaw("head-cut")),
            (small, Flaw("face-small", {"px": round(placement.eye_distance_px)})),
        ]
    return tuple(flaw for applies, flaw in found if applies)


def in_english(flaws: tuple[Flaw, ...]) -> tuple[str, ...]:
    """The flaws in English sentences, as records keep them."""
    return _english().flaws(flaws)


@cache
def _english() -> Messages:
    return Messages("en")
