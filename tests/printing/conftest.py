"""The desk at which the tests print."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from tests.printing.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, archive: Archive) -> Desk:
    return Desk(tmp_path, archive)
