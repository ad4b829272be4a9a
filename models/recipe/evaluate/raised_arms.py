"""Raised arms and hands: ``python -m models.recipe.evaluate.raised_arms --pictures DIR``.

The masks in ``hand_cut`` were checked and corrected by eye. 255 is the person, and at 128 both answers are right.
``hand_cut/origins.csv`` says where each photograph comes from. The photographs are not in the project. The folder has
to hold them as ``<id>.jpg``.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station import shipped as package
from capture_station.frames import Image
from models.recipe import dataset, metrics
from models.recipe.evaluate.contestants import Contestant, for_saving, portrait_of, selfie, unit_alpha
from models.recipe.evaluate.markdown import markdown

MASKS = Path(__file__).parent / "hand_cut"
WHOLE = 0.015
"""Largest share of the person that a whole one lacks."""
INSIDE_PX = 2
"""Masks may be off by so much; what is lost deeper inside the outline is lost for certain."""
DOUBTS = {"limb-cut", "something-kept", "outline-uncertain"}


@dataclass(frozen=True)
class Case:
    """One photograph with its mask."""

    name: str
    image: Image
    """(H, W, 3), scaled to the mask."""
    person: NDArray[np.bool_]
    """(H, W)."""
    either: NDArray[np.bool_]
    """(H, W): both answers are right."""
    rim: NDArray[np.bool_] | None = None
    """(H, W): so near the outline that nothing counts as lost or kept. The boundary F counts there, too."""


@dataclass(frozen=True)
class MatteRow:
    """What is wrong with one matte."""

    iou: float
    boundary_f: float
    lost: float
    """Share of the person."""
    lost_inside: float
    """The same, counting what is more than ``INSIDE_PX`` inside the outline."""
    kept: float
    """What is kept of the room, as a share of the person's area."""
    doubted: bool | None
    """Whether the station has a doubt about the cut-out; None for other networks."""


def cases(pictures: Path) -> Iterator[Case]:
    """The photographs, in the order of their ids.

    Raises:
        OSError: A photograph is missing or no picture; the message says where it comes from.
    """
    with (MASKS / "origins.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            file = pictures / f"{row['id']}.jpg"
            if not file.exists():
                raise OSError(f"{file} is missing: take {row['path']} of github {row['repository']} @ {row['commit']}")
            mask = dataset.read_alpha(MASKS / f"{row['id']}.png")
            image = np.asarray(cv2.resize(dataset.read_rgb(file), mask.shape[::-1], interpolation=cv2.INTER_AREA))
            yield Case(row["id"], image.astype(np.uint8), mask == 255, mask == 128)


def measured(alpha: NDArray[np.float32], case: Case, doubted: bool | None = None) -> MatteRow:
    """Compare an alpha (H, W) in [0, 1] with the mask."""
    truth = case.person.astype(np.float32)
    alpha = np.where(case.either, truth, alpha).astype(np.float32)
    boundary_f = metrics.boundary_f(alpha, truth)
    if case.rim is not None:
        alpha = np.where(case.rim, truth, alpha)
    # The picture's edge is no outline.
    bordered = cv2.copyMakeBorder(case.person.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inside = cv2.distanceTransform(bordered, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1] > INSIDE_PX
    area, missing = max(1, np.count_nonzero(case.person)), case.person & (alpha <= 0.5)
    return MatteRow(
        metrics.iou(alpha, truth),
        boundary_f,
        np.count_nonzero(missing) / area,
        np.count_nonzero(missing & inside) / area,
        np.count_nonzero(~case.person & (alpha > 0.5)) / area,
        doubted,
    )


def as_saved(station: Contestant, case: Case) -> MatteRow:
    """Measure the station's portrait, uncropped."""
    made = portrait_of(case.image, station.segment(case.image))
    return measured(unit_alpha(made), case, any(flaw.code in DOUBTS for flaw in made.measures.flaws))


def as_it_is(peer: Contestant, case: Case) -> MatteRow:
    """Measure another network's matte, stretched to the picture."""
    alpha = cv2.resize(peer.segment(case.image).alpha, case.person.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return measured(np.asarray(alpha, np.float32), case)


def report(results: Mapping[str, Sequence[MatteRow]]) -> str:
    """The table: a line for each network."""
    lines = []
    for name, rows in results.items():
        ious, edges, kept = (np.mean([getattr(row, field) for row in rows]) for field in ("iou", "boundary_f", "kept"))
        whole = [row.lost <= WHOLE for row in rows]
        inside = sum(row.lost_inside <= WHOLE for row in rows)
        cut = [row for row in rows if row.lost > WHOLE]
        found = sum(bool(row.doubted) for row in cut)
        lines.append(
            [
                name,
                f"{ious:.4f}",
                f"{edges:.3f}",
                f"{100 * np.mean([row.lost for row in rows]):.1f} %",
                f"{sum(whole)} of {len(rows)}",
                f"{inside} of {len(rows)}",
                f"{100 * kept:.1f} %",
                "" if rows[0].doubted is None else f"{found} of {len(cut)}",
            ]
        )
    heads = ["matte", "IoU", "boundary F", "lost", f"at most {WHOLE:.1%} lost", f"of that over {INSIDE_PX} px inside"]
    return markdown([*heads, "room kept", "doubted where more is lost"], lines)


def compare(
    words: list[str] | None, module: str, description: str | None, photographs: Callable[[Path], Iterator[Case]]
) -> None:
    """A command of this folder: measure the station, and a peer, on photographs, and print the table."""
    parser = argparse.ArgumentParser(prog=f"python -m models.recipe.evaluate.{module}", description=description)
    parser.add_argument("--pictures", type=Path, required=True, help="folder with the photographs, .jpg")
    parser.add_argument("--capture", type=Path, default=package.model_path(package.CAPTURE_MODEL), help="int8 .tflite")
    parser.add_argument("--peer", type=Path, help="MediaPipe Selfie, .tflite")
    arguments = parser.parse_args(words)
    station = for_saving("capture", arguments.capture)
    peer = None if arguments.peer is None else selfie("MediaPipe Selfie", arguments.peer)
    results: dict[str, list[MatteRow]] = {}
    for case in tqdm(photographs(arguments.pictures), unit="img"):
        if peer is not None:
            results.setdefault(f"{peer.name}, as it is", []).append(as_it_is(peer, case))
        results.setdefault("capture, as saved", []).append(as_saved(station, case))
    print(report(results))


def main(words: list[str] | None = None) -> None:
    compare(words, "raised_arms", __doc__, cases)


if __name__ == "__main__":
    main()
