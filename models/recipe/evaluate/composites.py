"""Pictures whose true portrait is known: held-out cut-outs before held-out rooms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image
from models.recipe import dataset
from models.recipe.dataset import covering

ROOMS_EACH = 2
"""Backgrounds a cut-out is put before."""
NOISE_LEVELS = 1.5
"""Standard deviation of the camera's noise, of 255."""
SEED = 0


@dataclass(frozen=True)
class Composite:
    """One picture and all that is true of it."""

    name: str
    image: Image
    """(H, W, 3) RGB: what a camera would have seen."""
    alpha: NDArray[np.float32]
    """(H, W) in [0, 1]."""
    on_white: Image
    """The same light of the same person, with the same noise, before nothing but white."""
    again: Image
    """The scene once more, with other noise."""
    on_white_again: Image
    still: NDArray[np.float32]
    """(H, W, 3) in [0, 255]: the scene without noise."""


def composites(data: dataset.Dataset, limit: int | None = None, hair: bool = False) -> Iterator[Composite]:
    """Every cut-out of a split before ``ROOMS_EACH`` of its backgrounds; of the first ``limit`` cut-outs only.

    ``hair`` takes the cut-outs without pictures of their own instead, whose every strand has an alpha, before the sharp
    backgrounds among them. The same every time: what is drawn depends on the cut-out's place in the list alone.
    """
    cutouts = (p for p in data.portraits if p.cutout is not None and (p.behind is not None) == hair)
    portraits = sorted(cutouts, key=lambda p: (p.source, p.image))
    sharp = {portrait.behind for portrait in portraits}
    rooms = sorted(
        (room for room in data.backgrounds if not hair or room.image in sharp),
        key=lambda room: (room.source, room.image),
    )
    for index, portrait in enumerate(portraits[:limit]):
        assert portrait.cutout is not None
        colours, alpha = dataset.read_cutout(portrait.cutout)
        rng = np.random.default_rng((SEED, index))
        for number in rng.choice(len(rooms), min(ROOMS_EACH, len(rooms)), replace=False):
            room = rooms[number]
            behind = covering(dataset.read_rgb(room.image), (alpha.shape[1], alpha.shape[0]))
            name = f"{portrait.source}/{portrait.cutout.stem} before {room.source}/{room.image.stem}"
            yield compose(name, colours, alpha, behind, rng)


def compose(name: str, colours: Image, alpha: Image, behind: Image, rng: np.random.Generator) -> Composite:
    """Blended in sRGB, as the cut-outs' alphas were estimated; the noise is in both layers alike."""
    share = (alpha / np.float32(255))[..., None]
    noises = [rng.normal(0, NOISE_LEVELS, colours.shape) for _ in range(2)]
    still = colours * share + behind * (1 - share)
    image, again = (levels(still + noise) for noise in noises)
    on_white, on_white_again = (levels((colours + noise) * share + 255 * (1 - share)) for noise in noises)
    return Composite(name, image, share[..., 0], on_white, again, on_white_again, still)


def noisy(still: NDArray[np.float32], rng: np.random.Generator) -> Image:
    """A scene (H, W, 3) as the camera sees it once."""
    return levels(still + rng.normal(0, NOISE_LEVELS, still.shape))


def levels(values: NDArray[np.floating]) -> Image:
    """Rounded and clipped to uint8."""
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
