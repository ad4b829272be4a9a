"""Commands that people and buttons wait for import only what they need."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from capture_station.commands.capture import DEFAULT_DEADLINE_S
from capture_station.config import StationSettings
from capture_station.flaws import Flaw
from capture_station.frontends.control_socket import ControlServer

from .frontends.fake_station import FakeStation

PATIENCE_S = 60
ROOT = Path(__file__).parent.parent
HEAVY = {"numpy", "cv2", "fastapi", "starlette", "uvicorn", "rich", "PIL", "pygame", "paho", "fsspec"}
"""Not pydantic: typer itself imports it."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user without any configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAPTURE_STATION")}
    return {**kept, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}


def run(environment: dict[str, str], *words: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """The finished command, and the top-level modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "capture_station", *words],
        env=environment,
        cwd=environment["HOME"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert lines
    return done, {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "words", [("--help",), ("capture", "--help"), ("run", "--help"), ("--version",), ("nonsense",)]
)
def test_help_imports_no_large_library(environment: dict[str, str], words: tuple[str, ...]) -> None:
    _, modules = run(environment, *words)
    assert not modules & (HEAVY | {"yaml"})


def test_a_capture_by_a_running_station_imports_no_large_library(environment: dict[str, str], tmp_path: Path) -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    station = FakeStation(picture, picture, lambda: 0.0)
    station.portrait = str(tmp_path / "portrait.jpg")
    station.see()

    def finish() -> None:
        assert station.await_requests(1)
        station.finish("review", (Flaw("face-dark"),))

    finisher = threading.Thread(target=finish)
    with ControlServer(station, tmp_path / "capture-station.sock"):
        finisher.start()
        done, modules = run(environment, "capture")
        finisher.join(PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{station.portrait}\n"
    assert "the face is too dark" in done.stderr
    assert not modules & HEAVY
    settings = [line for line in done.stderr.splitlines() if line.endswith(" capture_station.config")]
    assert not settings


def test_the_capture_command_knows_the_defaults_that_it_does_not_read() -> None:
    settings = StationSettings()
    assert settings.capture.deadline_s == DEFAULT_DEADLINE_S
    assert settings.remote.socket is None
    assert settings.language == "en"
