"""The measures that are followed over a session, and how their values are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from capture_station.frames import Measures
from capture_station.locales.messages import Messages
from capture_station.reports.drift import Course, course
from capture_station.reports.session import Capture


@dataclass(frozen=True, slots=True)
class TrackedMeasure:
    """A measure, as ``portrait.measure`` defines it."""

    key: str
    """Of its words, below ``report.measure``."""
    value: Callable[[Measures], float | None]
    noticeable: float
    """The smallest difference that somebody would notice."""
    unit: Literal["percent", "plain"]
    digits: int
    highest: float = math.inf
    """No value is above."""

    def course(self, captures: Sequence[Capture]) -> Course:
        """Its course over a session."""
        values = [self.value(capture.record.measures) for capture in captures]
        return course(np.array([math.nan if v is None else v for v in values], np.float64), self.noticeable)

    def written(self, value: float, messages: Messages) -> str:
        """A value for people, such as ``47.2 %``."""
        number = f"{100 * value if self.unit == 'percent' else value:.{self.digits}f}"
        return messages(f"report.{self.unit}", number=number.replace(".", messages("report.point")))


TRACKED_MEASURES = (
    TrackedMeasure("head-height", lambda measures: measures.head_height, 0.02, "percent", 1),
    TrackedMeasure("eye-line", lambda measures: measures.eye_line, 0.015, "percent", 1),
    TrackedMeasure("exposure", lambda measures: measures.exposure or None, 8, "plain", 0),
    TrackedMeasure("background", lambda measures: measures.background_exactness, 0.0001, "percent", 2, 1),
    TrackedMeasure("halo", lambda measures: measures.halo_de2000, 0.2, "plain", 2),
    TrackedMeasure("confidence", lambda measures: measures.matte_confidence, 0.02, "percent", 1, 1),
)
"""Exposure is 0 where no face was found: no measurement."""
