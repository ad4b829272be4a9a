"""Fixtures for the tests of several folders.

Nothing but pytest is imported here at first: the lab runs its checks on systems that have nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from capture_station.archive.archive import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An empty archive that takes all of the disk."""
    from capture_station.archive.archive import Archive
    from capture_station.config import ArchiveSettings

    opened = Archive.open(ArchiveSettings(folder=tmp_path / "archive", keep_free_bytes=0))
    yield opened
    opened.close()
