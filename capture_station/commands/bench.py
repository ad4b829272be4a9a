"""Measure the speed of this machine: each processing stage, a live run and captures at 12 megapixels."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from capture_station import __version__, shipped
from capture_station.camera.demo import DemoCamera
from capture_station.commands.saving_times import saving_times_ms
from capture_station.config import StationSettings, SubjectSettings
from capture_station.frames import Head, Matte
from capture_station.images import resized
from capture_station.segmentation.deeplab import find_outputs
from capture_station.segmentation.heatmaps import find_head
from capture_station.segmentation.interpreter import open_interpreter
from capture_station.segmentation.temporal_smoothing import TemporalSmoother
from capture_station.segmentation.tensors import alpha_table, input_table, pack, unpack_alpha, unpack_heatmaps
from capture_station.station.live_framing import LiveFraming
from capture_station.station.preview import fitted, on_background, shown_alpha
from capture_station.station.station import Station

STAGE_ROUNDS = 60
CAPTURES = 3
LARGE_PX = (4032, 3040)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All figures of one run and the machine that they were measured on."""

    machine: str
    figures: tuple[Figure, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"version": __version__, "date": date.today().isoformat(), **asdict(self)}


def measure(settings: StationSettings, seconds: float) -> BenchReport:
    """Measure with the demo camera, whichever camera is configured. Portraits go to a temporary folder.

    Raises:
        StationError: For the same reasons as a running station.
    """
    with with_demo_camera(settings) as demo:
        invoke_ms, stages = stage_times(demo)
        saving = saving_times_ms(LARGE_PX, demo.archive.folder)
        figures = [
            *stages,
            *_live(demo, seconds, invoke_ms),
            *_captures(demo),
            *(Figure(f"12 MP save: {step}", taken_ms, "ms") for step, taken_ms in saving.items()),
        ]
    return BenchReport(machine_description(), tuple(figures))


def machine_description() -> str:
    """Processor architecture, core count, Python version and operating system."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


@contextlib.contextmanager
def with_demo_camera(settings: StationSettings) -> Iterator[StationSettings]:
    """The settings with the demo camera and a temporary archive, which is removed when the context ends.

    Nobody has to be checked in, and nothing captures by itself. The archive is beside the configured one where this
    user may write there: /tmp may be in memory, which is small and no measure of a disk.
    """
    above = settings.archive.folder.parent
    beside = above if os.access(above, os.W_OK | os.X_OK) else None
    with tempfile.TemporaryDirectory(prefix="capture-station-bench-", dir=beside) as folder:
        yield settings.model_copy(
            update={
                "camera": settings.camera.model_copy(update={"kind": "demo"}),
                "capture": settings.capture.model_copy(update={"auto": False}),
                "subjects": SubjectSettings(),
                "archive": settings.archive.model_copy(update={"folder": Path(folder), "keep_free_bytes": 0}),
                # The demo's room is empty for a moment; a refused picture would measure nothing.
                "portrait": settings.portrait.model_copy(update={"gate": "off"}),
            }
        )


def stage_times(settings: StationSettings) -> tuple[float, list[Figure]]:
    """Median milliseconds of the interpreter alone, and figures for all stages of one preview."""
    camera = DemoCamera(settings.camera)
    frame = camera.read(settings.camera.read_timeout_s)
    camera.close()
    model = settings.segmentation.preview_model or shipped.model_path(shipped.PREVIEW_MODEL)
    interpreter = open_interpreter(model, settings.segmentation.runtime, settings.segmentation.interpreter_threads)
    to_int8 = input_table(interpreter.input)
    matte_at, heat_at = find_outputs(interpreter, model.name)
    to_alpha = alpha_table(interpreter.outputs[matte_at])
    smoother = TemporalSmoother(settings.segmentation.smoothing)
    packed = pack(frame.image_rgb, interpreter.input, to_int8)
    outputs = interpreter.invoke(packed)

    def head() -> Head | None:
        return None if heat_at is None else find_head(unpack_heatmaps(outputs[heat_at], interpreter.outputs[heat_at]))

    matte = Matte(unpack_alpha(outputs[matte_at], to_alpha), head(), 0)
    reduced = resized(frame.image_rgb, (interpreter.input.shape[2], interpreter.input.shape[1]))
    image = fitted(frame.image_rgb, settings.camera.preview_size_px)
    size_wh = image.shape[1], image.shape[0]
    alpha, framing = shown_alpha(matte, size_wh), LiveFraming()
    steps: dict[str, Callable[[], object]] = {
        "resize and quantize": lambda: pack(frame.image_rgb, interpreter.input, to_int8),
        "interpreter": lambda: interpreter.invoke(packed),
        "dequantize matte": lambda: unpack_alpha(outputs[matte_at], to_alpha),
        "find landmarks": head,
        "smooth": lambda: smoother.smooth(matte, reduced, time.monotonic()),
        "compose on white": lambda: on_background(image, shown_alpha(matte, size_wh), settings.portrait.background),
        "framing": lambda: framing.look(image, matte, alpha, settings.portrait, 1.0, time.monotonic()),
    }
    taken_ms: dict[str, list[float]] = {name: [] for name in steps}
    # The stages take turns, so that other load on the machine affects all of them alike.
    for _ in range(STAGE_ROUNDS):
        for name, step in steps.items():
            begun_s = time.perf_counter()
            step()
            taken_ms[name].append((time.perf_counter() - begun_s) * 1e3)
    medians = {name: float(np.median(times)) for name, times in taken_ms.items()}
    figures = [Figure(name, value, "ms") for name, value in medians.items()]
    intervals = sum(medians.values()) * settings.camera.fps / 1e3
    figures.append(Figure("all stages of a preview", intervals, "frame intervals", "at most 0.5"))
    return medians["interpreter"], figures


def _live(settings: StationSettings, seconds: float, invoke_ms: float) -> Iterator[Figure]:
    """Preview rate, latency and CPU load while somebody watches."""
    frame_s = 1 / settings.camera.fps
    begun_s = time.monotonic()
    with Station(settings) as station:
        preview = station.preview(timeout_s=60)
        assert preview is not None
        yield Figure("start to first preview", time.monotonic() - begun_s, "s", "at most 2.5")
        latencies_s, sequences = [], []
        since_s, cpu_s = time.monotonic(), time.process_time()
        segmented = station.figures().segmented
        while time.monotonic() - since_s < seconds:
            preview = station.preview(preview.sequence, timeout_s=10)
            assert preview is not None
            latencies_s.append(time.monotonic() - preview.captured_at_s)
            sequences.append(preview.sequence)
        wall_s, cpu_s = time.monotonic() - since_s, time.process_time() - cpu_s
        segmented = station.figures().segmented - segmented
    frames = sequences[-1] - sequences[0] + 1
    yield Figure("preview", len(sequences) / wall_s, "frames/s", f"camera {settings.camera.fps:g}")
    yield Figure("frames segmented", segmented / frames, "share", "1 is all")
    yield Figure("latency, median", float(np.median(latencies_s)) / frame_s, "frame intervals", "at most 2")
    yield Figure("latency, 95 %", float(np.quantile(latencies_s, 0.95)) / frame_s, "frame intervals")
    beyond_s = cpu_s - segmented * invoke_ms / 1e3
    yield Figure("load", cpu_s / wall_s, "cores")
    yield Figure("load beyond the interpreter", beyond_s / wall_s, "cores", "at most 0.6")
    yield Figure("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB", "peak, resident")


def _captures(settings: StationSettings) -> Iterator[Figure]:
    """Time from request to durable files at 12 megapixels, and the longest pause of the preview meanwhile."""
    camera = settings.camera.model_copy(update={"size_px": LARGE_PX})
    with Station(settings.model_copy(update={"camera": camera})) as station:
        preview = station.preview(timeout_s=60)
        assert preview is not None
        took_s, pauses_s = [], []
        for _ in range(1 + CAPTURES):
            begun_s = last_s = time.monotonic()
            gaps_s = []
            shot = station.capture(countdown_s=0)
            while not shot.done():
                newer = station.preview(preview.sequence, timeout_s=0.01)
                if newer is not None:
                    preview, now_s = newer, time.monotonic()
                    gaps_s.append(now_s - last_s)
                    last_s = now_s
            shot.result()
            took_s.append(time.monotonic() - begun_s)
            pauses_s.append(max(gaps_s))
    first, *later = (pause_s * settings.camera.fps for pause_s in pauses_s)
    yield Figure("12 MP capture, median", float(np.median(took_s[1:])), "s", "request to durable, at most 1.0")
    yield Figure("longest preview pause", max(later), "frame intervals", "at most 2")
    # The station still warms up, and the system clears new memory for the large frames.
    yield Figure("the same, at once after the start", first, "frame intervals")
