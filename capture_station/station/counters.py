"""Counts verdicts and measures durations since the start, for the metrics."""

from __future__ import annotations

import bisect
import threading
from collections import Counter
from collections.abc import Mapping

from capture_station.frames import Measures
from capture_station.station.status import Histogram

SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0)
SHARES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1.0)


class Distribution:
    """Counts values by class, for a histogram. Thread-safe."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def add(self, value: float) -> None:
        with self._lock:
            self._counts[bisect.bisect_left(self._bounds, value)] += 1
            self._sum += value

    def histogram(self) -> Histogram:
        with self._lock:
            return Histogram(self._bounds, tuple(self._counts), self._sum)


class CaptureCounters:
    """Verdicts, confidence and stage durations of all captures. One thread calls ``add``; the properties are copies."""

    def __init__(self) -> None:
        self.confidence = Distribution(SHARES)
        self._verdicts: Counter[str] = Counter()
        self._stages: dict[str, Distribution] = {}

    def add(self, measures: Measures, timings_ms: Mapping[str, float]) -> None:
        self._verdicts[measures.verdict] += 1
        self.confidence.add(measures.matte_confidence)
        for stage, took_ms in timings_ms.items():
            self._stages.setdefault(stage, Distribution(SECONDS)).add(took_ms / 1e3)

    @property
    def verdicts(self) -> dict[str, int]:
        return dict(self._verdicts)

    @property
    def stages(self) -> dict[str, Histogram]:
        return {stage: took.histogram() for stage, took in self._stages.copy().items()}
