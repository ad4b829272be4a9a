"""Metrics for Prometheus, read from the station at each scrape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from capture_station import __version__
from capture_station.frontends.web import host_sensors
from capture_station.station.contract import PublicStation
from capture_station.station.status import Histogram, State

PREFIX = "capture_station"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters, gauges and histograms of one station.

    All values are the station's own. Nothing is counted here, so scrapes may come at any rate.
    """

    def __init__(self, station: PublicStation, sys: Path = host_sensors.SYS) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_StationCollector(station, sys))

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format. Reads the disk, so do not call it in the event loop."""
        return generate_latest(self._registry)


class _StationCollector(Collector):
    def __init__(self, station: PublicStation, sys: Path) -> None:
        self._station = station
        self._sys = sys

    def collect(self) -> Iterator[Metric]:
        status, figures = self._station.status(), self._station.figures()
        yield _labelled_gauge("info", "Version of capture-station", "version", {__version__: 1})
        states = {state.value: float(state is status.state) for state in State}
        yield _labelled_gauge("state", "1 for the state the station is in", "state", states)
        yield _counter("frames", "Frames taken from the camera", figures.frames)
        yield _counter("segmented_frames", "Frames segmented for the preview", figures.segmented)
        yield _counter("previews", "Previews composed", figures.previews)
        yield _gauge("preview_fps", "Current previews per second", status.live.fps)
        yield _counter("camera_reopens", "How often a lost camera was reopened", status.live.reopens)
        yield _histogram("inference_seconds", "Time of one segmentation for the preview", {(): figures.inference_s})
        stages: dict[tuple[str, ...], Histogram] = {(stage,): took for stage, took in figures.stages_s.items()}
        yield _histogram("capture_stage_seconds", "Time of each stage of a capture", stages, ("stage",))
        captures = CounterMetricFamily(f"{PREFIX}_captures", "Saved captures, by verdict", labels=("verdict",))
        for verdict in ("ok", "review", "refused"):
            captures.add_metric((verdict,), figures.verdicts.get(verdict, 0))
        yield captures
        yield _counter("capture_failures", "Captures that failed after they were accepted", status.captures.failed)
        yield _gauge("captures_waiting", "Captures requested and not finished", figures.waiting)
        yield _histogram("matte_confidence", "Confidence of the captures' mattes", {(): figures.confidence})
        yield _gauge("disk_free_bytes", "Free bytes on the archive's disk", status.disk.free_bytes)
        yield _gauge("disk_low", "1 while captures are refused because the disk is full", status.disk.low)
        yield _gauge("archive_away", "1 while captures are refused because the archive is away", status.disk.away)
        temperatures = dict(host_sensors.temperatures_c(self._sys))
        yield _labelled_gauge("temperature_celsius", "Temperature, by thermal zone", "zone", temperatures)
        cooling = dict(host_sensors.cooling_levels(self._sys))
        yield _labelled_gauge("cooling_ratio", "Level of a cooling device, 0 to 1", "device", cooling)
        weak = host_sensors.under_voltage(self._sys)
        if weak is not None:
            yield _gauge("under_voltage", "1 while the power supply is too weak", weak)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", help_text, value)


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(f"{PREFIX}_{name}", help_text, value)


def _labelled_gauge(name: str, help_text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", help_text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _histogram(
    name: str, help_text: str, values: Mapping[tuple[str, ...], Histogram], labels: tuple[str, ...] = ()
) -> Metric:
    family = HistogramMetricFamily(f"{PREFIX}_{name}", help_text, labels=labels)
    for key, histogram in values.items():
        ends = (*(f"{bound:g}" for bound in histogram.bounds), "+Inf")
        buckets = list(zip(ends, accumulate(histogram.counts), strict=True))
        family.add_metric(key, buckets, histogram.total)
    return family
