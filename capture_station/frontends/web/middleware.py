"""What every request must pass before a route sees it, and what every answer carries.

A page of somebody else in the same browser must not reach the station, by a link, a form, a script, or a name that it
had resolved to this machine (DNS rebinding): so the name asked for and the page asked from are checked.
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

from capture_station.frontends.web.auth import COOKIE, Access, Allowance
from capture_station.frontends.web.errors import refusal

OPEN_PATHS = frozenset(
    {"/", "/healthz", "/readyz", "/api/v1/login", "/api/v1/logout", "/api/v1/words", "/api/v1/openapi.json"}
)
"""For everybody: nothing personal, nothing that acts, but for trying a token."""
OPEN_FOLDER = "/page/"
LONGEST_BODY_BYTES = 16 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD"})
ACTING_METHODS = frozenset({"POST", "PATCH", "DELETE"})

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


class Guard:
    """ASGI middleware. Belongs to the event loop."""

    def __init__(
        self, app: ASGIApp, access: Access, host_names: Iterable[str], actions: Allowance, logins: Allowance
    ) -> None:
        self._app = app
        self._access = access
        own = socket.gethostname().lower()
        self._names = {"localhost", own, f"{own}.local", *(name.lower() for name in host_names)}
        self._actions = actions
        self._logins = logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["Cache-Control"] = "no-cache" if path == "/" or path.startswith(OPEN_FOLDER) else "no-store"
            await send(message)

        answer = self._refusal(scope)
        if answer is not None:
            await answer(scope, receive, hardened)
            return
        await self._limited(scope, receive, hardened)

    def _refusal(self, scope: Scope) -> Response | None:
        """Why the request goes no further, if it does not."""
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        acting = method not in SAFE_METHODS
        if acting and method not in ACTING_METHODS:
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not used here", {"Allow": "GET, HEAD"})
        if "\0" in path:  # Older Starlette asks the file system for it.
            return refusal(HTTPStatus.NOT_FOUND, "there is nothing of this name")
        if not self._is_ours(headers.get("host", "")):
            return refusal(HTTPStatus.FORBIDDEN, "this name is not the station's; web.host_names can allow it")
        if not _from_own_page(headers, navigating_is_fine=not acting):
            return refusal(HTTPStatus.FORBIDDEN, "this was asked from another page")
        client = scope["client"][0] if scope.get("client") else ""
        if acting:
            wait_s = (self._logins if path == "/api/v1/login" else self._actions).take(client)
            if wait_s:
                retry = {"Retry-After": str(int(wait_s) + 1)}
                return refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many at once; wait a moment", retry)
        if path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
            return None
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        if self._access.admits(headers.get("authorization", ""), cookie):
            return None
        return refusal(HTTPStatus.UNAUTHORIZED, "the station's token is needed", {"WWW-Authenticate": "Bearer"})

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names this machine. A literal address cannot have been resolved to it by anybody."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._names or _is_address(name)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless its body is too long; routes read it before they answer."""
        length = Headers(scope=scope).get("content-length", "0")
        too_long = refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {LONGEST_BODY_BYTES} bytes were sent")
        if not length.isdecimal() or int(length) > LONGEST_BODY_BYTES:
            await too_long(scope, receive, send)
            return
        received, cut, begun = 0, False, False

        async def counting() -> Message:
            nonlocal received, cut
            message = await receive()
            received += len(message.get("body", b""))
            if received > LONGEST_BODY_BYTES:
                cut = True
                return {"type": "http.disconnect"}
            return message

        async def unless_cut(message: Message) -> None:
            nonlocal begun
            if cut and not begun:
                begun = True
                await too_long(scope, receive, send)
            elif not cut:
                begun = True
                await send(message)

        await self._app(scope, counting, unless_cut)


def _from_own_page(headers: Headers, navigating_is_fine: bool) -> bool:
    """Whether a browser sent it from this station's page, or something else than a browser sent it.

    ``Origin`` comes with everything that acts, ``Sec-Fetch-Site`` (W3C Fetch Metadata) with all of a browser's
    requests to this machine; what is no browser sends neither.
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
        navigating_is_fine
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == ("document")
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
