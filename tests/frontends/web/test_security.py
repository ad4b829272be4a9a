"""Only authorised clients see or change anything."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import httpx
import pytest

from capture_station.frontends.web.auth import TokenAuth
from tests.frontends.fake_station import FakeStation

from .conftest import TOKEN
from .serving import PATIENCE_S, Serving, serving

PERSONAL = [
    ("GET", "/metrics"),
    ("GET", "/api/v1/state"),
    ("GET", "/api/v1/events"),
    ("GET", "/api/v1/preview.jpg"),
    ("GET", "/api/v1/preview.mjpeg"),
    ("GET", "/api/v1/captures"),
    ("GET", "/api/v1/captures/20260131-120000-000000-00000000/portrait"),
    ("GET", "/api/v1/export.zip?day=2026-01-31"),
    ("GET", "/api/v1/settings"),
    ("PATCH", "/api/v1/settings"),
    ("POST", "/api/v1/captures"),
    ("POST", "/api/v1/cancel"),
    ("DELETE", "/api/v1/captures/20260131-120000-000000-00000000"),
    ("GET", "/api/v1/nothing"),
]


@pytest.mark.parametrize(("method", "path"), PERSONAL)
def test_without_the_token_nothing_is_shown_and_nothing_done(
    locked: Serving, station: FakeStation, method: str, path: str
) -> None:
    saved = station.save(portrait=station.portrait)
    with locked.client() as client:
        forged = f"{TokenAuth(TOKEN).cookie_name}=9999999999.00.ff"
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": forged}):
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
    assert station.requests == 0
    assert saved.id in station.archive


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/words"])
def test_public_paths_need_no_token(locked: Serving, path: str) -> None:
    with locked.client() as client:
        assert client.get(path).status_code == 200


def test_the_token_is_accepted_in_a_header_only(locked: Serving) -> None:
    with locked.client() as client:
        assert client.get("/api/v1/state", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert client.get("/api/v1/state", params={"token": TOKEN}).status_code == 401  # URLs end up in logs.


def test_a_cookie_replaces_the_token_until_logout(locked: Serving, station: FakeStation, token_file: Path) -> None:
    with locked.client() as client:
        answer = client.post("/api/v1/login", json={"token": TOKEN})
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert TOKEN not in cookie
        assert client.get("/api/v1/state").status_code == 200
        (name,) = client.cookies
        kept = {"Cookie": f"{name}={client.cookies[name]}"}
        with serving(station, token_file=str(token_file)) as restarted, restarted.client() as later:
            assert later.get("/api/v1/state", headers=kept).status_code == 200
        assert client.post("/api/v1/logout").status_code == 204
        assert client.get("/api/v1/state").status_code == 401
        assert client.get("/api/v1/state", headers=kept).status_code == 401
    with serving(station, token_file=str(token_file)) as restarted, restarted.client() as later:
        assert later.get("/api/v1/state", headers=kept).status_code == 401


def test_two_stations_of_one_user_each_remember_who_was_logged_out(
    station: FakeStation, token_file: Path, tmp_path: Path
) -> None:
    one, other = ({"token_file": str(token_file), "remote": {"socket": tmp_path / name}} for name in ("a", "b"))
    cookies: list[dict[str, str]] = []
    with serving(station, **one) as first, serving(station, **other) as second:
        for served in (first, second):
            with served.client() as client:
                client.post("/api/v1/login", json={"token": TOKEN})
                (name,) = client.cookies
                cookies.append({"Cookie": f"{name}={client.cookies[name]}"})
                assert client.post("/api/v1/logout").status_code == 204
    for settings, cookie in zip((one, other), cookies, strict=True):
        with serving(station, **settings) as restarted, restarted.client() as later:
            assert later.get("/api/v1/state", headers=cookie).status_code == 401


def test_a_wrong_token_gets_no_cookie_and_few_attempts(locked: Serving) -> None:
    with locked.client() as client:
        answers = [client.post("/api/v1/login", json={"token": f"guess {number}"}) for number in range(8)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert not any("set-cookie" in answer.headers for answer in answers)


def test_a_program_gets_as_few_attempts_as_a_person(locked: Serving) -> None:
    wrong, right = ({"Authorization": f"Bearer {token}"} for token in ("a wrong token", TOKEN))
    with locked.client() as client:
        statuses = [client.get("/api/v1/state", headers=wrong).status_code for _ in range(7)]
        assert statuses == [401] * 5 + [429] * 2
        assert client.post("/api/v1/login", json={"token": "a wrong token"}).status_code == 429
        assert client.get("/api/v1/state").status_code == 401
        assert client.get("/api/v1/state", headers=right).status_code == 200


def test_a_foreign_host_name_is_refused(client: httpx.Client, station: FakeStation) -> None:
    """DNS rebinding: a foreign name that resolves to this machine."""
    for host in ("evil.example", "evil.example:8480", "localhost.evil.example", "", "127.0.0.1.evil.example", "[::1"):
        assert client.get("/api/v1/state", headers={"Host": host}).status_code == 403
        assert client.post("/api/v1/captures", json={}, headers={"Host": host}).status_code == 403
    assert station.requests == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1234", "[::1]:8480", "192.168.7.9", socket.gethostname()])
def test_own_names_and_addresses_are_accepted(client: httpx.Client, host: str) -> None:
    assert client.get("/api/v1/state", headers={"Host": host}).status_code == 200


def test_more_host_names_can_be_configured(station: FakeStation, token_file: Path) -> None:
    with (
        serving(station, host_names=["booth.example"], token_file=str(token_file)) as server,
        server.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client,
    ):
        assert client.get("/api/v1/state", headers={"Host": "booth.example"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    ],
)
def test_a_foreign_page_cannot_change_anything(
    client: httpx.Client, station: FakeStation, headers: dict[str, str]
) -> None:
    saved = station.save()
    assert client.post("/api/v1/captures", json={}, headers=headers).status_code == 403
    assert client.patch("/api/v1/settings", json={"guide": False}, headers=headers).status_code == 403
    assert client.delete(f"/api/v1/captures/{saved.id}", headers=headers).status_code == 403
    assert station.requests == 0
    assert station.status().adjustments.guide


def test_a_foreign_page_cannot_embed_but_may_link(client: httpx.Client) -> None:
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    frame = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/api/v1/preview.mjpeg", headers=image).status_code == 403
    assert client.get("/", headers=frame).status_code == 403
    assert client.get("/", headers=link).status_code == 200


def test_the_own_page_may_capture(client: httpx.Client) -> None:
    own = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/v1/captures", json={}, headers=own).status_code == 202


@pytest.mark.parametrize("path", ["captures", "cancel", "captures/20260131-120000-000000-00000000/retake"])
def test_only_post_requests_act(client: httpx.Client, station: FakeStation, path: str) -> None:
    station.save()
    client.get(f"/api/v1/{path}")
    assert client.put(f"/api/v1/{path}").status_code == 405
    assert client.request("TRACE", f"/api/v1/{path}").status_code == 405
    assert station.requests == 0
    assert station.retaken == []


@pytest.mark.parametrize(
    "capture_id",
    [
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "20260131-120000-000000-00000000%00",
        "20260131-120000-000000-00000000%0a",
        "20260131-120000-000000-00000000%2f..",
        "२०२६०१३१-120000-000000-00000000",
    ],
)
def test_only_ids_reach_the_archive(client: httpx.Client, capture_id: str) -> None:
    for end in ("", "/portrait", "/matte"):
        assert client.get(f"/api/v1/captures/{capture_id}{end}").status_code in (404, 422)
    assert client.delete(f"/api/v1/captures/{capture_id}").status_code in (404, 405, 422)


@pytest.mark.parametrize("path", ["../app.py", "%2e%2e/app.py", "..%2fapp.py", "%2fetc%2fpasswd", "..%5capp.py", "%00"])
def test_only_the_page_is_served_from_its_folder(served: Serving, path: str) -> None:
    with served.connect() as connection:
        connection.sendall(f"GET /page/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    assert answer.split()[1] in (b"404", b"400")
    assert b"FastAPI" not in answer
    assert b"root:" not in answer


def test_a_large_body_is_refused(client: httpx.Client, station: FakeStation) -> None:
    assert client.post("/api/v1/captures", content=b" " * 100_000).status_code == 413
    pieces = (b" " * 1000 for _ in range(100))  # Chunked, without a Content-Length.
    assert client.post("/api/v1/captures", content=pieces).status_code == 413
    assert station.requests == 0


def test_too_many_requests_are_asked_to_wait(client: httpx.Client) -> None:
    answers = [client.post("/api/v1/cancel").status_code for _ in range(40)]
    assert answers[:30] == [200] * 30
    assert 429 in answers[30:]
    assert client.get("/api/v1/state").status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/state", "/api/v1/nothing", "/metrics"])
def test_every_response_has_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


def test_the_number_of_open_streams_is_limited(served: Serving) -> None:
    opened = []
    with served.client(limits=httpx.Limits(max_connections=None)) as client:
        try:
            while len(opened) < 200:
                response = client.send(client.build_request("GET", "/api/v1/events"), stream=True)
                opened.append(response)
                if response.status_code != 200:
                    break
        finally:
            for response in opened:
                response.close()
    assert opened[-1].status_code == 503
    assert len(opened) == 101
    with served.client() as client, client.stream("GET", "/api/v1/events") as response:
        assert response.status_code in (200, 503)


def test_a_token_is_created_where_other_machines_can_connect(
    station: FakeStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    tokens = set()
    for _ in range(2):
        with serving(station, listen="0.0.0.0:0") as server:
            assert server.server.token_file == tmp_path / "state" / "web-token"
            assert stat.S_IMODE(server.server.token_file.stat().st_mode) == 0o600
            token = server.server.token_file.read_text().strip()
            tokens.add(token)
            port = server.url.rstrip("/").rpartition(":")[2]
            url = f"http://127.0.0.1:{port}/api/v1/state"
            assert httpx.get(url, timeout=PATIENCE_S).status_code == 401
            assert httpx.get(url, timeout=PATIENCE_S, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert len(tokens) == 1
    assert len(tokens.pop()) >= 32


def test_strangers_use_up_nothing_of_what_the_owner_may_do(locked: Serving) -> None:
    with locked.client() as stranger, locked.client(headers={"Authorization": f"Bearer {TOKEN}"}) as owner:
        for _ in range(60):
            assert stranger.post("/api/v1/cancel").status_code == 401
            stranger.post("/api/v1/login", json={"token": "guess"})
        assert stranger.post("/api/v1/login", json={"token": "guess"}).status_code == 429
        assert owner.post("/api/v1/cancel").status_code == 200
        assert stranger.post("/api/v1/login", json={"token": TOKEN}).status_code == 204
        assert stranger.post("/api/v1/cancel").status_code == 200


def test_two_stations_of_one_machine_stay_logged_in(station: FakeStation, token_file: Path, tmp_path: Path) -> None:
    other_file = tmp_path / "other"
    other_file.write_text("x" * 32)
    other_file.chmod(0o600)
    with serving(station, token_file=str(token_file)) as one, httpx.Client(timeout=PATIENCE_S) as browser:
        # FastAPI hides warnings while it builds an app, which two threads cannot do at once; a station builds one only.
        assert browser.get(f"{one.url}healthz").status_code == 200
        with serving(station, token_file=str(other_file)) as other:
            assert browser.post(f"{one.url}api/v1/login", json={"token": TOKEN}).status_code == 204
            assert browser.post(f"{other.url}api/v1/login", json={"token": "x" * 32}).status_code == 204
            for served in (one, other):
                assert browser.get(f"{served.url}api/v1/state").status_code == 200
