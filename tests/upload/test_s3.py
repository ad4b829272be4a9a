"""A real S3 server on loopback: portraits arrive, and those of the time it was away arrive when it is back."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.sample import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import ArchiveSettings

pytest.importorskip("s3fs", reason="s3fs is not installed: pip install s3fs")
pytest.importorskip("moto", reason="moto is not installed: pip install 'moto[server]'")

PATIENCE_S = 60
ORIGINAL, PORTRAIT = sample_pictures((32, 24))
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
HAND_ON = """
import sys, threading
from pathlib import Path
from capture_station.archive.archive import Archive
from capture_station.config import ArchiveSettings, UploadSettings
from capture_station.upload.queue import UploadQueue

settings = UploadSettings(url="s3://portraits/booth", after_s=0, retry_first_s=0.1, retry_longest_s=0.2)
UploadQueue(Archive.open(ArchiveSettings(folder=Path(sys.argv[1]))), settings, lambda: 0).run(threading.Event())
"""


class Server:
    """S3 in a process of its own; what it holds is lost when it stops."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as trial:
            self.port = trial.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: self.call("PUT", "/portraits") == 200)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def call(self, method: str, path: str) -> int:
        """Status of the answer; 0 for none."""
        try:
            request = urllib.request.Request(f"{self.url}{path}", method=method)
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def content(self, path: str) -> bytes:
        # The server asks that somebody signs, not who.
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": "AWS booth:signature"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bytes(answer.read())


def eventually(holds: object) -> None:
    tick = threading.Event()
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline_s, "never came"
        tick.wait(0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def test_portraits_reach_a_bucket_also_when_it_was_away(tmp_path: Path, server: Server) -> None:
    archive = Archive.open(ArchiveSettings(folder=tmp_path / "archive", keep_free_bytes=0))
    records = [archive.save(ORIGINAL, PORTRAIT, NOON, SAMPLE_CIRCUMSTANCES) for _ in range(3)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        "FSSPEC_S3_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "booth",
        "AWS_SECRET_ACCESS_KEY": "not a secret",
        "AWS_MAX_ATTEMPTS": "1",
    }
    queue = subprocess.Popen(
        [sys.executable, "-c", HAND_ON, str(archive.folder)], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert queue.stderr is not None
    try:
        assert "next try" in queue.stderr.readline()
        server.start()
        for record in records:
            folder = archive.folder_of(record.id)
            eventually((folder / "uploaded").exists)
            sent = server.content(f"/portraits/booth/2026-05-04/{record.id}/{record.file('portrait').name}")
            assert sent == archive.path(record, "portrait").read_bytes()
    finally:
        queue.kill()
        queue.communicate()
        archive.close()
