"""An album of drawn photos, and options that need no neural network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image as Pillow

from capture_station.config import ArchiveSettings, PortraitSettings, SegmentationSettings
from capture_station.photos.cleaning import CleaningOptions
from tests.photos.drawing import drawn


@pytest.fixture
def options() -> CleaningOptions:
    return CleaningOptions(SegmentationSettings(runtime="fake"), PortraitSettings(preset="free"), ArchiveSettings())


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three photos in a folder and one below it."""
    folder = tmp_path / "album"
    (folder / "day 2").mkdir(parents=True)
    for shade, name in enumerate(("a.jpg", "b.png", "c.webp", "day 2/d.tif")):
        Pillow.fromarray(drawn(shade=20 * shade)).save(folder / name)
    (folder / "notes.txt").write_text("no photo")
    return folder


@pytest.fixture
def bottomless(album: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the album with an unlistable folder below it: the path is too long, even for root."""
    monkeypatch.chdir(album)
    for _ in range(20):
        os.mkdir("z" * 250)
        os.chdir("z" * 250)
    return album / ("z" * 250)
