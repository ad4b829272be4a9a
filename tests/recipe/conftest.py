"""A data folder as the recipe reads it, made of ellipses."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.recipe.dataset import LANDMARKS

WIDTH_PX, HEIGHT_PX = 96, 128
PORTRAITS = [
    ("eg1800", "train", "00001", "unclear"),
    ("eg1800", "train", "00002", "unclear"),
    ("eg1800", "train", "02409", "unclear"),
    ("eg1800", "val", "00003", "unclear"),
    ("ccp", "train", "0004", "permissive"),
    ("ccp", "val", "0005", "permissive"),
    ("london", "train", "127_03", "attribution"),
    ("london", "train", "128_03", "attribution"),
    ("london", "train", "141_08", "attribution"),
]
EYES_NOSE_MOUTH_CHIN = [(38, 40), (58, 40), (48, 50), (40, 60), (56, 60), (48, 72)]
"""Pixels in every portrait, in the order of ``LANDMARKS``."""
CROWN_PX = 18


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MANIFEST.csv, portraits (two with a cut-out), backgrounds and landmarks.csv."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    manifest, labels = [], []
    for source, split, name, licence in PORTRAITS:
        folder = Path("portraits") / source / split
        image, alpha = portrait(rng)
        write(root / folder / "img" / f"{name}.jpg", image)
        write(root / folder / "alpha" / f"{name}.png", alpha)
        if name in ("127_03", "128_03"):
            write(root / folder / "cutout" / f"{name}.webp", np.dstack([image, alpha]))
            finer = cv2.resize(np.dstack([image, alpha]), None, fx=2, fy=2)
            write(root / "portraits" / "london1024" / split / "cutout" / f"{name}.webp", finer)
        for kind in (f"img/{name}.jpg", f"alpha/{name}.png"):
            manifest.append([str(folder / kind), source, split, WIDTH_PX, HEIGHT_PX, "matted", licence])
        labels.append([str(folder / f"img/{name}.jpg"), *np.ravel(EYES_NOSE_MOUTH_CHIN), CROWN_PX])
    bare = Path("portraits") / "genfaces" / "train" / "cutout" / "female_1.webp"
    write(root / bare, np.dstack(portrait(rng)))
    manifest.append([str(bare), "genfaces", "train", WIDTH_PX, HEIGHT_PX, "matted", "unclear"])
    for split in ("train", "val"):
        path = Path("backgrounds") / "rooms" / split / "1.jpg"
        write(root / path, rng.integers(0, 255, (64, 64, 3), np.uint8))
        manifest.append([str(path), "rooms", split, 64, 64, "none", "unclear"])
    header = ["path", "source", "split", "width", "height", "label_kind", "licence_class"]
    write_csv(root / "MANIFEST.csv", [header, *manifest])
    columns = [f"{name}_{axis}" for name in LANDMARKS for axis in "xy"]
    write_csv(root / "landmarks.csv", [["path", *columns, "crown_y"], *labels])
    return root


def portrait(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A dark person with eyes before a light wall: BGR and alpha."""
    alpha = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint8)
    cv2.ellipse(alpha, (48, 48), (22, 30), 0, 0, 360, 255, -1)
    cv2.ellipse(alpha, (48, 128), (40, 50), 0, 0, 360, 255, -1)
    image = np.full((HEIGHT_PX, WIDTH_PX, 3), 200, np.uint8)
    image[alpha > 0] = rng.integers(40, 100, 3)
    for eye in EYES_NOSE_MOUTH_CHIN[:2]:
        cv2.circle(image, eye, 3, (0, 0, 0), -1)
    return image, alpha


def write(path: Path, plane: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), plane)


def write_csv(path: Path, rows: list[list[object]]) -> None:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
