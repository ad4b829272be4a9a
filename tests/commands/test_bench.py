"""The benchmark measures this machine whatever the station's configuration asks of people."""

from __future__ import annotations

from capture_station.commands.endurance import measure_endurance
from capture_station.config import load


def test_a_station_that_asks_for_names_and_is_hands_free_is_measured() -> None:
    settings = load(
        None,
        [
            "subjects.mode=required",
            "subjects.consent={en: I agree.}",
            "capture.auto=on",
            "segmentation.runtime=fake",
            "camera.size_px=[320,240]",
        ],
        {},
    )
    figures = {figure.name: figure.value for figure in measure_endurance(settings, 20).figures}
    assert figures["frames"] == 20
