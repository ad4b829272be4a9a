"""Loads the dataset on disk: portraits with mattes and landmarks, and backgrounds, by split and licence class."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

LICENCES = ("permissive", "attribution", "unclear")
LANDMARKS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left", "chin")
LONDON_FIRST_HELD_OUT_ID = 128
"""The london folder has no val split of its own: people with this id or a higher one are held out for val."""
TWINS_OF_VAL = {"eg1800": frozenset({"00276", "01045", "02351", "02409"})}
"""Training pictures, by source, that belong to neither split.

The val split has another picture of the same person, taken on the same day.
"""
CUTOUTS_ALONE = ("genfaces",)
"""Sources that have cut-outs but no pictures with a background."""
FINER_CUTOUTS = {"london": "london1024"}
"""Sources whose training pictures have finer cut-outs in another folder."""
SHARP_PX = 384
"""Minimum length of the shorter side of a background for cut-outs that have no background of their own.

If no background is that large, all of them are used.
"""


@dataclass(frozen=True)
class Portrait:
    """One labelled picture of a person."""

    source: str
    image: Path
    alpha: Path
    cutout: Path | None
    """RGBA file with true foreground colours and straight (not premultiplied) alpha."""
    landmarks_px: NDArray[np.float32] | None
    """(6, 2) x, y in pixels of the picture, in the order of ``LANDMARKS``; None if no face is labelled."""
    crown_px: float | None = None
    """Row of the top of the head, with hair and hat; None if it is not labelled."""
    behind: Path | None = None
    """Background for a cut-out that has none of its own; ``image`` and ``alpha`` are then the cut-out's file."""

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Read image (H, W, 3) RGB and alpha (H, W), both uint8."""
        if self.behind is None:
            return read_rgb(self.image), read_alpha(self.alpha)
        colours, alpha = read_cutout(self.image)
        share = alpha.astype(np.float32) / 255
        background = covering(read_rgb(self.behind), alpha.shape[::-1])
        return np.asarray(cv2.blendLinear(colours, background, share, 1 - share), np.uint8), alpha


@dataclass(frozen=True)
class Background:
    """One picture without people."""

    source: str
    image: Path


@dataclass(frozen=True)
class Dataset:
    """One split of a data folder."""

    portraits: tuple[Portrait, ...]
    backgrounds: tuple[Background, ...]

    def digest(self) -> str:
        """SHA-256 over the names and contents of all files of the split, and over the portraits' landmarks."""
        total = hashlib.sha256()
        landmarks = {item.image: item.landmarks_px for item in self.portraits}
        paths = [p for item in self.portraits for p in (item.image, item.alpha, item.cutout) if p is not None]
        for path in sorted([*paths, *(item.image for item in self.backgrounds)]):
            total.update("/".join(path.parts[-4:]).encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
            if (points_px := landmarks.get(path)) is not None:
                total.update(points_px.tobytes())
        return total.hexdigest()


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """Read a picture (H, W, 3) uint8 RGB. Raises ``OSError`` if the file is not a picture."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise OSError(f"{path}: not a picture")
    return np.asarray(image, np.uint8)


def read_alpha(path: Path) -> NDArray[np.uint8]:
    """Read a matte (H, W) uint8, 255 = person. Raises ``OSError`` if the file is not a picture."""
    alpha = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if alpha is None:
        raise OSError(f"{path}: not a picture")
    return np.asarray(alpha, np.uint8)


def read_cutout(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read foreground colours (H, W, 3) RGB and alpha (H, W) of an RGBA file, both uint8.

    Raises ``OSError`` if the file is not an RGBA picture.
    """
    bgra = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if bgra is None or bgra.ndim != 3 or bgra.shape[2] != 4:
        raise OSError(f"{path}: not a cut-out with an alpha channel")
    return np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB), np.uint8), np.ascontiguousarray(bgra[:, :, 3])


def covering(image: NDArray[np.uint8], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale a picture to cover ``size_wh``, keep its aspect ratio, and crop it to the centre."""
    width, height = size_wh
    scale = max(width / image.shape[1], height / image.shape[0])
    whole_wh = (max(width, round(image.shape[1] * scale)), max(height, round(image.shape[0] * scale)))
    resized = cv2.resize(image, whole_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (whole_wh[0] - width) // 2, (whole_wh[1] - height) // 2
    return np.asarray(resized[top : top + height, left : left + width], np.uint8)


def load(root: Path, split: str, licences: Collection[str] = LICENCES) -> Dataset:
    """Load the ``train`` or ``val`` split of a data folder, without licence classes that are not in ``licences``.

    The folder holds ``MANIFEST.csv``, ``portraits/<source>/<split>/{img,alpha,cutout}``,
    ``backgrounds/<source>/<split>`` and, if there are any, ``landmarks.csv``.

    Raises:
        OSError: The folder or its manifest cannot be read.
        ValueError: A licence class or the split does not exist.
    """
    unknown = set(licences) - set(LICENCES)
    if unknown or split not in ("train", "val"):
        raise ValueError(f"no such licence class or split: {', '.join(sorted(unknown)) or split}")
    landmarks, crowns = read_landmarks(root / "landmarks.csv"), read_crowns(root / "landmarks.csv")
    portraits: list[Portrait] = []
    backgrounds: list[Background] = []
    sharp: list[Path] = []
    bare: list[tuple[str, Path]] = []
    with (root / "MANIFEST.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            path = root / row["path"]
            if row["licence_class"] not in licences or split_of(row) != split:
                continue
            if row["path"].startswith("backgrounds/"):
                backgrounds.append(Background(row["source"], path))
                if min(int(row["width"]), int(row["height"])) >= SHARP_PX:
                    sharp.append(path)
            elif path.parent.name == "img":
                folder = path.parent.parent
                portraits.append(
                    Portrait(
                        source=row["source"],
                        image=path,
                        alpha=folder / "alpha" / f"{path.stem}.png",
                        cutout=finest_cutout(path, split),
                        landmarks_px=landmarks.get(row["path"]),
                        crown_px=crowns.get(row["path"]),
                    )
                )
            elif row["source"] in CUTOUTS_ALONE:
                bare.append((row["source"], path))
    rooms = sharp or [background.image for background in backgrounds]
    # The cut-outs take the backgrounds in turn, so the assignment is the same in every run.
    for index, (source, path) in enumerate(sorted(bare) if rooms else []):
        key = path.relative_to(root).as_posix()
        portraits.append(
            Portrait(source, path, path, path, landmarks.get(key), crowns.get(key), rooms[index % len(rooms)])
        )
    return Dataset(tuple(portraits), tuple(backgrounds))


def finest_cutout(picture: Path, split: str) -> Path | None:
    """The cut-out of ``portraits/<source>/<folder>/img/<name>``, or None if there is none.

    For training, it is the finer one if there are two.
    """
    source, folder = picture.parents[2], picture.parents[1].name
    places = [source]
    if split == "train" and source.name in FINER_CUTOUTS:
        places.insert(0, source.parent / FINER_CUTOUTS[source.name])
    files = [place / folder / "cutout" / f"{picture.stem}.webp" for place in places]
    return next((file for file in files if file.exists()), None)


def all_licences(*parts: Collection[str]) -> list[str]:
    """Union of the parts' licence classes, in the order of ``LICENCES``."""
    return [licence for licence in LICENCES if any(licence in part for part in parts)]


def split_of(row: dict[str, str]) -> str | None:
    """The split of a manifest row, with the held-out people of london in val; None if it belongs to neither split."""
    stem = Path(row["path"]).stem
    if row["source"] == "london":
        return "val" if int(stem.split("_")[0]) >= LONDON_FIRST_HELD_OUT_ID else "train"
    twin = row["split"] == "train" and stem in TWINS_OF_VAL.get(row["source"], ())
    return None if twin else row["split"]


def read_landmarks(path: Path) -> dict[str, NDArray[np.float32]]:
    """Landmarks (6, 2) in pixels, by the picture's path in the data folder; empty if there is no file."""
    if not path.exists():
        return {}
    with path.open(newline="") as stream:
        return {
            row["path"]: np.array([[row[f"{name}_x"], row[f"{name}_y"]] for name in LANDMARKS], np.float32)
            for row in csv.DictReader(stream)
        }


def read_crowns(path: Path) -> dict[str, float]:
    """Row of the crown in pixels, by the picture's path in the data folder, where the landmark file has it."""
    if not path.exists():
        return {}
    with path.open(newline="") as stream:
        return {row["path"]: float(row["crown_y"]) for row in csv.DictReader(stream) if row.get("crown_y")}


def sources(portraits: Iterable[Portrait]) -> dict[str, list[Portrait]]:
    """Group portraits by source, with the sources in alphabetical order."""
    groups: dict[str, list[Portrait]] = {}
    for portrait in sorted(portraits, key=lambda item: (item.source, item.image)):
        groups.setdefault(portrait.source, []).append(portrait)
    return groups
