"""Hard photographs that nobody trains on: ``python -m models.recipe.evaluate.held_out --pictures DIR``.

Their labels were corrected by eye. ``by_eye.zip`` has them, and ``by_eye.csv`` says where each photograph is from. The
photographs are not in the project. The folder has to hold them as ``STEM.jpg``. Portraits of capture 1.2 of them were
called wrong, or networks contradict each other, so this is no sample of what a booth sees.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from capture_station.images import fit_within_wh, resized
from models.recipe import dataset
from models.recipe.evaluate.raised_arms import Case, compare

LABELS = Path(__file__).parents[1] / "by_eye.csv"
MOST_PX = 1400
"""Longest side of a photograph; larger ones are reduced."""


def held_out(pictures: Path, labels: Path = LABELS) -> Iterator[Case]:
    """The photographs, in the order of their names. Within a mask's pixel of the outline, nothing is lost or kept.

    Raises:
        OSError: A photograph is missing or no picture; the message says where it comes from.
    """
    with labels.open(newline="") as stream, zipfile.ZipFile(labels.with_suffix(".zip")) as packed:
        for row in csv.DictReader(stream):
            if row["split"] != "held-out":
                continue
            file = pictures / f"{row['stem']}.jpg"
            if not file.exists():
                raise OSError(f"{file} is missing: take {row['path']} of github {row['repository']} @ {row['commit']}")
            image = dataset.read_rgb(file)
            size_wh = fit_within_wh((image.shape[1], image.shape[0]), (MOST_PX, MOST_PX))
            image = np.asarray(resized(image, size_wh, averaged=True), np.uint8)
            mask = cv2.imdecode(np.frombuffer(packed.read(f"{row['stem']}.png"), np.uint8), cv2.IMREAD_GRAYSCALE)
            person = np.asarray(cv2.resize(mask, size_wh, interpolation=cv2.INTER_LINEAR)) > 127
            side = 2 * round(size_wh[0] / mask.shape[1]) + 1
            rim = cv2.morphologyEx(person.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((side, side), np.uint8)) > 0
            yield Case(row["stem"], image, person, np.zeros_like(person), rim)


def main(words: list[str] | None = None) -> None:
    compare(words, "held_out", __doc__, held_out)


if __name__ == "__main__":
    main()
