"""Person or background by colours alone, where both sides' colours are known: coarse odds, and alpha in the band."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Image
from capture_station.portrait.clean_plate import KnownBackground
from capture_station.portrait.colour import Floats
from capture_station.portrait.foreground import pull_push
from capture_station.portrait.palette import Mask

CELL_PX = 4
"""Statistics of the person's colours are smooth: one for each cell of so many pixels."""
NEAR, ABOUT = 0.012, 0.024
"""The person's colours are taken from so far around for the band and for the odds, as shares of the longest side."""
SPREAD, VARIETY = 4.0, 12.0
"""Levels by which colours of a person differ at least: from strand to strand, and from place to place."""
SURE = 0.97
"""Alpha from which a pixel tells of the person's colours."""
DECIDED = 0.005, 0.995
"""What the segmenter is so sure of, colours do not change."""
WEIGHT, MOST_ODDS = 0.8, 1.8
"""Weight of the log odds by colours beside the segmenter's, and how much they count at most (measured).

With more, colours would overrule a segmenter that is rather sure, and no doubt would be left of it.
"""
ELSEWHERE = 1 / 120**3
"""Density of colours that neither side predicts."""
EXPECTED, IN_SHADOW = 0.8, 0.2
"""How often each side has the colours that are known of it, and how often the background is in shadow.

As often as the other: a colour that neither side predicts says nothing, be it a scarf or a bag on a chair.
"""
ALIKE = 2.0
"""Squared distance of the background's colour from the person's, in standard deviations, at which odds count half."""
SHADE = 0.5, 1.05
"""Light that is left in a shadow on the wall, as a share."""
STEPS = 8
"""Turns in which the person's colour and alpha are found."""
PRIOR, LEAST_PRIOR = 1.2, 0.03
"""Standard deviation of alpha about the start, in the band: where the start is one half, and where it is 0 or 1.

Pale skin before a white wall has the colour of a mixture; the segmenter knows that it is none (measured).
"""
ROUNDING = 4.0
"""Variance of a mixed colour, besides the background's own."""


class Unmixed(NamedTuple):
    """What two known colours say of the pixels between them."""

    alpha: Alpha
    """(h, w) in [0, 1]: as given outside the band."""
    certainty: Alpha
    """(h, w) in [0, 1]: near 0 where both colours are alike, or the background is not reliable; 0 outside the band."""


class Colours(NamedTuple):
    """Distribution of the person's colours around each of n pixels."""

    mean: Floats
    """(c, 3), of c cells."""
    covariance: Floats
    """(c, 3, 3)."""
    cell: NDArray[np.intp]
    """(n,): the pixel's."""


def informed(alpha: Alpha, image_rgb: Image, behind: KnownBackground) -> Alpha:
    """The segmenter's alpha (h, w) of a picture (h, w, 3), corrected by colours where the segmenter is of two minds.

    All are on one grid. By Bayes' rule: the log odds that a pixel has a colour of the person close by rather than that
    of the background are added to the segmenter's. A shadow on the wall speaks for nobody. It does not speak against
    the person either: grey clothes before a white wall have its colours.
    """
    undecided, sure = (alpha > DECIDED[0]) & (alpha < DECIDED[1]), alpha > SURE
    if not undecided.any() or not sure.any():
        return alpha
    colours = own_colours(image_rgb, sure, undecided, ABOUT)
    here, wall = (plane[undecided].astype(np.float32) for plane in (image_rgb, behind.colours))
    variance = behind.deviation[undecided] ** 2
    covariance = colours.covariance + VARIETY**2 * np.eye(3, dtype=np.float32)
    inverse, scale = np.linalg.inv(covariance), 1 / np.sqrt((2 * np.pi) ** 3 * np.linalg.det(covariance))
    inverse, mean = inverse[colours.cell], colours.mean[colours.cell]
    distance, between = (np.einsum("ni,nij,nj->n", away, inverse, away) for away in (here - mean, wall - mean))
    person = np.log(EXPECTED * np.exp(-0.5 * distance) * scale[colours.cell] + (1 - EXPECTED) * ELSEWHERE)
    as_wall = np.exp(-0.5 * ((here - wall) ** 2).sum(axis=1) / variance) / (2 * np.pi * variance) ** 1.5
    bright = np.maximum((wall**2).sum(axis=1), 1)
    light = (here * wall).sum(axis=1) / bright
    aside = ((here - light[:, None] * wall) ** 2).sum(axis=1)
    as_shadow = np.exp(-0.5 * aside / variance) / (2 * np.pi * variance) / (0.5 * np.sqrt(bright) + 1)
    as_shadow[(light < SHADE[0]) | (light > SHADE[1])] = 0
    odds = person - np.log(EXPECTED * as_wall + (1 - EXPECTED) * ELSEWHERE)
    known_wall = (EXPECTED - IN_SHADOW) * as_wall + IN_SHADOW * as_shadow + (1 - EXPECTED) * ELSEWHERE
    odds = np.where(odds > 0, np.maximum(person - np.log(known_wall), 0), odds)
    plane = np.zeros_like(alpha)
    # Colours that both sides have say nothing.
    plane[undecided] = odds * between / (between + ALIKE)
    odds = np.clip(WEIGHT * cv2.blur(plane, (3, 3))[undecided], -MOST_ODDS, MOST_ODDS) * behind.reliability[undecided]
    share = alpha[undecided]
    corrected = alpha.copy()
    corrected[undecided] = share / (share + (1 - share) * np.exp(-odds))
    return corrected


def unmix(image_rgb: Image, start: Alpha, unknown: Mask, behind: KnownBackground) -> Unmixed:
    """Alpha of the band's pixels, each by itself: the share of the person's colour in the mixture that is seen.

    The person's colour and alpha are the most likely ones, found in turns (Chuang, Curless, Salesin, Szeliski: A
    Bayesian Approach to Digital Matting, CVPR 2001, with a background that is known).

    Args:
        image_rgb: (h, w, 3).
        start: (h, w) in [0, 1]: the given values, and in the band where to begin.
        unknown: (h, w): the band.
        behind: On the same grid.
    """
    alpha, certainty = start.copy(), np.zeros_like(start)
    sure = ~unknown & (start > 0.5)
    if not unknown.any() or not sure.any():
        return Unmixed(alpha, certainty)
    colours = own_colours(image_rgb, sure, unknown, NEAR)
    variances, axes = np.linalg.eigh(colours.covariance + SPREAD**2 * np.eye(3, dtype=np.float32))
    # Along these axes the person's colours vary independently of each other.
    mean = np.einsum("cij,ci->cj", axes, colours.mean)[colours.cell]
    axes, own = axes[colours.cell], variances[colours.cell]
    seen = (plane[unknown].astype(np.float32) for plane in (image_rgb, behind.colours))
    here, wall = (np.einsum("nij,ni->nj", axes, colour) for colour in seen)
    noise = (behind.deviation[unknown] ** 2 + ROUNDING)[:, None]
    first = start[unknown][:, None]
    prior = (LEAST_PRIOR + PRIOR * (1 - (2 * first - 1) ** 2)) ** 2
    share = np.clip(first, 0.02, 0.98)
    for _ in range(STEPS):
        person = (mean / own + share / noise * (here - (1 - share) * wall)) / (1 / own + share**2 / noise)
        across = person - wall
        apart = (across**2).sum(axis=1, keepdims=True)
        along = ((here - wall) * across).sum(axis=1, keepdims=True)
        share = np.clip((along / noise + first / prior) / (apart / noise + 1 / prior), 0, 1)
    certain = behind.reliability[unknown] * (apart / (apart + 0.75 * noise))[:, 0]
    certainty[unknown] = certain
    alpha[unknown] += certain * (share - first)[:, 0]
    return Unmixed(alpha, certainty)


def own_colours(image_rgb: Image, person: Mask, where: Mask, reach: float) -> Colours:
    """The person's colours close to each pixel of ``where``, or the nearest ones, from the pixels of ``person``.

    Args:
        image_rgb: (h, w, 3).
        person: (h, w).
        where: (h, w).
        reach: As a share of the longest side.
    """
    height, width = person.shape
    size_wh = (-(-width // CELL_PX), -(-height // CELL_PX))
    shown = np.asarray(cv2.bitwise_and(image_rgb, image_rgb, mask=person.astype(np.uint8)), np.float32)
    red, green, blue = cv2.split(shown)
    squares = [red * red, red * green, red * blue, green * green, green * blue, blue * blue]
    planes = [red, green, blue, *squares, person.astype(np.float32)]
    cells = cv2.merge([cv2.resize(plane, size_wh, interpolation=cv2.INTER_AREA) for plane in planes])
    cells = np.asarray(cv2.GaussianBlur(cells, (0, 0), reach * max(person.shape) / CELL_PX))
    weight = cells[..., -1]
    means = np.asarray(cells[..., :-1] / np.maximum(weight, 1e-6)[..., None], np.float32)
    known = (weight > 0.01).astype(np.float32)
    moments = np.concatenate([pull_push(means[..., k : k + 3], known) for k in (0, 3, 6)], axis=2)
    rows, columns = np.nonzero(where)
    places, cell = np.unique(rows // CELL_PX * size_wh[0] + columns // CELL_PX, return_inverse=True)
    mean, products = np.hsplit(moments.reshape(-1, 9)[places], [3])
    first, second = np.triu_indices(3)
    covariance = np.empty((places.size, 3, 3), np.float32)
    covariance[:, first, second] = covariance[:, second, first] = products - mean[:, first] * mean[:, second]
    return Colours(mean, covariance, cell)
