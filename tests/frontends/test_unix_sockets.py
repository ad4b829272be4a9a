"""A Unix socket has one owner, and nobody else may take its place."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from capture_station.errors import Busy
from capture_station.frontends.control_socket import ControlServer, send_request
from capture_station.frontends.unix_sockets import BoundSocket, UntrustedFolder, folder_owner, peer_user

from .fake_station import FakeStation

STRANGER = 4711
AS_STRANGER = """
import os, socket, sys
os.setgid(int(sys.argv[2])), os.setuid(int(sys.argv[2]))
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
listening.listen()
print("ready", flush=True)
while True:
    connection, _ = listening.accept()
    try:
        connection.sendall(b'{"status": {}}\\n')
    except BrokenPipeError:  # Who asked has seen who listens here, and is gone already.
        pass
    connection.close()
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    """A socket whose process has crashed."""
    path = tmp_path / "socket"
    with closing(socket.socket(socket.AF_UNIX)) as crashed:
        crashed.bind(str(path))
    return path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder like /tmp. pytest's own ones are closed to other users."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o1777)
        yield folder


def test_of_many_that_start_at_once_one_gets_the_stale_socket(stale: Path) -> None:
    start_reader, start_writer = os.pipe()
    result_reader, result_writer = os.pipe()
    end_reader, end_writer = os.pipe()
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom capture_station.errors import Busy\n"
        "from capture_station.frontends.unix_sockets import BoundSocket\n"
        "start, result, end = map(int, sys.argv[2:])\nos.write(result, b'.')\nos.read(start, 1)\n"
        "try:\n    bound = BoundSocket(Path(sys.argv[1]))\n    os.write(result, b'owner')\nexcept Busy:\n"
        "    os.write(result, b'b    ')\nos.read(end, 1)\n"
    )
    pipes = (start_reader, result_writer, end_reader)
    command = [sys.executable, "-c", script, str(stale), *map(str, pipes)]
    processes = [subprocess.Popen(command, pass_fds=pipes) for _ in range(6)]
    for _ in processes:
        assert os.read(result_reader, 1) == b"."
    os.write(start_writer, b"x" * len(processes))
    results = sorted(os.read(result_reader, 5) for _ in processes)
    os.write(end_writer, b"x" * len(processes))
    for process in processes:
        assert process.wait(60) == 0
    for pipe in (start_reader, start_writer, result_reader, result_writer, end_reader, end_writer):
        os.close(pipe)
    assert results == [b"b    "] * (len(processes) - 1) + [b"owner"]


def test_only_the_own_socket_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    bound = BoundSocket(path)
    path.unlink()
    with closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind(str(path))
        bound.close()
        assert path.is_socket()


def test_the_socket_is_for_its_owner_only_and_gone_after_use(tmp_path: Path) -> None:
    bound = BoundSocket(tmp_path / "run" / "socket")
    assert stat.S_IMODE(bound.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(bound.path.parent.stat().st_mode) == 0o700
    with pytest.raises(Busy):
        BoundSocket(bound.path)
    bound.close()
    assert not bound.path.exists()
    BoundSocket(bound.path).close()


def test_a_folder_where_others_may_write_is_refused(station: FakeStation, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(UntrustedFolder, match="other users may write here; run chmod 700") as refused:
        ControlServer(station, tmp_path / "socket")
    assert refused.value.exit_code == 73
    with pytest.raises(UntrustedFolder):
        send_request(tmp_path / "socket", {"do": "status"})


@needs_root
def test_a_folder_that_a_stranger_made_first_is_refused(station: FakeStation, open_folder: Path) -> None:
    folder = open_folder / "capture-station-0"
    folder.mkdir()
    os.chown(folder, STRANGER, STRANGER)
    for refused in (lambda: ControlServer(station, folder / "socket"), lambda: send_request(folder / "socket", {})):
        with pytest.raises(UntrustedFolder, match="belongs to another user"):
            refused()
    link = open_folder / "link"
    link.symlink_to("/run")
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(UntrustedFolder):
        folder_owner(link / "socket")


@needs_root
def test_the_answer_of_a_strangers_process_is_not_believed(open_folder: Path) -> None:
    path = open_folder / "socket"
    command = [sys.executable, "-c", AS_STRANGER, str(path), str(STRANGER)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == b"ready\n"
        with pytest.raises(UntrustedFolder, match="a process of another user listens here"):
            send_request(path, {"do": "status"})
        with closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.connect(str(path))
            assert peer_user(connection) == STRANGER
        stranger.kill()
