"""Plots the course of training: losses, IoU and boundary F over the number of training pictures."""

from __future__ import annotations

import csv
from pathlib import Path

from matplotlib.figure import Figure


def plot(log: Path, picture: Path) -> None:
    """Plot a metrics.csv, with one panel for each kind of column."""
    with log.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = [name for name in rows[0] if name not in ("images", "skipped")]
    panels = {
        "loss": [name for name in names if not name.endswith(("_iou", "_boundary_f"))],
        "IoU, val": [name for name in names if name.endswith("_iou")],
        "boundary F, val": [name for name in names if name.endswith("_boundary_f")],
    }
    figure = Figure(figsize=(15, 4), layout="constrained")
    for axes, (title, columns) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        for name in columns:
            line = [float(row["images"]) for row in rows], [float(row[name]) for row in rows]
            axes.plot(*line, marker=".", label=name.removesuffix("_iou").removesuffix("_boundary_f"))
        axes.set(title=title, xlabel="training pictures")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(picture)
