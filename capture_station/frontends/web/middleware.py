"""Security middleware: checks every request before a route sees it, and adds security headers to every response.

A foreign web page in the same browser must not reach the station by a link, a form, a script, or a host name that
resolves to this machine (DNS rebinding). The Host and Origin headers are checked for that.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from capture_station.frontends.web.auth import COOKIE, RateLimiter, TokenAuth
from capture_station.frontends.web.errors import error_response

PUBLIC_PATHS = frozenset(
    {"/", "/healthz", "/readyz", "/api/v1/login", "/api/v1/logout", "/api/v1/words", "/api/v1/openapi.json"}
)
"""Need no token: they show nothing personal and change nothing, except for logging in."""
PUBLIC_PREFIX = "/page/"
MAX_BODY_BYTES = 16 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD"})
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

BEARER = {"WWW-Authenticate": "Bearer"}


class SecurityMiddleware:
    """ASGI middleware. Used by the event loop only."""

    def __init__(
        self, app: ASGIApp, auth: TokenAuth, host_names: Iterable[str], actions: RateLimiter, logins: RateLimiter
    ) -> None:
        self._app = app
        self._auth = auth
        host = socket.gethostname().lower()
        self._host_names = {"localhost", host, f"{host}.local", *(name.lower() for name in host_names)}
        self._actions = actions
        self._logins = logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["Cache-Control"] = "no-cache" if path == "/" or path.startswith(PUBLIC_PREFIX) else "no-store"
            await send(message)

        rejection = self._rejection(scope)
        if rejection is not None:
            await rejection(scope, receive, send_secured)
            return
        await self._limit_body(scope, receive, send_secured)

    def _rejection(self, scope: Scope) -> Response | None:
        """Return the error response of a request that must not reach a route, else None."""
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        unsafe = method not in SAFE_METHODS
        if unsafe and method not in UNSAFE_METHODS:
            return error_response(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not allowed", {"Allow": "GET, HEAD"})
        if "\0" in path:  # Older Starlette versions pass it on to the file system.
            return error_response(HTTPStatus.NOT_FOUND, "not found")
        if not self._is_known_host(headers.get("host", "")):
            return error_response(
                HTTPStatus.FORBIDDEN,
                f"unknown host name {headers.get('host', '')!r}; add it to web.host_names if it is this station's",
            )
        if not _is_same_origin(headers, allow_navigation=not unsafe):
            return error_response(HTTPStatus.FORBIDDEN, "the request came from another web page")
        client = scope["client"][0] if scope.get("client") else ""
        if unsafe:
            wait_s = (self._logins if path == "/api/v1/login" else self._actions).take(client)
            if wait_s:
                retry = {"Retry-After": str(int(wait_s) + 1)}
                return error_response(HTTPStatus.TOO_MANY_REQUESTS, "too many requests; wait a moment", retry)
        if path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIX):
            return None
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        if self._auth.allows(headers.get("authorization", ""), cookie):
            return None
        return error_response(
            HTTPStatus.UNAUTHORIZED, "the station's token is required", {"WWW-Authenticate": "Bearer"}
        )

    def _is_known_host(self, host: str) -> bool:
        """Whether a Host header names this machine. DNS rebinding needs a name, so a literal address is safe."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._host_names or _is_address(name)

    async def _limit_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless its body is too long. Routes read the whole body before they respond."""
        length = Headers(scope=scope).get("content-length", "0")
        too_long = error_response(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the request body is longer than {MAX_BODY_BYTES} bytes"
        )
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            await too_long(scope, receive, send)
            return
        received_bytes, too_large, started = 0, False, False

        async def receive_counted() -> Message:
            nonlocal received_bytes, too_large
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > MAX_BODY_BYTES:
                too_large = True
                return {"type": "http.disconnect"}
            return message

        async def send_unless_too_large(message: Message) -> None:
            nonlocal started
            if too_large and not started:
                started = True
                await too_long(scope, receive, send)
            elif not too_large:
                started = True
                await send(message)

        await self._app(scope, receive_counted, send_unless_too_large)


def _is_same_origin(headers: Headers, allow_navigation: bool) -> bool:
    """Whether a request comes from this station's own page, or from a program that is no browser.

    Browsers send ``Origin`` with every unsafe request, and ``Sec-Fetch-Site`` (W3C Fetch Metadata) with every request
    to this machine. Other programs send neither.
    """
    origin = headers.get("origin")
    try:
        if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
            return False
    except ValueError:
        return False
    site = headers.get("sec-fetch-site", "none")
    if site in ("same-origin", "none"):
        return True
    return (
        allow_navigation
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == ("document")
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
