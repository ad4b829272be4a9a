"""Drawn photos: somebody dark before something bright, which the fake network takes for a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from capture_station.config import ArchiveSettings, PortraitSettings, SegmentationSettings
from capture_station.frames import Image
from capture_station.photos.cleaning import Order


def drawn(width: int = 96, height: int = 64, shade: int = 40) -> Image:
    """No two of its sides or corners are alike."""
    picture = np.full((height, width, 3), 220, np.uint8)
    picture[height // 4 :, width // 3 : width // 2] = (shade, 60, 90)
    picture[: height // 4, width // 3 : width // 2] = (90, 60, shade)
    return picture


@pytest.fixture
def order() -> Order:
    return Order(SegmentationSettings(runtime="fake"), PortraitSettings(), ArchiveSettings())


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three photos in a folder and one below it."""
    folder = tmp_path / "album"
    (folder / "day 2").mkdir(parents=True)
    for shade, name in enumerate(("a.jpg", "b.png", "c.webp", "day 2/d.tif")):
        Pillow.fromarray(drawn(shade=20 * shade)).save(folder / name)
    (folder / "notes.txt").write_text("no photo")
    return folder
