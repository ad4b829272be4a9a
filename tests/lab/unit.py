"""The service as systemctl shows it, for checks that run in a started system."""

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
    """One of the unit's properties, as ``systemctl show`` names it."""
    return systemctl("show", "--value", f"--property={name}", UNIT).stdout.strip()


def restart(config: str = "", words: str = "running: ") -> None:
    """Start it afresh with README's configuration, or with these lines; it is ready and says these words."""
    shutil.copy(CHECKOUT / "config.yaml", CONFIG)
    if config:
        CONFIG.write_text(config)
    systemctl("reset-failed", UNIT)
    started = systemctl("restart", UNIT)
    assert started.returncode == 0, journal()
    eventually(lambda: show("StatusText").startswith(words))
    assert show("NRestarts") == "0"


def journal(lines: int = 30) -> str:
    """What it wrote last."""
    wrote = subprocess.run(["journalctl", "-o", "cat", "-n", str(lines), "-u", UNIT], capture_output=True, text=True)
    return wrote.stdout


def eventually(holds: Callable[[], bool], within_s: float = 60) -> float:
    """How long it took until that held."""
    begun_s = time.monotonic()
    while not holds():
        waited_s = time.monotonic() - begun_s
        assert waited_s < within_s, f"not within {within_s:g} s; {UNIT}: {show('StatusText')}\n{journal()}"
        time.sleep(0.1)
    return time.monotonic() - begun_s


def take_portrait() -> Path:
    """By README's command, word for word."""
    taken = subprocess.run(["sh", "-ec", commands("service-capture")], capture_output=True, text=True)
    assert taken.returncode == 0, taken.stderr + journal()
    return Path(taken.stdout.strip())


def ask_for_portrait() -> socket.socket:
    """Have one taken; the answer comes by the socket."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(SOCKET)
    connection.sendall(json.dumps({"do": "capture", "countdown_s": 0}).encode() + b"\n")
    return connection
