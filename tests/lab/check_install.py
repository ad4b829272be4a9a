"""README's installation on a minimal Debian without Python, X or a compiler; each test starts with a fresh one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab.debian import Debian
from tests.lab.readme import commands

MINIMAL, SHARE = (Path(path) for path in os.environ["CAPTURE_STATION_LAB"].split(":"))


@pytest.fixture
def machine() -> Debian:
    return Debian(MINIMAL, SHARE)


def as_visitor(machine: Debian, script: str, packages: str = "") -> str:
    """Install README's packages, or others, then run a script as an ordinary user in a checkout. Returns the output."""
    (SHARE / "script").write_text(script)
    out = machine.enter(
        f"""{packages or commands("packages")}
useradd --create-home --shell /bin/bash visitor
cp -r /lab/capture-station /home/visitor/ && chown -R visitor: /home/visitor
runuser -u visitor -- sh -c 'cd /home/visitor/capture-station && exec sh -e /lab/script'
"""
    )
    print(out[-2000:])
    return out


def test_run_command_shows_the_demo_camera(machine: Debian) -> None:
    """Without screen and camera, it reports both, takes portraits with the demo camera, and stops on Ctrl+C."""
    out = as_visitor(
        machine,
        f"""
cat > start.sh <<'START'
{commands("run")}
START
setsid sh -e start.sh > out 2>&1 & station=$!
until grep -q 'portraits are saved in /home/visitor/capture-station' out
do kill -0 $station || {{ cat out; exit 1; }}; sleep 1; done
portrait=$(.venv/bin/capture-station capture || {{ sleep 5; .venv/bin/capture-station capture; }})
kill -INT -$station; wait $station || echo "exit code $?"
cat out; ls -l $portrait
.venv/bin/python tests/lab/wheels.py
""",
    )
    assert "/home/visitor/capture-station/20" in out
    assert "pygame-ce 2" in out


def test_without_the_kiosk_extra_no_window_library_is_installed(machine: Debian) -> None:
    out = as_visitor(
        machine,
        """
python3 -m venv .venv && .venv/bin/pip install .
cd /
~/capture-station/.venv/bin/python -c 'import cv2, capture_station.commands.run; print(cv2.__version__)'
~/capture-station/.venv/bin/capture-station doctor
~/capture-station/.venv/bin/python ~/capture-station/tests/lab/wheels.py
test ! -e /usr/lib/x86_64-linux-gnu/libX11.so.6
""",
    )
    assert "pygame-ce 2" not in out
    assert "FAULT" not in out


def test_on_a_pi_the_numpy_of_the_system_is_used(machine: Debian) -> None:
    """Debian has no picamera2, but the same numpy package that picamera2 depends on."""
    packages, install, _ = commands("pi").splitlines()
    out = as_visitor(
        machine,
        f"""
{install}
.venv/bin/python -c 'import numpy, cv2, gpiozero, pygame; print(numpy.__file__, numpy.__version__, cv2.__version__)'
.venv/bin/capture-station doctor
""",
        packages.replace("python3-picamera2 python3-lgpio", "python3-numpy"),
    )
    assert "/usr/lib/python3/dist-packages/numpy" in out
    assert "FAULT" not in out


def test_the_tests_pass(machine: Debian) -> None:
    out = as_visitor(machine, commands("test"))
    assert " passed" in out
    assert " failed" not in out
