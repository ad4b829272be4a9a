"""Controls and examines the systemd unit, for checks that run on the system itself."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.readme import CHECKOUT, commands

UNIT = "capture-station.service"
CONFIG = Path("/etc/capture-station/config.yaml")
ARCHIVE = Path("/var/lib/capture-station/capture-station")
SOCKET = "/run/capture-station/capture-station.sock"


def systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True)


def show(name: str) -> str:
    """Return a property of the unit, named as in ``systemctl show``."""
    return systemctl("show", "--value", f"--property={name}", UNIT).stdout.strip()


def restart(config: str = "", words: str = "running: ") -> None:
    """Restart the service with README's configuration, or with ``config``, and wait for a status text."""
    shutil.copy(CHECKOUT / "config.yaml", CONFIG)
    if config:
        CONFIG.write_text(config)
    systemctl("reset-failed", UNIT)
    started = systemctl("restart", UNIT)
    assert started.returncode == 0, journal()
    eventually(lambda: show("StatusText").startswith(words))
    assert show("NRestarts") == "0"


def journal(lines: int = 30) -> str:
    """Return the last lines of the service's journal."""
    wrote = subprocess.run(["journalctl", "-o", "cat", "-n", str(lines), "-u", UNIT], capture_output=True, text=True)
    return wrote.stdout


def eventually(holds: Callable[[], bool], within_s: float = 60) -> float:
    """Wait until ``holds`` returns true. Returns the seconds that took."""
    begun_s = time.monotonic()
    while not holds():
        waited_s = time.monotonic() - begun_s
        assert waited_s < within_s, f"not within {within_s:g} s; {UNIT}: {show('StatusText')}\n{journal()}"
        time.sleep(0.1)
    return time.monotonic() - begun_s


def take_portrait() -> Path:
    """Take a portrait with README's command and return its path."""
    taken = subprocess.run(["sh", "-ec", commands("service-capture")], capture_output=True, text=True)
    assert taken.returncode == 0, taken.stderr + journal()
    return Path(taken.stdout.strip())


def ask_for_portrait() -> socket.socket:
    """Request a portrait. The response arrives on the returned socket."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(SOCKET)
    connection.sendall(json.dumps({"do": "capture", "countdown_s": 0}).encode() + b"\n")
    return connection
