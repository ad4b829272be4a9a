"""The measures that a report follows over a session, and the format of their values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from capture_station.frames import Measures
from capture_station.locales.messages import Messages
from capture_station.reports.drift import TrendAnalysis, analyse
from capture_station.reports.session import Capture


@dataclass(frozen=True, slots=True)
class TrackedMeasure:
    """A measure that ``portrait.measure`` defines."""

    key: str
    """Key of its messages, below ``report.measure``."""
    value: Callable[[Measures], float | None]
    noticeable: float
    """The smallest difference that a person would notice."""
    unit: Literal["percent", "plain"]
    digits: int
    highest: float = math.inf
    """The largest possible value."""

    def analyse(self, captures: Sequence[Capture]) -> TrendAnalysis:
        """Analyse the measure over a session."""
        values = [self.value(capture.measures) for capture in captures]
        return analyse(np.array([math.nan if v is None else v for v in values], np.float64), self.noticeable)

    def format(self, value: float, messages: Messages) -> str:
        """A value as text, such as ``47.2 %``."""
        number = f"{100 * value if self.unit == 'percent' else value:.{self.digits}f}"
        return messages(f"report.{self.unit}", number=number.replace(".", messages("report.point")))


TRACKED_MEASURES = (
    TrackedMeasure("head-height", lambda measures: measures.head_height, 0.02, "percent", 1),
    TrackedMeasure("eye-line", lambda measures: measures.eye_line, 0.015, "percent", 1),
    TrackedMeasure("exposure", lambda measures: measures.exposure or None, 8, "plain", 0),
    TrackedMeasure("halo", lambda measures: measures.halo_de2000, 0.2, "plain", 2),
    TrackedMeasure("confidence", lambda measures: measures.matte_confidence, 0.02, "percent", 1, 1),
)
"""An exposure of 0 means that no face was found, so that nothing was measured."""
