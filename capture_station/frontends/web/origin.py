"""Judges from its headers where a request comes from: which host name, which web page, and whether through a proxy.

Proxies change the Host header (nginx's plain ``proxy_pass``, Apache's ``ProxyPass``), drop its port, or leave it alone.
Nothing here lets a request in that the token would not: it only refuses, or tells that a proxy is in between.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers

DEFAULT_PORTS = {"http": 80, "https": 443}
FORWARDING_HEADERS = frozenset(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip"}
)
FORWARDING_PREFIX = "x-forwarded-"
ROOT_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


class OriginPolicy:
    """The host names that are this station's.

    Args:
        host_names: Names of web.host_names, which other machines use.
    """

    def __init__(self, host_names: Iterable[str]) -> None:
        host = socket.gethostname().lower()
        self._own_names = {"localhost", host, f"{host}.local"}
        self._configured_names = {name.lower() for name in host_names}

    def is_known_host(self, headers: Headers) -> bool:
        """Whether the Host header names this station. DNS rebinding needs a name, so a literal address is safe."""
        name = _host_name(_split(f"//{headers.get('host', '')}"))
        return name in self._own_names or name in self._configured_names or _is_address(name)

    def is_own_page(self, headers: Headers, allow_navigation: bool) -> bool:
        """Whether a request comes from this station's own page, or from a program that is no browser.

        Browsers send ``Origin`` with every unsafe request, and ``Sec-Fetch-Site`` (W3C Fetch Metadata) with every
        request to a trustworthy origin. Other programs send neither.
        """
        origin = headers.get("origin")
        if origin is not None and not self._is_own_origin(_split(origin), headers):
            return False
        site = headers.get("sec-fetch-site", "none")
        if site in ("same-origin", "none"):
            return True
        return (
            allow_navigation
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest") == "document"
        )

    def is_forwarded(self, headers: Headers, http_version: str) -> bool:
        """Whether a proxy has passed the request on, so that its connection says nothing about who asks.

        A proxy that adds no header is recognised by HTTP/1.0, which nginx speaks unless told otherwise, or by a name
        that the owner has configured for other machines. Browsers and curl speak HTTP/1.1.
        """
        return (
            http_version == "1.0"
            or any(name in FORWARDING_HEADERS or name.startswith(FORWARDING_PREFIX) for name in headers)
            or _host_name(_split(f"//{headers.get('host', '')}")) in self._configured_names
        )

    def _is_own_origin(self, origin: SplitResult | None, headers: Headers) -> bool:
        name, port = _host_name(origin), _port(origin)
        if origin is None or not name:
            return False
        if name in self._configured_names:
            return True
        # A foreign page cannot set these headers: a browser would ask for permission first, and does not get it.
        for host in (headers.get("host", ""), headers.get("x-forwarded-host", "").partition(",")[0].strip()):
            asked = _split(f"//{host}")
            if asked is not None and _host_name(asked) == name and _port(asked) in (None, port):
                return True
        return False


def root_path(headers: Headers) -> str:
    """Return the path below which a proxy offers the page (``X-Forwarded-Prefix``), without a final slash."""
    prefix = headers.get("x-forwarded-prefix", "").rstrip("/")
    return prefix if ROOT_PATH.fullmatch(prefix) else ""


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _host_name(parts: SplitResult | None) -> str:
    return "" if parts is None else (parts.hostname or "").lower()


def _port(parts: SplitResult | None) -> int | None:
    return None if parts is None else parts.port or DEFAULT_PORTS.get(parts.scheme)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
