"""Security middleware: checks every request before a route sees it, and adds security headers to every response.

A foreign web page in the same browser must not reach the station by a link, a form, a script, or a host name that
resolves to this machine (DNS rebinding). Everybody needs the token, except processes of the station's own user.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from capture_station.frontends.web.auth import RateLimiter, TokenAuth
from capture_station.frontends.web.errors import error_response, too_many_requests
from capture_station.frontends.web.origin import OriginPolicy, root_path
from capture_station.frontends.web.peers import Peer
from capture_station.frontends.web.share_links import PATH as SHARED

PUBLIC_PATHS = frozenset(
    {
        "/",
        "/healthz",
        "/readyz",
        "/api/v1/login",
        "/api/v1/pair",
        "/api/v1/logout",
        "/api/v1/words",
        "/api/v1/openapi.json",
    }
)
"""Need no token: they show nothing personal and change nothing, except for logging in."""
PUBLIC_PREFIXES = ("/page/", SHARED)
"""A shared link is its own proof, and its route checks it."""
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
BEHIND_A_PROXY = (
    "behind a reverse proxy, pass the browser's Host header on (nginx: proxy_set_header Host $http_host;) "
    "and add its name to web.host_names"
)


class SecurityMiddleware:
    """ASGI middleware. Used by the event loop only.

    Args:
        app: The application behind it.
        auth: Knows the token.
        origins: Knows the station's host names.
        actions: Limits the rate of requests that change something, for each client that may change something.
        failed_logins: Limits how often each address may show a wrong token.
    """

    def __init__(
        self, app: ASGIApp, auth: TokenAuth, origins: OriginPolicy, actions: RateLimiter, failed_logins: RateLimiter
    ) -> None:
        self._app = app
        self._auth = auth
        self._origins = origins
        self._actions = actions
        self._failed_logins = failed_logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["Cache-Control"] = "no-cache" if path == "/" or path.startswith("/page/") else "no-store"
            await send(message)

        headers = Headers(scope=scope)
        rejection = self._rejection(scope, headers)
        if rejection is not None:
            await rejection(scope, receive, send_secured)
            return
        prefix = root_path(headers)
        await self._limit_body({**scope, "root_path": prefix, "path": prefix + path}, receive, send_secured)

    def _rejection(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the error response of a request that must not reach a route, else None."""
        method, path = scope["method"], scope["path"]
        unsafe = method not in SAFE_METHODS
        if unsafe and method not in UNSAFE_METHODS:
            return error_response(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not allowed", {"Allow": "GET, HEAD"})
        if "\0" in path:  # Older Starlette versions pass it on to the file system.
            return error_response(HTTPStatus.NOT_FOUND, "not found")
        if not self._origins.is_known_host(headers):
            problem = f"unknown host name {headers.get('host', '')!r}: add it to web.host_names if it is this station's"
            return error_response(HTTPStatus.FORBIDDEN, f"{problem}; {BEHIND_A_PROXY}")
        if not self._origins.is_own_page(headers, allow_navigation=not unsafe):
            return error_response(HTTPStatus.FORBIDDEN, f"the request came from another web page; {BEHIND_A_PROXY}")
        if path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES):
            return None
        client = self._client(scope, headers)
        if client is None:
            if "authorization" in headers and (wait_s := self._failed_logins.take(_address(scope))):
                return too_many_requests(wait_s)
            return error_response(HTTPStatus.UNAUTHORIZED, "the station's token is required", BEARER)
        # Only now, so that strangers cannot use up what others may do.
        if unsafe and (wait_s := self._actions.take(client)):
            return too_many_requests(wait_s)
        return None

    def _client(self, scope: Scope, headers: Headers) -> str | None:
        """Return a name for whoever may use the station, None for strangers."""
        peer: Peer = scope["state"]["peer"]
        cookie = cookie_parser(headers.get("cookie", "")).get(self._auth.cookie_name, "")
        if self._auth.allows(headers.get("authorization", ""), cookie):
            peer.authenticated = True
            return f"token {_address(scope)}"
        if peer.trusted and not self._origins.is_forwarded(headers, scope["http_version"]):
            return f"local {_address(scope)}"
        return None

    async def _limit_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless its body is too long. Routes read the whole body before they respond."""
        length = Headers(scope=scope).get("content-length", "0")
        problem = f"the request body is longer than {MAX_BODY_BYTES} bytes"
        too_long = error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
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


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""
