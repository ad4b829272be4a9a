"""The matte at full resolution, in the band only: solved on a reduced picture, carried up by the picture's detail."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Box, Image
from capture_station.portrait import closed_form_matting
from capture_station.portrait.clean_plate import KnownBackground
from capture_station.portrait.colour import Floats
from capture_station.portrait.colour_evidence import unmix
from capture_station.portrait.foreground import Layers, composite, layers
from capture_station.portrait.smoke import decide, find_smoke
from capture_station.portrait.trimap import Trimap

WORKING_PX = 384
"""Longest side of the picture that the matte is solved on, and at most half the frame's.

Measured: more is slower, and the solution spreads less far in the same number of steps. Strands are not lost, since
the solution is carried to the frame by its colours.
"""
SMALLEST_WORKING_PX = 256
CONTRAST = 1.1
"""Alpha is steepened about one half: solved, it stops short of 0 and 1 where a pixel's colour strays (measured)."""
UNKNOWN = 128
"""Value of the band in a trimap of 8 bits, between 0 (background) and 255 (person)."""
MOST_SAMPLED = 20_000
"""Pixels of the band that the halo is measured on, so that it takes no longer on large frames."""
CHUNK = 1 << 14
"""Pixels of the band at a time: what they need stays in the cache (measured: 5.7 ms a megapixel instead of 7.9)."""


class SolvedMatte(NamedTuple):
    """The solved matte at the working resolution (h, w), and all that full resolution needs of it."""

    alpha: Alpha
    unknown: NDArray[np.bool_]
    layers: Layers
    """At half of that resolution: they are smooth."""
    model: Floats
    """(h, w, 4): alpha is locally the first three . colour in [0, 255], plus the last, clipped to [0, 1]."""


def working_size_wh(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Width and height that a frame of this size is reduced to."""
    longest = max(size_wh)
    scale = min(1.0, WORKING_PX / longest, max(0.5, SMALLEST_WORKING_PX / longest))
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))


def refine(image_rgb: Image, trimap: Trimap, behind: KnownBackground | None = None) -> SolvedMatte:
    """Solve the band of a trimap on the reduced picture (h, w, 3) uint8, by what is behind it where that is known."""
    size_wh = (image_rgb.shape[1], image_rgb.shape[0])
    start = np.asarray(cv2.resize(trimap.alpha, size_wh, interpolation=cv2.INTER_LINEAR), np.float32)
    unknown = np.asarray(cv2.resize(trimap.unknown.astype(np.uint8) * 255, size_wh)) > 0
    start = np.where(unknown, start, np.round(start))
    certainty: Alpha | None = None
    if behind is not None:
        start, certainty = unmix(image_rgb, start, unknown, behind)
    alpha, model = closed_form_matting.solve(image_rgb, start, unknown, certainty)
    hair = np.asarray(cv2.resize(trimap.hair.astype(np.uint8), size_wh)) > 0
    differing = np.asarray(cv2.resize(trimap.flip_difference, size_wh, interpolation=cv2.INTER_LINEAR), np.float32)
    alpha, changed = decide(alpha, start, find_smoke(image_rgb, alpha, start, hair, differing))
    model[changed] = 0
    model[changed, 3] = alpha[changed]
    half_wh = (-(-size_wh[0] // 2), -(-size_wh[1] // 2))
    planes = (image_rgb.astype(np.float32), alpha)
    smooth = layers(*(np.asarray(cv2.resize(p, half_wh, interpolation=cv2.INTER_AREA), np.float32) for p in planes))
    if behind is not None:
        half = behind.resized(half_wh)
        smooth = smooth._replace(background=mixed(smooth.background, half.colours, half.reliability**2))
    steeper = CONTRAST * model
    steeper[..., 3] += (1 - CONTRAST) / 2
    return SolvedMatte(alpha, unknown, smooth, steeper)


def mixed(one: Floats, other: Image, share: Alpha) -> Floats:
    """Two pictures (h, w, 3) with a share (h, w) in [0, 1] of the other."""
    return np.asarray(one + share[..., None] * (other - one), np.float32)


def cut_out(image_rgb: Image, box_px: Box, working: SolvedMatte, picture: Image, alpha: Image) -> NDArray[np.intp]:
    """Put the person of a part of a frame on a new background at full resolution.

    Args:
        image_rgb: The frame, (H, W, 3).
        box_px: The part.
        working: What ``refine`` made of the part.
        picture: The background, (H, W, 3); the person is written into it.
        alpha: (H, W) uint8; the part is written.

    Returns:
        The band: indices of the part's pixels, row by row. Outside the band the picture is exactly the frame where
        alpha is 255, and stays exactly the background where it is 0.
    """
    left, top, right, bottom = box_px
    part = (slice(top, bottom), slice(left, right))
    size_wh = (right - left, bottom - top)
    known = np.where(working.unknown, UNKNOWN, np.where(working.alpha > 0.5, 255, 0)).astype(np.uint8)
    alpha[part] = cv2.resize(known, size_wh, interpolation=cv2.INTER_NEAREST)
    cv2.copyTo(image_rgb[part], cv2.inRange(alpha[part], 255, 255), picture[part])
    band = np.flatnonzero(alpha[part] == UNKNOWN)
    flat_alpha, flat_picture, flat_image = alpha.reshape(-1), picture.reshape(-1, 3), image_rgb.reshape(-1, 3)
    for first in range(0, band.size, CHUNK):
        chunk = band[first : first + CHUNK]
        flat_index = in_frame(chunk, box_px, image_rgb.shape[1])
        sample_xy = positions(chunk, size_wh, working.alpha.shape)
        colours = flat_image.take(flat_index, axis=0).astype(np.float32)
        model = sampled(working.model, sample_xy, chunk.size)
        share = np.clip(np.einsum("nc,nc->n", model[:, :3], colours) + model[:, 3], 0, 1)
        sample_xy = positions(chunk, size_wh, working.layers.person.shape)
        new = composite(
            colours,
            share[:, None],
            sampled(working.layers.person, sample_xy, chunk.size),
            sampled(working.layers.background, sample_xy, chunk.size),
            flat_picture.take(flat_index, axis=0).astype(np.float32),
        )
        flat_picture[flat_index] = np.clip(new + 0.5, 0, 255).astype(np.uint8)
        flat_alpha[flat_index] = (share * 255 + 0.5).astype(np.uint8)
    return band


def sampled_band(
    picture: Image, alpha: Image, band: NDArray[np.intp], box_px: Box, working: SolvedMatte
) -> tuple[Floats, Floats, Floats, Floats]:
    """Evenly taken pixels of the band: their colours (n, 3), alpha (n,), and both layers' colours (n, 3) there."""
    taken = band[:: max(1, -(-band.size // MOST_SAMPLED))]
    flat_index = in_frame(taken, box_px, alpha.shape[1])
    sample_xy = positions(taken, (box_px[2] - box_px[0], box_px[3] - box_px[1]), working.layers.person.shape)
    return (
        picture.reshape(-1, 3).take(flat_index, axis=0).astype(np.float32),
        alpha.reshape(-1).take(flat_index).astype(np.float32) / np.float32(255),
        sampled(working.layers.person, sample_xy, taken.size),
        sampled(working.layers.background, sample_xy, taken.size),
    )


def in_frame(band: NDArray[np.intp], box_px: Box, width: int) -> NDArray[np.intp]:
    """Indices (n,) of a part's pixels in a frame of that width."""
    left, top, right, _ = box_px
    row, column = np.divmod(band, right - left)
    return np.asarray((row + top) * width + left + column, np.intp)


def positions(part: NDArray[np.intp], size_wh: tuple[int, int], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Where pixels of a frame, given as flat indices (n,), stand in a plane of that shape: x and y for ``sampled``.

    Folded into rows of 256, the last one padded: OpenCV's maps may not be as long as a band.
    """
    row, column = np.divmod(part, size_wh[0])
    x, y = np.zeros((2, -(-part.size // 256), 256), np.float32)
    x.reshape(-1)[: part.size] = (column + 0.5) * (shape[1] / size_wh[0]) - 0.5
    y.reshape(-1)[: part.size] = (row + 0.5) * (shape[0] / size_wh[1]) - 0.5
    return x, y


def sampled(plane: Floats, sample_xy: tuple[Floats, Floats], count: int) -> Floats:
    """Bilinear values (count, channels) of a plane at ``positions``."""
    if not count:
        return np.zeros((0, plane[0, 0].size), np.float32)
    values = cv2.remap(plane, *sample_xy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, np.float32).reshape(sample_xy[0].size, -1)[:count]
