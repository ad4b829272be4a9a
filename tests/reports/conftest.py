"""Captures with measures that each test chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures

START = datetime(2026, 5, 4, 9, 0, tzinfo=timezone(timedelta(hours=2)))
ORIGINAL, PORTRAIT = sample_pictures((32, 40))

Save = Callable[..., Record]


@pytest.fixture
def save(archive: Archive) -> Save:
    """Saves a capture at nine o'clock plus some minutes; keyword arguments replace measures of a good portrait."""

    def save(minute: int, **measures: Any) -> Record:
        portrait = replace(PORTRAIT, measures=replace(PORTRAIT.measures, head_height=0.5, eye_line=0.4, **measures))
        return archive.save(ORIGINAL, portrait, START + timedelta(minutes=minute), SAMPLE_CIRCUMSTANCES)

    return save
