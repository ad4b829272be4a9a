"""The load of a month in minutes: a million frames and thousands of captures through the real capture loop.

Camera and models are fakes; control socket, retention and upload are real. Memory, file handles and threads must not
grow.

``python3 -m pytest -s tests/lab/check_month.py``; CAPTURE_STATION_LAB_FRAMES=100000 takes a tenth of the time.
"""

from __future__ import annotations

import gc
import io
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from capture_station.archive.retention import Retention
from capture_station.camera.contract import Camera, CameraInfo, Mode
from capture_station.camera.fault_injection import Cable
from capture_station.commands.run import BackgroundServices
from capture_station.config import StationSettings
from capture_station.frames import Frame
from capture_station.frontends.console import Console
from capture_station.frontends.control_socket import ControlServer, send_request
from capture_station.station.station import Station
from capture_station.station.status import State
from capture_station.upload.queue import UploadQueue

FRAMES = int(os.environ.get("CAPTURE_STATION_LAB_FRAMES", 1_000_000))
CAPTURES = FRAMES // 500
CAPTURES_PER_LOSS = 50
"""The camera is unplugged and plugged in again after so many captures."""
GROWTH_BYTES = 8_000_000


class QuickCamera:
    """Delivers two pictures in turn, without waiting."""

    info = CameraInfo("quick", "quick camera", Mode((64, 48), 1e4, ""))

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self._pictures = [random.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(2)]
        self._taken = 0

    def read(self, timeout_s: float, full_resolution: bool = False) -> Frame:  # noqa: ARG002
        self._taken += 1
        return Frame(self._pictures[self._taken % 2], self._taken, time.monotonic())

    def close(self) -> None:
        return


class QuickCable(Cable):
    """Has a quick camera at its end, whatever the settings say."""

    def open(self, open_camera: Callable[[], Camera]) -> Camera:  # noqa: ARG002
        return super().open(QuickCamera)


@dataclass(frozen=True)
class Resources:
    """Resources that the process uses."""

    memory_bytes: int
    handles: int
    threads: int

    @classmethod
    def now(cls) -> Resources:
        gc.collect()
        resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
        handles = len(list(Path("/proc/self/fd").iterdir()))
        return cls(resident_pages * os.sysconf("SC_PAGE_SIZE"), handles, threading.active_count())


def settings(folder: Path) -> StationSettings:
    return StationSettings.model_validate(
        {
            "camera": {"kind": "demo", "size_px": [64, 48], "preview_size_px": [64, 48], "reopen_first_s": 0.01},
            "segmentation": {"runtime": "fake"},
            "capture": {"countdown_s": 0, "burst": 1, "when_busy": "queue"},
            "archive": {"folder": folder / "archive", "keep_free_bytes": 0, "keep_days": 0.0001},
            "window": {"review_s": 0},
            "upload": {"url": str(folder / "elsewhere"), "after_s": 0},
        }
    )


class Load:
    """Keeps a station busy."""

    def __init__(self, station: Station, cable: Cable, socket: Path) -> None:
        self._station = station
        self._cable = cable
        self._socket = socket
        self.captures = 0

    def run_until(self, frames: int, captures: int) -> None:
        """Take portraits, ask for the status and unplug the camera until there were so many frames and captures."""
        while self._station.status().loop_beats < frames or self.captures < captures:
            while self._station.status().state is not State.RUNNING:
                self._station.preview(timeout_s=0.01)
            shot = self._station.capture().result(60)
            self.captures += 1
            if self.captures % 2:
                self._station.retake(shot.id)
            assert send_request(self._socket, {"do": "status"})["status"]["captures"] == self.captures
            if self.captures % CAPTURES_PER_LOSS == 0:
                self._lose_the_camera()

    def _lose_the_camera(self) -> None:
        for act, state in ((self._cable.unplug, State.DEGRADED), (self._cable.plug, State.RUNNING)):
            act()
            deadline_s = time.monotonic() + 60
            while self._station.status().state is not state:
                assert time.monotonic() < deadline_s
                time.sleep(0.001)


def test_resources_do_not_grow_in_a_month(tmp_path: Path) -> None:
    chosen, cable = settings(tmp_path), QuickCable()
    Path(chosen.upload.url.get_secret_value()).mkdir()
    station = Station(chosen, cable)
    with ExitStack() as stack:
        stack.enter_context(ControlServer(station, tmp_path / "socket"))
        stack.enter_context(station)
        console = Console(station, out=io.StringIO())
        archive = station.archive
        retention = Retention(archive, after_upload=True)
        queue = UploadQueue(archive, chosen, lambda: station.status().captures.taken)
        stack.enter_context(BackgroundServices(station.closing)).start(queue.run)
        load = Load(station, cable, tmp_path / "socket")
        held = []
        begun_s = time.monotonic()
        for tenth in range(1, 11):
            load.run_until(FRAMES * tenth // 10, CAPTURES * tenth // 10)
            console.look()
            retention.apply(station.closing)
            held.append(Resources.now())
            status, now = station.status(), held[-1]
            print(
                f"{status.live.loop_beats:9,} frames {load.captures:6,} captures {status.live.reopens:4} losses "
                f"{now.memory_bytes / 1e6:6.1f} MB {now.handles:3} handles {now.threads:3} threads "
                f"{len(list(archive.ids())):5} kept {time.monotonic() - begun_s:6.0f} s",
                flush=True,
            )
    warm, last = held[1], held[-1]
    assert last.memory_bytes - warm.memory_bytes < GROWTH_BYTES
    assert last.handles <= max(one.handles for one in held[:3])
    assert last.threads <= max(one.threads for one in held[:3])
