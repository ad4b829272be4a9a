"""How well a portrait knows that it is wrong: ``python -m models.recipe.evaluate.doubts --data DIR``.

It prints which share of wrong and of good portraits of ``val`` raise a doubt, for the shipped threshold and for
thresholds taken from one half of the portraits and tried on the other. Wrong and good are those of ``judged.csv``:
strict editors judged portraits of capture 1.2 by eye, as prints at arm's length, without knowing their doubts. Four
of them saw each portrait of ``val``; more than half of them, or all, called it wrong or good. The doubt was fitted on
one judge's word on the sets ``val`` and ``gathered-fitted``.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station import shipped as package
from capture_station.portrait.doubt import MOST_DOUBT
from models.recipe import dataset, metrics
from models.recipe.evaluate.contestants import Contestant, for_saving, portrait_of, unit_alpha
from models.recipe.evaluate.markdown import markdown

POOR_IOU = 0.9
WRONG_SHARE = 0.01
"""A matte is wrong if one piece of its error is larger than this share of the person."""
PIECE_RADIUS = 0.008
"""Radius of a disc that fits into every piece of error, as a share of the diagonal: outlines that are only a little off
do not count."""
GOOD_FLAGGED = 0.08
"""Share of the good portraits that may raise a doubt."""
JUDGED = Path(__file__).with_name("judged.csv")


@dataclass(frozen=True)
class DoubtRow:
    """The doubt and the errors of one portrait as saved."""

    image: str
    doubt: float
    iou: float
    worst_piece: float
    """Area of the largest piece of error, as a share of the person's area."""
    called_wrong: float = float("nan")
    """Share of the judges who called it wrong by eye; NaN if nobody judged it."""


def judgements() -> dict[tuple[str, str], float]:
    """The share of its judges who called a portrait wrong, by source and picture, from ``judged.csv``."""
    with JUDGED.open(newline="") as stream:
        return {
            (row["source"], row["picture"]): int(row["wrong"]) / int(row["judges"]) for row in csv.DictReader(stream)
        }


def doubts(station: Contestant, portraits: Sequence[dataset.Portrait]) -> list[DoubtRow]:
    """Measure the station's portraits, uncropped."""
    rows, judged = [], judgements()
    for portrait in tqdm(portraits, desc="doubts", unit="img"):
        image, alpha = portrait.read()
        truth = alpha.astype(np.float32) / 255
        made = portrait_of(image, station.segment(image))
        ours = unit_alpha(made)
        rows.append(
            DoubtRow(
                portrait.image.name,
                made.measures.doubt,
                metrics.iou(ours, truth),
                worst_piece(ours, truth),
                judged.get((portrait.source, portrait.image.stem), float("nan")),
            )
        )
    return rows


def worst_piece(matte: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Area of the largest piece of error of a matte (H, W), as a share of the person's area; thresholds are 0.5."""
    wrong = ((matte > 0.5) != (truth > 0.5)).astype(np.uint8)
    side = 2 * max(1, round(PIECE_RADIUS * float(np.hypot(*truth.shape)))) + 1
    pieces = cv2.morphologyEx(
        wrong, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), borderValue=0
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(pieces, connectivity=8)
    largest = int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))
    return largest / max(1, int(np.count_nonzero(truth > 0.5)))


def report(rows: Sequence[DoubtRow]) -> str:
    """Shares of doubted portraits as a Markdown table, one line a threshold."""
    amounts, ious, pieces = (np.array([getattr(row, name) for row in rows]) for name in ("doubt", "iou", "worst_piece"))
    called_wrong = np.array([row.called_wrong for row in rows])
    wrong, good = called_wrong > 0.5, called_wrong < 0.5
    groups = (ious < POOR_IOU, pieces > WRONG_SHARE, wrong, good, called_wrong == 1, called_wrong == 0)
    first = np.arange(len(rows)) % 2 == 0
    lines = []
    for name, judged, threshold in (
        ("as shipped", np.ones_like(first), MOST_DOUBT),
        ("from the first half, on the second", ~first, threshold_of(amounts[first & good])),
        ("from the second half, on the first", first, threshold_of(amounts[~first & good])),
    ):
        shares = [
            f"{100 * np.mean(amounts[judged & group] > threshold):.0f} % of {np.count_nonzero(judged & group)}"
            for group in groups
        ]
        lines.append([name, f"{threshold:.4f}", *shares])
    by_label = [f"IoU under {POOR_IOU}", f"a piece wrong of {WRONG_SHARE:.0%}"]
    heads = [
        "threshold",
        "doubt above",
        *by_label,
        "wrong by eye",
        "good by eye",
        "wrong for all judges",
        "good for all",
    ]
    return markdown(heads, lines)


def threshold_of(good: NDArray[np.float64]) -> float:
    """The amount of doubt that only ``GOOD_FLAGGED`` of the good mattes exceed."""
    return float(np.quantile(good, 1 - GOOD_FLAGGED)) if good.size else MOST_DOUBT


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.evaluate.doubts", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with MANIFEST.csv; its val pictures are used")
    parser.add_argument("--capture", type=Path, default=package.model_path(package.CAPTURE_MODEL), help="int8 .tflite")
    parser.add_argument("--limit", type=int, help="portraits; without it, all")
    arguments = parser.parse_args(words)
    portraits = dataset.load(arguments.data, "val").portraits[: arguments.limit]
    print(report(doubts(for_saving("capture", arguments.capture), portraits)))


if __name__ == "__main__":
    main()
