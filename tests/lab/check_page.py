"""The service's web page: systemd opens the socket, and the sandbox has no network."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

from tests.lab.unit import ARCHIVE, eventually, journal, restart, show, systemctl

PAGE = "http://127.0.0.1:8480"
WITHIN_S = 60


def ask(path: str, body: dict[str, object] | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{PAGE}{path}", data, {"Content-Type": "application/json"})
    with urlopen(request, timeout=WITHIN_S) as answer:
        return bytes(answer.read())


def test_the_page_is_served() -> None:
    restart()
    assert json.loads(ask("/readyz")) == {"state": "running"}, journal()
    assert b"<!doctype html>" in ask("/")
    assert ask("/api/v1/preview.jpg")[:2] == b"\xff\xd8"
    assert f"the page is at {PAGE}/" in journal()


def status_for(user: str, path: str) -> str:
    """The status that a user of this machine gets for a path."""
    script = (
        "import sys, urllib.error, urllib.request\n"
        "try:\n    print(urllib.request.urlopen(sys.argv[1]).status)\n"
        "except urllib.error.HTTPError as error:\n    print(error.status)\n"
    )
    asked = subprocess.run(
        ["runuser", "-u", user, "--", "python3", "-c", script, f"{PAGE}{path}"], capture_output=True, text=True
    )
    return asked.stdout.strip() or asked.stderr


def test_other_users_of_the_machine_need_the_token() -> None:
    """The service looks up who asks, although it has a network and users of its own."""
    for path in ("/api/v1/state", "/api/v1/preview.jpg", "/api/v1/export.zip"):
        assert status_for("capture-station", path) == "200"
        assert status_for("nobody", path) == "401"
    assert status_for("nobody", "/healthz") == "200"


def test_the_page_takes_a_portrait() -> None:
    capture = json.loads(ask("/api/v1/captures", {"countdown_s": 0, "wait": True}))
    assert list(ARCHIVE.glob(f"*/{capture['id']}/record.json"))
    assert ask(f"/api/v1/captures/{capture['id']}/portrait")[:2] == b"\xff\xd8"


def test_the_service_itself_has_no_network() -> None:
    process = show("MainPID")
    assert os.stat(f"/proc/{process}/ns/net").st_ino != os.stat("/proc/self/ns/net").st_ino
    interfaces = Path(f"/proc/{process}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


def test_other_machines_cannot_connect() -> None:
    listening = systemctl("show", "--value", "--property=Listen", "capture-station.socket").stdout
    assert listening.strip() == "127.0.0.1:8480 (Stream)"


def test_the_service_stops_in_time_with_viewers_connected() -> None:
    with urlopen(f"{PAGE}/api/v1/preview.mjpeg", timeout=WITHIN_S) as preview:
        preview.read(1000)
        assert eventually(lambda: systemctl("stop", "capture-station").returncode == 0) < 5


def test_a_request_starts_the_service() -> None:
    eventually(lambda: json.loads(ask("/healthz"))["state"] in ("starting", "running"))
    assert show("ActiveState") in ("activating", "active")
