"""Composites whose true portrait is known: held-out cut-outs in front of held-out backgrounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Image
from models.recipe import dataset
from models.recipe.dataset import covering

ROOMS_EACH = 2
"""Number of backgrounds for each cut-out."""
NOISE_LEVELS = 1.5
"""Standard deviation of the simulated camera noise, on the scale 0 to 255."""
SEED = 0


@dataclass(frozen=True)
class Composite:
    """One composite and its ground truth."""

    name: str
    image: Image
    """(H, W, 3) RGB, as a camera would record it, with noise."""
    alpha: NDArray[np.float32]
    """(H, W) in [0, 1], the true alpha."""
    on_white: Image
    """The true portrait: the same person with the same light and noise on pure white."""
    again: Image
    """The same scene with a second draw of noise."""
    on_white_again: Image
    """The true portrait of ``again``."""
    still: NDArray[np.float32]
    """(H, W, 3) in [0, 255], the scene without noise."""
    behind: Image
    """(H, W, 3), the background alone."""


def composites(data: dataset.Dataset, limit: int | None = None, hair: bool = False) -> Iterator[Composite]:
    """Yield the cut-outs of a split, each in front of ``ROOMS_EACH`` backgrounds of the split.

    The result is deterministic: the random draw depends only on the cut-out's index in the sorted list.

    Args:
        data: The split.
        limit: Use the first ``limit`` cut-outs only, or all if it is None.
        hair: Use the cut-outs that have no photograph of their own. Their alpha resolves every strand of hair. Their
            backgrounds are the sharp ones that the data set pairs with them.
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
    """Blend a cut-out with a background and add noise.

    Blending is done in sRGB, because the cut-outs' alphas were estimated there. The same noise is added to the person
    and the background.
    """
    share = (alpha / np.float32(255))[..., None]
    noises = [rng.normal(0, NOISE_LEVELS, colours.shape) for _ in range(2)]
    still = colours * share + behind * (1 - share)
    image, again = (levels(still + noise) for noise in noises)
    on_white, on_white_again = (levels((colours + noise) * share + 255 * (1 - share)) for noise in noises)
    return Composite(name, image, share[..., 0], on_white, again, on_white_again, still, behind)


def noisy(still: NDArray[np.float32], rng: np.random.Generator) -> Image:
    """Return a noise-free scene (H, W, 3) with one draw of camera noise."""
    return levels(still + rng.normal(0, NOISE_LEVELS, still.shape))


def levels(values: NDArray[np.floating]) -> Image:
    """Round and clip values to uint8."""
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
