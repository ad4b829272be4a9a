"""A real S3 server on loopback gets all portraits, also after it was away or hung, and no capture waits for it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record
from capture_station.subjects.shared_state import SharedState, read_shared_state

pytest.importorskip("s3fs", reason="s3fs is not installed: pip install s3fs")
pytest.importorskip("moto", reason="moto is not installed: pip install 'moto[server]'")

PATIENCE_S = 60
NINE = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)
BOOTH = """
import sys, threading
from datetime import datetime, timezone
from pathlib import Path
from capture_station.archive.archive import Archive
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import ArchiveSettings, StationSettings
from capture_station.upload.queue import UploadQueue

archive = Archive.open(ArchiveSettings(folder=Path(sys.argv[1]), keep_free_bytes=0))
upload = {"url": "s3://portraits/booth", "after_s": 0, "retry_first_s": 0.1, "retry_longest_s": 0.2}
settings = StationSettings.model_validate({"upload": upload, "window": {"review_s": 0}})
taken = []
queue = UploadQueue(archive, settings, lambda: len(taken))
threading.Thread(target=queue.run, args=(threading.Event(),), daemon=True).start()
original, portrait = sample_pictures((32, 24))
for _ in sys.stdin:
    taken.append(archive.save(original, portrait, datetime(2026, 5, 4, 12, tzinfo=timezone.utc), SAMPLE_CIRCUMSTANCES))
    print(taken[-1].id, flush=True)
"""


TWO_BOOTHS = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import ArchiveSettings
from capture_station.config.values import SecretUrl
from capture_station.upload.shared_states import SharedStates

original, portrait = sample_pictures((32, 24))
archives = [Archive.open(ArchiveSettings(folder=Path(sys.argv[1]) / str(n), keep_free_bytes=0)) for n in (1, 2)]
knows = [{}, {}]
target = SecretUrl("s3://portraits/day")
booths = [
    SharedStates(archive, target, f"booth-{n + 1}", lambda told, n=n: knows.__setitem__(n, told))
    for n, archive in enumerate(archives)
]
for line in sys.stdin:
    booth, subject = line.split()
    whose = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id=subject)})
    archives[int(booth) - 1].save(original, portrait, datetime.now(timezone.utc), whose)
    failures = 0
    for _ in range(2):
        for one in booths:
            try:
                one.exchange()
            except Exception:
                failures += 1
    told = [",".join(sorted(f"{one.subject}@{one.station}" for one in known.values())) for known in knows]
    print(failures, *(text or "-" for text in told), flush=True)
"""


class Server:
    """An S3 server in a process of its own, which loses its contents when it stops."""

    def __init__(self, log: Path) -> None:
        self._log = log
        with socket.create_server(("127.0.0.1", 0)) as trial:
            self.port = trial.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=log)
        eventually(lambda: self.call("PUT", "/portraits") == 200)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def call(self, method: str, path: str) -> int:
        """Status of the response; 0 without a response."""
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
        # The server requires a signature but does not check it.
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": "AWS booth:signature"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bytes(answer.read())

    def puts(self) -> Counter[str]:
        """How often each name was written, including to servers that were stopped since."""
        return Counter(re.findall(r'"PUT \S+/(\S+\.jpg)', self._log.read_text()))


def environment(url: str) -> dict[str, str]:
    """Where the server is, and credentials for it."""
    return {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        "FSSPEC_S3_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "booth",
        "AWS_SECRET_ACCESS_KEY": "not a secret",
        "AWS_MAX_ATTEMPTS": "1",
    }


class Booth:
    """Takes and uploads portraits in a process of its own, because credentials come from the environment."""

    def __init__(self, archive: Archive, url: str) -> None:
        self._archive = archive
        words = [sys.executable, "-c", BOOTH, str(archive.folder)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen(words, env=environment(url), text=True, **pipes)

    def take(self) -> Record:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        record = self._archive.find(self._process.stdout.readline().strip())
        assert isinstance(record, Record)
        return record

    def await_failure(self) -> None:
        """Wait until it reports a failed upload."""
        assert self._process.stderr is not None
        assert "next try" in self._process.stderr.readline()

    def await_arrival(self, *records: Record) -> None:
        for record in records:
            eventually((self._archive.folder_of(record.id) / "uploaded").exists)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def eventually(holds: Callable[[], bool]) -> None:
    tick = threading.Event()
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, "never came"
        tick.wait(0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server.log")
    yield server
    server.stop()


@pytest.fixture
def booth(archive: Archive, server: Server) -> Iterator[Booth]:
    booth = Booth(archive, server.url)
    yield booth
    booth.end()


def test_portraits_reach_a_bucket_that_is_created_later(archive: Archive, server: Server, booth: Booth) -> None:
    records = [booth.take() for _ in range(3)]
    booth.await_failure()
    server.start()
    booth.await_arrival(*records)
    for record in records:
        sent = server.content(f"/portraits/booth/2026-05-04/{record.id}/{record.file('portrait').name}")
        assert sent == archive.path(record, "portrait").read_bytes()


def test_a_server_that_hangs_and_dies_blocks_no_capture_and_gets_each_portrait_once(
    server: Server, booth: Booth
) -> None:
    server.start()
    records = [booth.take()]
    booth.await_arrival(*records)
    server.stop()
    with socket.create_server(("127.0.0.1", server.port)) as silent:
        silent.settimeout(PATIENCE_S)
        records.append(booth.take())
        connection, _ = silent.accept()
        with connection:
            # The upload hangs now.
            records += [booth.take() for _ in range(3)]
    booth.await_failure()
    records.append(booth.take())
    server.start()
    booth.await_arrival(*records)
    assert server.puts() == {record.file("portrait").name: 1 for record in records}


def test_two_booths_know_of_each_other_through_a_bucket_also_after_it_was_away(server: Server, tmp_path: Path) -> None:
    words = [sys.executable, "-c", TWO_BOOTHS, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, env=environment(server.url), text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def take(booth: int, subject: str) -> list[str]:
            print(booth, subject, file=process.stdin, flush=True)
            return process.stdout.readline().split()  # type: ignore[union-attr]

        server.start()
        assert take(1, "20417") == ["0", "-", "20417@booth-1"]
        assert take(2, "20418") == ["0", "20418@booth-2", "20417@booth-1"]
        server.stop()
        assert take(2, "20417")[0] == "4"
        server.start()  # It has lost its files, so everybody tells again what they know.
        assert take(1, "20419") == ["0", "20417@booth-2,20418@booth-2", "20419@booth-1"]
        process.stdin.close()
    paths = [f"/portraits/day/subjects/{SharedState(one, 'ok', '', NINE, '').file_name}" for one in ("20417", "20419")]
    assert [read_shared_state(json.loads(server.content(path))).station for path in paths] == ["booth-2", "booth-1"]
