"""Requests through reverse proxies, as their usual configurations change them."""

from __future__ import annotations

import httpx
import pytest
from starlette.datastructures import Headers

from capture_station.frontends.web.origin import OriginPolicy, root_path
from tests.frontends.fake_station import FakeStation

from .conftest import TOKEN
from .serving import Serving, serving

BOOTH = OriginPolicy(["booth.example"])
UNCONFIGURED = OriginPolicy([])


@pytest.mark.parametrize(
    ("origin", "host", "forwarded_host"),
    [
        ("http://booth.example:8080", "booth.example:8080", ""),
        ("http://booth.example:8080", "booth.example", ""),
        ("https://booth.example", "booth.example:443", ""),
        ("http://booth.example", "booth.example:80", ""),
        ("https://Booth.Example", "127.0.0.1:8480", "booth.example"),
        ("https://booth.example:8443", "127.0.0.1:8480", "booth.example:8443, inner.example"),
        ("http://[fd00::1]:8480", "[fd00::1]:8480", ""),
    ],
    ids=["host and port", "no port", "https port", "http port", "Apache", "two proxies", "IPv6"],
)
def test_the_own_page_is_recognised_behind_a_proxy(origin: str, host: str, forwarded_host: str) -> None:
    headers = Headers({"origin": origin, "host": host, "x-forwarded-host": forwarded_host})
    assert UNCONFIGURED.is_own_page(headers, allow_navigation=False)


def test_a_configured_name_is_recognised_whatever_a_proxy_does_to_the_host() -> None:
    headers = Headers({"origin": "http://booth.example:8080", "host": "127.0.0.1:8480"})
    assert BOOTH.is_own_page(headers, allow_navigation=False)
    assert not UNCONFIGURED.is_own_page(headers, allow_navigation=False)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", "booth.example"),
        ("http://booth.example.evil.example", "booth.example"),
        ("http://booth.example:8080", "booth.example:8480"),
        ("https://booth.example", "booth.example:80"),
        ("null", "booth.example"),
        ("", ""),
        ("http://booth.example:port", "booth.example"),
        ("http://evil.example", "evil.example, booth.example"),
    ],
)
def test_foreign_pages_stay_foreign(origin: str, host: str) -> None:
    assert not UNCONFIGURED.is_own_page(Headers({"origin": origin, "host": host}), allow_navigation=False)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Host": "booth.example"},
        {"X-Real-IP": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"Via": "1.1 proxy"},
        {"CF-Connecting-IP": "203.0.113.7"},
        {"Host": "booth.example"},
    ],
)
def test_who_comes_through_a_proxy_needs_the_token(station: FakeStation, headers: dict[str, str]) -> None:
    station.see()
    with serving(station, host_names=["booth.example"]) as server, server.client() as client:
        assert client.get("/api/v1/state").status_code == 200
        assert client.get("/api/v1/state", headers=headers).status_code == 401
        assert client.post("/api/v1/captures", json={}, headers=headers).status_code == 401
        assert server.server.token_file is not None
        token = {"Authorization": f"Bearer {server.server.token_file.read_text().strip()}"}
        assert client.post("/api/v1/captures", json={}, headers={**headers, **token}).status_code == 202
    assert station.requests == 1


def test_a_proxy_that_adds_no_header_is_recognised_by_its_old_http(served: Serving) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /api/v1/state HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_a_refusal_tells_how_to_configure_the_proxy(client: httpx.Client) -> None:
    for headers in ({"Origin": "http://booth.example"}, {"Host": "booth.example"}):
        answer = client.post("/api/v1/captures", json={}, headers=headers)
        assert answer.status_code == 403
        assert "proxy_set_header Host $http_host;" in answer.json()["error"]
        assert "web.host_names" in answer.json()["error"]


def test_behind_a_sub_path_locations_include_it(locked: Serving) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-Prefix": "/booth/1/"}
    with locked.client(headers=headers) as client:
        location = client.post("/api/v1/captures", json={}).headers["location"]
        assert location.startswith("/booth/1/api/v1/requests/")
        assert client.get(location.removeprefix("/booth/1")).status_code == 200
        assert client.get("/page/main.js").status_code == 200
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("prefix", ["//evil.example", "/a\r\nb", "/a/../b", "a", "/a//b", "/<b>", "/"])
def test_only_a_plain_path_is_taken_for_a_prefix(prefix: str) -> None:
    assert root_path(Headers({"x-forwarded-prefix": prefix})) == ""


def test_the_login_cookie_is_for_https_only_where_the_proxy_speaks_https(locked: Serving) -> None:
    for headers, secure in (({"X-Forwarded-Proto": "https"}, True), ({}, False)):
        with locked.client(headers=headers) as client:
            cookie = client.post("/api/v1/login", json={"token": TOKEN}).headers["set-cookie"]
            assert ("Secure" in cookie) == secure
