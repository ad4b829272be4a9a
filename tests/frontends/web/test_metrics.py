"""Metrics for Prometheus."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from capture_station.frontends.web.metrics import Metrics
from tests.frontends.fake_station import FakeStation


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """The /sys of a Raspberry Pi at 61.3 °C, throttled by half, with under-voltage."""
    files = {
        "class/thermal/thermal_zone0/type": "cpu-thermal",
        "class/thermal/thermal_zone0/temp": "61322",
        "class/thermal/thermal_zone1/type": "broken",
        "class/thermal/cooling_device0/type": "cpufreq-cpu0",
        "class/thermal/cooling_device0/cur_state": "2",
        "class/thermal/cooling_device0/max_state": "4",
        "class/hwmon/hwmon0/name": "rpi_volt",
        "class/hwmon/hwmon0/in0_lcrit_alarm": "1",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    return tmp_path


def samples(text: bytes) -> dict[str, float]:
    """Map each name with its labels to its value."""
    return {
        sample.name + "".join(f"[{key}={value}]" for key, value in sample.labels.items()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_metrics_cover_station_and_machine(station: FakeStation, sys: Path) -> None:
    station.see()
    station.capture()
    station.finish()
    values = samples(Metrics(station, sys).text())
    assert values["capture_station_state[state=running]"] == 1
    assert values["capture_station_state[state=degraded]"] == 0
    assert values["capture_station_frames_total"] == 100
    assert values["capture_station_captures_total[verdict=ok]"] == 1
    assert values["capture_station_captures_total[verdict=review]"] == 0
    assert values["capture_station_inference_seconds_bucket[le=0.01]"] == 1
    assert values["capture_station_inference_seconds_bucket[le=0.1]"] == 3
    assert values["capture_station_inference_seconds_count"] == 3
    assert values["capture_station_capture_stage_seconds_sum[stage=save]"] == 0.05
    assert values["capture_station_matte_confidence_count"] == 1
    assert values["capture_station_disk_free_bytes"] == 50_000_000_000
    assert values["capture_station_temperature_celsius[zone=cpu-thermal]"] == pytest.approx(61.322)
    assert values["capture_station_cooling_ratio[device=0:cpufreq-cpu0]"] == 0.5
    assert values["capture_station_under_voltage"] == 1


def test_missing_sensors_are_left_out(station: FakeStation, tmp_path: Path) -> None:
    values = samples(Metrics(station, tmp_path).text())
    assert "capture_station_state[state=starting]" in values
    assert not [name for name in values if "celsius" in name or "voltage" in name or "cooling" in name]


def test_metrics_are_served(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert samples(answer.content)["capture_station_state[state=running]"] == 1
