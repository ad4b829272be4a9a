"""The service on a real ``/dev/video0``, of the kernel's vivid driver: it can be unplugged, stall and fail at will."""

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
    """Set a control of the driver; the device's number may have changed when it was bound again."""
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
    """Whatever happens to the camera, the process goes on."""
    eventually(running)
    before = show("MainPID")
    yield
    assert show("MainPID") == before
    assert show("NRestarts") == "0"


def test_started_at_boot_it_found_the_camera() -> None:
    eventually(lambda: show("ActiveState") == "active", within_s=120)
    eventually(running)
    assert show("NRestarts") == "0"


def test_portrait_of_the_camera() -> None:
    portrait = take_portrait()
    record = json.loads((portrait.parent / "record.json").read_text())
    print(json.dumps(record["camera"]))
    assert record["camera"]["kind"] == "webcam"


@pytest.mark.usefixtures("same_process")
def test_unplugged_it_waits_and_goes_on() -> None:
    for _ in range(3):
        (DRIVER / "unbind").write_text("vivid.0")
        print(f"noticed within {eventually(degraded):.1f} s: {show('StatusText')}")
        (DRIVER / "bind").write_text("vivid.0")
        print(f"back within {eventually(running):.1f} s: {show('StatusText')}")
    assert take_portrait().exists()


@pytest.mark.usefixtures("same_process")
def test_stalled_it_waits_and_goes_on() -> None:
    control("percentage_of_dropped_buffers", 100)
    print(f"noticed within {eventually(degraded):.1f} s: {show('StatusText')}")
    control("percentage_of_dropped_buffers", 0)
    print(f"back within {eventually(running):.1f} s")
    assert take_portrait().exists()


@pytest.mark.usefixtures("same_process")
def test_a_failed_stream_is_opened_again() -> None:
    before = losses()
    control("inject_fatal_streaming_error", 1)
    # Too short for the words that systemctl shows.
    eventually(lambda: losses() > before)
    print(f"back within {eventually(running):.1f} s")
    assert take_portrait().exists()


@pytest.mark.usefixtures("same_process")
def test_unplugged_for_long_systemd_stays_content() -> None:
    """Longer than the watchdog waits."""
    (DRIVER / "unbind").write_text("vivid.0")
    eventually(degraded)
    with pytest.raises(AssertionError):
        eventually(lambda: show("ActiveState") != "active", within_s=45)
    (DRIVER / "bind").write_text("vivid.0")
    eventually(running)


def test_it_stops_soon_while_the_driver_stalls() -> None:
    eventually(running)
    control("percentage_of_dropped_buffers", 100)
    eventually(degraded)
    begun_s = time.monotonic()
    systemctl("stop", UNIT)
    print(f"{time.monotonic() - begun_s:.2f} s")
    assert time.monotonic() - begun_s < 5
    assert show("Result") == "success"
    control("percentage_of_dropped_buffers", 0)
