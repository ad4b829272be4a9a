"""Whether a station stays as it is: memory, threads and open files over many frames, taken as fast as they come."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator
from typing import NamedTuple

from capture_station.commands.bench import Figure, Report, on_demo_camera, this_machine
from capture_station.config import StationSettings
from capture_station.station.station import Station

SAMPLES = 20
FASTEST_FPS = 240
"""More than is drawn and composed on any machine: time is saved by not waiting, nothing else is left out."""


class Sample(NamedTuple):
    """What the process holds at one moment."""

    resident_mib: float
    threads: int
    files: int


def endure(settings: StationSettings, frames: int) -> Report:
    """Run without a window on the demo camera until so many previews were made, with a capture ten times on the way.

    Frames have their full size and go through the real models; only the pauses between them are left out. The first
    third counts as the start: until then the demo's second person has come.

    Raises:
        StationError: As a running station.
    """
    with on_demo_camera(settings) as demo:
        camera = demo.camera.model_copy(update={"fps": FASTEST_FPS})
        samples = list(_samples(demo.model_copy(update={"camera": camera}), frames))
    begun, ended = samples[SAMPLES // 3], samples[-1]
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = (
        Figure("frames", frames, "previews", "the first third is the start"),
        Figure("memory after the start", begun.resident_mib, "MiB", "resident"),
        Figure("memory at the end", ended.resident_mib, "MiB", "resident, at most 300"),
        Figure("memory, peak", peak_mib, "MiB", "resident"),
        Figure("threads that came", ended.threads - begun.threads, "threads", "0 is flat"),
        Figure("files that stayed open", ended.files - begun.files, "files", "0 is flat"),
    )
    return Report(this_machine(), figures)


def _samples(settings: StationSettings, frames: int) -> Iterator[Sample]:
    with Station(settings) as station:
        for number in range(SAMPLES):
            sequence = -1
            while station.status().live.previews < frames * (number + 1) // SAMPLES:
                preview = station.preview(sequence, timeout_s=60)
                assert preview is not None
                sequence = preview.sequence
            if number % 2 == 0:
                station.capture(countdown_s=0).result()
            yield Sample(_resident_mib(), threading.active_count(), len(os.listdir("/proc/self/fd")))


def _resident_mib() -> float:
    with open("/proc/self/statm", encoding="ascii") as counts:
        return int(counts.read().split()[1]) * resource.getpagesize() / 2**20
