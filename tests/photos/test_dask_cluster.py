"""`capture-station clean --scheduler` with a real scheduler and two real workers, one of which dies."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from capture_station.errors import NotRunning
from capture_station.photos import dask_cluster
from capture_station.photos.cleaning import CleaningOptions
from capture_station.photos.dask_cluster import clean_on_cluster
from capture_station.photos.discovery import list_photos
from tests.photos.test_command import PATIENCE_S, contents, start

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


class Cluster(NamedTuple):
    address: str
    workers: list[subprocess.Popen[str]]

    def worker_reading(self, path: Path) -> subprocess.Popen[str]:
        def reads(worker: subprocess.Popen[str]) -> bool:
            opened = Path(f"/proc/{worker.pid}/fd").iterdir()
            return any(os.path.realpath(file) == str(path) for file in opened if file.is_symlink())

        return next(worker for worker in self.workers if reads(worker))


def dask(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words, "--no-dashboard"],
        env={**ENVIRONMENT, **environment},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_line(process: subprocess.Popen[str], words: str) -> str:
    """Wait for the first line that contains these words."""
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


@pytest.fixture(params=["0", "3"])
def two_workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    """No photo may be lost, however many deaths the scheduler allows before it gives up a photo."""
    failures = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": request.param}
    with contextlib.ExitStack() as stack:

        def started(*words: str) -> subprocess.Popen[str]:
            process = stack.enter_context(dask(tmp_path, *words, **failures))
            stack.callback(process.kill)
            return process

        scheduler = started("scheduler", "--host", "127.0.0.1", "--port", "0")
        address = wait_for_line(scheduler, "Scheduler at:").split()[-1]
        workers = [started("worker", address, "--nthreads", "1", "--no-nanny") for _ in range(2)]
        for worker in workers:
            wait_for_line(worker, "Registered to:")
        yield Cluster(address, workers)


def test_a_killed_worker_loses_no_photo(
    two_workers: Cluster, album: Path, tmp_path: Path, options: CleaningOptions
) -> None:
    """One photo is a named pipe at first, so that the test knows which worker is reading it, and kills that one."""
    for index in range(20):
        shutil.copy(album / "a.jpg", album / f"many {index}.jpg")
    photos = list_photos([album], tmp_path / "out")
    pipe, whole = album / "a.jpg", tmp_path / "whole.jpg"
    pipe.rename(whole)
    os.mkfifo(pipe)

    def kill_the_reading_worker() -> None:
        with pipe.open("wb"):
            victim = two_workers.worker_reading(pipe)
            whole.rename(pipe)
            victim.kill()
            victim.wait()

    killer = threading.Thread(target=kill_the_reading_worker, daemon=True)
    killer.start()
    outcomes = list(clean_on_cluster(photos, options, two_workers.address))
    killer.join()
    assert Counter(outcome.source for outcome in outcomes) == Counter(photo.source for photo in photos)
    assert {outcome.verdict for outcome in outcomes} <= {"ok", "review"}
    assert set(contents(tmp_path / "out")) == {
        Path(photo.result(".jpg")).relative_to(tmp_path / "out").as_posix() for photo in photos
    }
    assert sum(worker.poll() is None for worker in two_workers.workers) == 1

    again = start(tmp_path, "album", "--output", f"file://{tmp_path}/out", "--scheduler", two_workers.address)
    out, err = again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0, err
    assert out == "24 of 24 photos: 0 ok, 0 review, 24 skipped, 0 failed\n"


def test_a_missing_scheduler_is_reported(
    album: Path, tmp_path: Path, options: CleaningOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_TIMEOUT_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NotRunning, match=address):
            list(clean_on_cluster(list_photos([album], tmp_path / "out"), options, address))
