"""What tests of several folders begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.config import ArchiveSettings


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An empty archive that takes all of the disk."""
    opened = Archive.open(ArchiveSettings(folder=tmp_path / "archive", keep_free_bytes=0))
    yield opened
    opened.close()
