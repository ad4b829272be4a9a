"""Accuracy against time: ``python -m models.recipe.evaluate.curve --data DIR --point NAME=CHECKPOINT.pt …``.

Every checkpoint is exported as an int8 file, which is measured in the same way as the shipped files.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path

from models.recipe import dataset
from models.recipe.evaluate import accuracy, speed
from models.recipe.evaluate.__main__ import PEER, named_file
from models.recipe.evaluate.contestants import shipped
from models.recipe.evaluate.dense_crf import crf_ms, with_crf
from models.recipe.evaluate.markdown import markdown, mean, write_card
from models.recipe.export import calibration_pictures, export_float, load_network, quantize


@dataclass(frozen=True)
class Point:
    """A checkpoint exported to an int8 file."""

    name: str
    file: Path
    images: int
    """Number of training pictures drawn."""


def exported(checkpoints: list[tuple[str, Path]], size_px: int, data: dataset.Dataset, folder: Path) -> list[Point]:
    """Quantize each named checkpoint to a file in ``folder``, calibrated on pictures of ``data``."""
    pictures = calibration_pictures(data, size_px)
    points = []
    for index, (name, checkpoint) in enumerate(checkpoints):
        network, state = load_network(checkpoint)
        float_path, path = folder / f"{index}-float.tflite", folder / f"{index}.tflite"
        export_float(network, size_px, float_path)
        quantize(float_path, pictures, path)
        points.append(Point(name, path, state["images"]))
    return points


def table(
    points: list[Point], rows: list[accuracy.PortraitRow], timings: list[speed.Timing], sources: list[str]
) -> str:
    """Return a table with one line per point.

    IoU is the mean over the pictures of each source. Time is relative to the first timing.
    """
    ratios = {timing.model: timing.ratio for timing in timings}
    cells = []
    for point in points:
        own = [row for row in rows if row.contestant == point.name]
        by_source = [[row for row in own if row.source == source] for source in sources]
        cells.append(
            [
                point.name,
                f"{point.images:,}",
                f"{point.file.stat().st_size / 1e6:.2f} MB",
                f"{ratios[point.name]:.2f}",
                *(f"{mean(row.iou for row in group):.4f}" for group in by_source),
                f"{mean(mean(row.boundary_f for row in group) for group in by_source):.4f}",
                f"{mean(row.landmark_error for row in own if not isnan(row.landmark_error)):.3f}",
            ]
        )
    first = timings[0].model
    header = ["network", "pictures drawn", "size", f"time / {first}", *(f"IoU {source}" for source in sources)]
    return markdown([*header, "boundary F, mean of sources", "landmark error"], cells)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.evaluate.curve", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with MANIFEST.csv")
    parser.add_argument("--point", type=named_file, action="append", required=True, metavar="NAME=CHECKPOINT.pt")
    parser.add_argument("--crf", action="append", default=[], metavar="NAME", help="a point to put a dense CRF behind")
    parser.add_argument("--size", type=int, default=256, help="side of the square input, pixels")
    parser.add_argument("--peer", type=Path, help="MediaPipe Selfie, .tflite; else times are ratios to the first point")
    parser.add_argument("--limit", type=int, help="pictures a source; without it, all")
    parser.add_argument("--rounds", type=int, default=speed.ROUNDS, help="inferences a model for speed")
    parser.add_argument("--card", type=Path, help="rewrite the curve's table in this model card")
    arguments = parser.parse_args()
    training, validation = (dataset.load(arguments.data, split) for split in ("train", "val"))
    with tempfile.TemporaryDirectory() as folder:
        points = exported(arguments.point, arguments.size, training, Path(folder))
        timed = {PEER: arguments.peer} if arguments.peer else {}
        timings = speed.timings({**timed, **{p.name: p.file for p in points}}, threads=[1], rounds=arguments.rounds)
        ours = [shipped(point.name, point.file) for point in points]
        pictures = [group[0].read()[0] for group in dataset.sources(validation.portraits).values()]
        for one, point, timing in zip(list(ours), list(points), timings[len(timed) :], strict=True):
            if point.name in arguments.crf:
                name = f"{point.name} with a dense CRF"
                ours.append(with_crf(one, name))
                points.append(replace(point, name=name))
                took_ms = timing.median_ms + crf_ms(one, pictures)
                timings.append(replace(timing, model=name, median_ms=took_ms, ratio=took_ms / timings[0].median_ms))
        rows = accuracy.portraits(ours, validation, arguments.data, arguments.limit)
        text = table(points, rows, timings, list(dataset.sources(validation.portraits)))
    print(text)
    if arguments.card:
        write_card(arguments.card, text, "curve")


if __name__ == "__main__":
    main()
