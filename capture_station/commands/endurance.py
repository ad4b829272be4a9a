"""Measure over many frames whether memory, threads and open files grow."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator
from typing import NamedTuple

from capture_station.commands.bench import BenchReport, Figure, machine_description, with_demo_camera
from capture_station.config import StationSettings
from capture_station.station.station import Station

SAMPLES = 20
FASTEST_FPS = 240
"""Faster than any machine can process, so that the run never waits for the next frame."""


class Sample(NamedTuple):
    """The resources of this process at one moment."""

    resident_mib: float
    threads: int
    files: int


def measure_endurance(settings: StationSettings, frames: int) -> BenchReport:
    """Run with the demo camera and no window until this many previews are made, and take ten captures meanwhile.

    Frames have their full size and go through the real models; only the pauses between frames are left out. The first
    third counts as warm-up, because the demo's second person appears in it.

    Raises:
        StationError: For the same reasons as a running station.
    """
    with with_demo_camera(settings) as demo:
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
    return BenchReport(machine_description(), figures)


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
