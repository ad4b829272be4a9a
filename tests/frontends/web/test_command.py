"""The web page of a running ``capture-station run``: its printed address, and what happens if that is taken."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .serving import PATIENCE_S

HAND_OVER = """
import os, sys
descriptors = [int(number) for number in sys.argv[1].split(",")]
for number, descriptor in enumerate(descriptors):
    os.dup2(descriptor, 50 + number)
for number in range(len(descriptors)):
    os.dup2(50 + number, 3 + number)
listen = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(descriptors))}
os.execve(sys.argv[2], sys.argv[2:], {**os.environ, **listen})
"""
"""Passes a socket on as systemd does before it starts a service."""

SANDBOX = """
import errno, os, runpy, socket, sys
def refuse(event, arguments):
    if event == "socket.__new__" and arguments[1] != socket.AF_UNIX:
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
sys.addaudithook(refuse)
runpy.run_module("capture_station", run_name="__main__", alter_sys=True)
"""
"""Refuses sockets of the network as the shipped unit does."""

RUN = [sys.executable, "-m", "capture_station", "run", "--headless"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "CAPTURE_STATION__CAMERA__KIND": "demo",
        "CAPTURE_STATION__CAMERA__SIZE_PX": "[640, 480]",
        "CAPTURE_STATION__ARCHIVE__KEEP_FREE_BYTES": "0",
    }


@contextlib.contextmanager
def running(environment: dict[str, str], command: list[str], **keywords: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, **keywords)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def page_of(process: subprocess.Popen[str]) -> str:
    """Return the printed address of the page."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("the page is at "):
            return line.removeprefix("the page is at ").strip()
    pytest.fail("the address of the page was not printed")


def test_the_page_takes_portraits_and_ends_with_the_station(environment: dict[str, str]) -> None:
    with running(environment, [*RUN, "--set", "web.listen=127.0.0.1:0"]) as process:
        url = page_of(process)
        with httpx.Client(base_url=url, timeout=60) as client, client.stream("GET", "/api/v1/preview.mjpeg") as preview:
            parts = preview.iter_bytes()
            while b"image/jpeg" not in next(parts):
                pass
            taken = client.post("/api/v1/captures", json={"countdown_s": 0, "wait": True})
            assert taken.status_code == 201
            whole = client.get(taken.headers["location"]).json()
            assert whole["record"]["camera"]["kind"] == "demo"
            assert client.get(f"{taken.headers['location']}/original").content[:3] == b"\xff\xd8\xff"
            assert client.post(f"{taken.headers['location']}/retake").json()["kept"] is False
            assert client.delete(taken.headers["location"]).status_code == 204
            assert client.get("/api/v1/captures").json() == {"captures": [], "next": None}
            metrics = client.get("/metrics").text
            assert 'capture_station_capture_stage_seconds_count{stage="save"} 1.0' in metrics
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0


def test_without_a_window_another_terminal_shows_a_code_for_phones(environment: dict[str, str]) -> None:
    with running(environment, [*RUN, "--set", "web.listen=0.0.0.0:0"]) as process:
        address = page_of(process).partition("/;")[0]
        assert process.stdout is not None
        assert any("`capture-station phone` prints a QR code" in line for line in process.stdout)
        command = [sys.executable, "-m", "capture_station", "phone"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert f"Scan this, or open {address}/#pair=" in done.stdout


@contextlib.contextmanager
def taken_address() -> Iterator[str]:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        yield f"127.0.0.1:{other.getsockname()[1]}"


def test_a_taken_address_is_one_line_and_an_exit_code(environment: dict[str, str]) -> None:
    with taken_address() as address:
        command = [*RUN, "--set", f"web.listen={address}"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 75
    told = f"capture-station: web.listen: another program listens at {address}; choose another address"
    assert done.stderr.splitlines()[-1] == told
    assert "Traceback" not in done.stderr


def told_by_service(environment: dict[str, str], command: list[str], notify: Path) -> str:
    """What a service prints until it is ready and told to end."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(notify))
        manager.settimeout(PATIENCE_S)
        with running({**environment, "NOTIFY_SOCKET": str(notify)}, command) as process:
            while b"READY=1" not in manager.recv(4096):
                pass
            process.send_signal(signal.SIGTERM)
            told, _ = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == 0
    return told


def test_a_service_whose_address_is_taken_goes_on_without_a_page(environment: dict[str, str], tmp_path: Path) -> None:
    with taken_address() as address:
        told = told_by_service(environment, [*RUN, "--set", f"web.listen={address}"], tmp_path / "notify")
    assert f"another program listens at {address}; choose another address; continuing without a page" in told


def test_a_service_in_its_sandbox_says_what_opens_its_page(environment: dict[str, str], tmp_path: Path) -> None:
    told = told_by_service(environment, [sys.executable, "-c", SANDBOX, "run", "--headless"], tmp_path / "notify")
    assert "does not listen there yet: run `service install` again; continuing without a page" in told
    assert "the page is at" not in told


def test_a_service_starts_again_until_the_network_has_its_address(environment: dict[str, str], tmp_path: Path) -> None:
    command = [*RUN, "--set", "web.listen=203.0.113.7:8480"]
    told = {**environment, "NOTIFY_SOCKET": str(tmp_path / "notify")}
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=60)
    assert done.returncode == 75
    assert "cannot listen at 203.0.113.7:8480" in done.stderr


def test_a_socket_opened_by_systemd_is_used(environment: dict[str, str]) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port, descriptor = listening.getsockname()[1], listening.fileno()
        with running(
            environment, [sys.executable, "-c", HAND_OVER, str(descriptor), *RUN], pass_fds=(descriptor,)
        ) as process:
            assert page_of(process) == f"http://127.0.0.1:{port}/"
            assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_S).status_code == 200


def test_a_unix_socket_opened_by_systemd_stays(environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(path))
        listening.listen()
        descriptor = listening.fileno()
        with running(
            environment, [sys.executable, "-c", HAND_OVER, str(descriptor), *RUN], pass_fds=(descriptor,)
        ) as process:
            assert page_of(process) == f"unix:{path}"
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        assert path.is_socket()


def test_every_socket_of_systemd_is_served(environment: dict[str, str]) -> None:
    with contextlib.ExitStack() as opened:
        listening = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        ports = [one.getsockname()[1] for one in listening]
        descriptors = [one.fileno() for one in listening]
        handed_over = ",".join(map(str, descriptors))
        with running(
            environment, [sys.executable, "-c", HAND_OVER, handed_over, *RUN], pass_fds=descriptors
        ) as process:
            assert [page_of(process) for _ in ports] == [f"http://127.0.0.1:{port}/" for port in ports]
            for port in ports:
                assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_S).status_code == 200
