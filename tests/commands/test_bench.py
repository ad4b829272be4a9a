"""The benchmark measures this machine whatever the station's configuration asks of people."""

from __future__ import annotations

import tempfile
from pathlib import Path

from capture_station.commands.bench import with_demo_camera
from capture_station.commands.endurance import measure_endurance
from capture_station.config import StationSettings, load


def test_it_measures_the_archives_disk_and_not_memory(tmp_path: Path) -> None:
    def measured_beside(folder: Path) -> Path:
        with with_demo_camera(StationSettings.model_validate({"archive": {"folder": folder}})) as demo:
            return demo.archive.folder.parent

    assert measured_beside(tmp_path / "portraits") == tmp_path
    assert measured_beside(tmp_path / "missing" / "portraits") == Path(tempfile.gettempdir())
    assert list(tmp_path.iterdir()) == []


def test_a_station_that_asks_for_names_is_hands_free_and_short_of_space_is_measured() -> None:
    settings = load(
        None,
        [
            "subjects.mode=required",
            "subjects.consent={en: I agree.}",
            "capture.auto=on",
            "segmentation.runtime=fake",
            "camera.size_px=[320,240]",
            f"archive.keep_free_bytes={1 << 60}",
        ],
        {},
    )
    figures = {figure.name: figure.value for figure in measure_endurance(settings, 20).figures}
    assert figures["frames"] == 20
