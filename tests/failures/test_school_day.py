"""A made-up photo day, shortened: whatever breaks, everybody has their own newest portrait in the end.

``CAPTURE_STATION_TEST_PEOPLE=300`` makes it a whole day.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab import school_day

PEOPLE = int(os.environ.get("CAPTURE_STATION_TEST_PEOPLE", "8"))


def test_everybody_has_their_own_newest_portrait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if PEOPLE < 100:  # So that each happens although few come.
        monkeypatch.setattr(school_day, "RETAKEN", 0.3)
        monkeypatch.setattr(school_day, "WRONG", 0.3)
        monkeypatch.setattr(school_day, "UNKNOWN", 0.3)
        monkeypatch.setattr(school_day, "KILLED", 2)
        monkeypatch.setattr(school_day, "UNPLUGGED", 1)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    fast = ("segmentation.runtime=fake", "portrait.gate=off", "portrait.preset=free", "capture.burst=1")
    day = school_day.school_day(tmp_path, PEOPLE, 4, fast)
    assert day.unknown
    assert day.retaken
    assert day.corrected
