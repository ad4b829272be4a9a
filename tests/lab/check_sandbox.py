"""The service's sandbox, tested by a program that runs in it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.unit import UNIT, systemctl

MOST_EXPOSURE = 2.0
PROBE = Path(__file__).with_name("probe.py")
DROP_IN = Path("/run/systemd/system/capture-station.service.d/lab-probe.conf")


@pytest.fixture(scope="module")
def results() -> Iterator[dict[str, str]]:
    """Map each attempted action to its result."""
    Path("/home/visitor").mkdir(exist_ok=True)
    Path("/home/visitor/photo.jpg").write_text("private")
    Path("/srv/open").mkdir(exist_ok=True)
    Path("/srv/open").chmod(0o777)
    systemctl("stop", UNIT)
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    DROP_IN.write_text(
        "[Service]\nType=oneshot\nWatchdogSec=0\nRestart=no\nExecStart=\n"
        f"ExecStart=/usr/bin/python3 {PROBE}\nStandardOutput=truncate:/run/lab-probe.json\n"
    )
    systemctl("daemon-reload")
    try:
        ran = systemctl("start", UNIT)
        assert ran.returncode == 0, systemctl("status", UNIT).stdout
        yield json.loads(Path("/run/lab-probe.json").read_text())
    finally:
        DROP_IN.unlink()
        systemctl("daemon-reload")
        systemctl("start", UNIT)


def test_the_service_can_write_its_own_folders(results: dict[str, str]) -> None:
    assert results.pop("write /var/lib/capture-station") == "done"
    assert results.pop("write /run/capture-station") == "done"
    assert results.pop("write /tmp") == "done"


@pytest.mark.parametrize(
    "action",
    [
        "write /etc",
        "write /usr",
        "write /opt/capture-station",
        "write /srv/open",
        "list /home",
        "read /home/visitor/photo.jpg",
        "see others' processes",
        "see others' temporary files",
        "internet socket",
        "raw device",
        "kernel log",
        "mount",
        "new user namespace",
        "gain rights by a program",
        "set the clock",
        "real-time priority",
    ],
)
def test_forbidden_actions_fail(results: dict[str, str], action: str) -> None:
    print(results[action])
    assert results[action] != "done"


def test_exposure_is_small() -> None:
    told = subprocess.run(
        ["systemd-analyze", "security", "--no-pager", UNIT], capture_output=True, text=True, check=True
    ).stdout
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", told)
    print(*(line for line in told.splitlines() if line.startswith("✗")), f"exposure {exposure}", sep="\n")
    assert float(exposure) <= MOST_EXPOSURE


def test_the_unit_has_no_mistakes() -> None:
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"/etc/systemd/system/{UNIT}"], capture_output=True, text=True
    )
    assert told.returncode == 0
    assert UNIT not in told.stderr, told.stderr
