from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.frontends.fake_station import FakeStation

from .serving import Serving, serving

TOKEN = "correct-horse-battery-staple"


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where tokens are created: never the folder of the person who runs the tests."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "capture-station"


@pytest.fixture
def served(station: FakeStation) -> Iterator[Serving]:
    """A server without token; its station has a picture."""
    station.see()
    with serving(station) as server:
        yield server


@pytest.fixture
def client(served: Serving) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def locked(station: FakeStation, token_file: Path) -> Iterator[Serving]:
    """A server that requires a token; its station has a picture."""
    station.see()
    with serving(station, token_file=str(token_file)) as server:
        yield server
