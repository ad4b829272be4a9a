"""Stations on the demo camera at the end of a cable, saving into a temporary folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from capture_station.camera.contract import Camera
from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import StationSettings
from capture_station.errors import CameraError
from capture_station.station.station import Station
from capture_station.station.status import Status

PATIENCE_S = 20.0

StartStation = Callable[..., Station]


class HeldCameras(FaultInjector):
    """Cameras that another program is using until they are set free, so that meanwhile the demo stands in."""

    held = True

    def open(self, open_camera: Callable[[], Camera]) -> Camera:
        camera = super().open(open_camera)
        if self.held and camera.info.kind != "demo":
            camera.close()
            raise CameraError("another program is using it")
        return camera


@pytest.fixture
def settings(tmp_path: Path) -> StationSettings:
    """Small, fast, without countdown, the real models."""
    return StationSettings.model_validate(
        {
            "camera": {
                "kind": "demo",
                "size_px": [640, 480],
                "preview_size_px": [320, 240],
                "read_timeout_s": 0.5,
                "frozen_after_s": 0.4,
                "reopen_first_s": 0.05,
                "reopen_longest_s": 0.2,
            },
            "capture": {"countdown_s": 0, "burst": 2},
            "portrait": {"preset": "free"},
            "archive": {"folder": str(tmp_path / "archive"), "keep_free_bytes": 0},
        }
    )


@pytest.fixture
def faults() -> FaultInjector:
    return FaultInjector()


@pytest.fixture
def start(faults: FaultInjector, settings: StationSettings) -> Iterator[StartStation]:
    """Starts a station with settings changed; stops it at the end of the test."""
    with ExitStack() as stack:

        def start(open_segmenter: Any = None, **sections: dict[str, Any]) -> Station:
            changed = settings.model_dump()
            for section, values in sections.items():
                changed[section].update(values)
            keywords = {} if open_segmenter is None else {"open_segmenter": open_segmenter}
            return stack.enter_context(Station(StationSettings.model_validate(changed), faults, **keywords))

        yield start


def until(station: Station, holds: Callable[[Status], bool]) -> Status:
    """The first status for which it holds; fails after a patient time."""
    tick = threading.Event()
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds(status := station.status()):
        assert time.monotonic() < deadline_s, f"never came: {status}"
        tick.wait(0.01)
    return status
