"""Errors of the heads that the station finds from landmarks and the saved matte: one row for each labelled portrait."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from pathlib import Path

from tqdm import tqdm

from capture_station.frames import Landmark
from capture_station.portrait.head_placement import place
from models.recipe import dataset
from models.recipe.evaluate.contestants import Contestant, portrait_of, sure_of


@dataclass(frozen=True)
class HeadRow:
    """Signed vertical errors of one head, as shares of the labelled head's height.

    An error is positive where the mark is below its label. It is NaN where no head was found.
    """

    source: str
    image: str
    crown: float
    eyes: float
    chin: float

    @property
    def height(self) -> float:
        """Signed error of the head's height, positive where the head is measured too tall."""
        return self.chin - self.crown


def heads(station: Contestant, data: dataset.Dataset, root: Path, limit: int | None) -> list[HeadRow]:
    """Measure the heads in the first ``limit`` portraits of every source.

    Portraits without labelled landmarks or without a labelled crown inside the picture are skipped.
    """
    rows = []
    chosen = [portrait for group in dataset.sources(data.portraits).values() for portrait in group[:limit]]
    for portrait in tqdm(chosen, desc="heads", unit="img"):
        # A crown in the first row means that the picture's edge cuts off the head.
        if portrait.landmarks_px is None or portrait.crown_px is None or portrait.crown_px < 1:
            continue
        image, _ = portrait.read()
        matte = sure_of(station.segment(image))
        errors = [nan] * 3
        if matte.head is not None:
            placed = place(matte.head, portrait_of(image, matte).alpha)
            eyes_px = portrait.landmarks_px[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE], 1].mean()
            chin_px = portrait.landmarks_px[Landmark.CHIN, 1]
            height_px = chin_px - portrait.crown_px
            pairs = ((placed.crown_px, portrait.crown_px), (placed.eyes_px[1], eyes_px), (placed.chin_px, chin_px))
            errors = [float((ours - label) / height_px) for ours, label in pairs]
        rows.append(HeadRow(portrait.source, str(portrait.image.relative_to(root)), *errors))
    return rows
