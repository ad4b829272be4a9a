"""The life of a process that takes one portrait."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from capture_station.config import StationSettings
from capture_station.errors import NotRunning
from capture_station.run import take_one


def test_a_signal_in_the_countdown_ends_it_and_says_so(tmp_path: Path) -> None:
    settings = StationSettings.model_validate(
        {"camera": {"kind": "demo", "size_px": [320, 240]}, "archive": {"folder": tmp_path, "keep_free_bytes": 0}}
    )
    before = signal.getsignal(signal.SIGTERM)
    tick = threading.Event()

    def end() -> None:
        while signal.getsignal(signal.SIGTERM) == before:
            tick.wait(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    killer = threading.Thread(target=end)
    killer.start()
    with pytest.raises(NotRunning, match="before the exposure"):
        take_one(settings, countdown_s=30)
    killer.join()
    assert signal.getsignal(signal.SIGTERM) == before
