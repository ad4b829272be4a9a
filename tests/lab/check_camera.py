"""The service with a ``/dev/video0`` of the kernel's vivid driver, which is unplugged, stalled and made to fail."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.unit import UNIT, eventually, journal, show, systemctl, take_portrait

DRIVER = Path("/sys/bus/platform/drivers/vivid")


def control(name: str, value: int) -> None:
    """Set a control of the driver. The device's number may change when it is bound again."""
    device = sorted(Path("/dev").glob("video*"))[0]
    subprocess.run(["v4l2-ctl", "-d", device, "-c", f"{name}={value}"], check=True, timeout=30)


def running() -> bool:
    return show("StatusText").startswith("running: /dev/video")


def degraded() -> bool:
    return show("StatusText").startswith("degraded: ")


def losses() -> int:
    return journal(lines=1000).count("stopped delivering pictures")


@pytest.fixture
def same_process() -> Iterator[None]:
    """Assert that the service is not restarted, whatever happens to the camera."""
    eventually(running)
    before = show("MainPID")
    yield
    assert show("MainPID") == before
    assert show("NRestarts") == "0"


def test_the_service_started_at_boot_with_the_camera() -> None:
    eventually(lambda: show("ActiveState") == "active", within_s=120)
    eventually(running)
    assert show("NRestarts") == "0"


def test_a_portrait_is_taken_with_the_camera() -> None:
    portrait = take_portrait()
    record = json.loads((portrait.parent / "record.json").read_text())
    print(json.dumps(record["camera"]))
    assert record["camera"]["kind"] == "webcam"


@pytest.mark.usefixtures("same_process")
def test_an_unplugged_camera_comes_back() -> None:
    for _ in range(3):
        (DRIVER / "unbind").write_text("vivid.0")
        print(f"noticed within {eventually(degraded):.1f} s: {show('StatusText')}")
        (DRIVER / "bind").write_text("vivid.0")
        print(f"back within {eventually(running):.1f} s: {show('StatusText')}")
    assert take_portrait().exists()


@pytest.mark.usefixtures("same_process")
def test_a_stalled_camera_comes_back() -> None:
    control("percentage_of_dropped_buffers", 100)
    print(f"noticed within {eventually(degraded):.1f} s: {show('StatusText')}")
    control("percentage_of_dropped_buffers", 0)
    print(f"back within {eventually(running):.1f} s")
    assert take_portrait().exists()


@pytest.mark.usefixtures("same_process")
def test_a_failed_stream_is_reopened() -> None:
    before = losses()
    control("inject_fatal_streaming_error", 1)
    # The failure is too short to be seen in the status text.
    eventually(lambda: losses() > before)
    print(f"back within {eventually(running):.1f} s")
    assert take_portrait().exists()


@pytest.mark.usefixtures("same_process")
def test_a_long_absence_of_the_camera_does_not_trigger_the_watchdog() -> None:
    """The camera is away for longer than the watchdog's timeout."""
    (DRIVER / "unbind").write_text("vivid.0")
    eventually(degraded)
    with pytest.raises(AssertionError):
        eventually(lambda: show("ActiveState") != "active", within_s=45)
    (DRIVER / "bind").write_text("vivid.0")
    eventually(running)


def test_the_service_stops_soon_while_the_driver_stalls() -> None:
    eventually(running)
    control("percentage_of_dropped_buffers", 100)
    eventually(degraded)
    begun_s = time.monotonic()
    systemctl("stop", UNIT)
    print(f"{time.monotonic() - begun_s:.2f} s")
    assert time.monotonic() - begun_s < 5
    assert show("Result") == "success"
    control("percentage_of_dropped_buffers", 0)
