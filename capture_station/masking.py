"""Hides what may be a secret in addresses: user name, password, path and query."""

from __future__ import annotations

import re

HIDDEN = "hidden address"
SHORTEST_SECRET = 4
"""Shorter parts of an address are not searched for in texts: they would be found inside ordinary words."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?\]|[A-Za-z0-9._-]*)(:\d{1,5})?")
_AUTHORITY_END = re.compile(r"[/?#\\]")
_QUERY = re.compile(r"[?#]")
_MARKS = re.compile(r"[@?&=;]")
"""They occur in addresses and hardly in the paths of files."""


def masked(address: str) -> str:
    """Scheme, host and port of a URL, or the whole path of a file, for names, messages and records.

    Cameras take passwords in every part of an address, and passwords contain ``/ ? # @`` without being encoded. So
    nothing but the host is shown, and not even that where it cannot be told from a part of the password.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        # A URL without its scheme is taken for a path.
        return HIDDEN if _MARKS.search(address) else address
    if not _SCHEME.fullmatch(scheme):
        return HIDDEN
    host = _host(rest)
    return f"{scheme}://{HIDDEN}" if host is None else f"{scheme}://{host}"


def shown(place: str) -> str:
    """How a message names a file or folder: a path whole, and a URL ``masked``."""
    return masked(place) if "://" in place else place


def shown_file(location: str) -> str:
    """How a message names a file among others: a path whole, and of a URL host and file name."""
    if "://" not in location:
        return location
    return f"{masked(location)}/…/{_QUERY.split(location, maxsplit=1)[0].rpartition('/')[2]}"


def redacted(text: str, address: str) -> str:
    """A message of a library without the secret parts of the address that the library was given."""
    if "://" not in address:
        return text.replace(address, masked(address)) if address else text
    from urllib.parse import parse_qsl, unquote

    rest = address.partition("://")[2]
    user_and_password, _, after = rest.rpartition("@")
    password = user_and_password.partition(":")[2]
    path = "".join(_AUTHORITY_END.split(after, maxsplit=1)[1:])
    query = path.partition("?")[2]
    parts = {user_and_password, password, path, query, *(value for _, value in parse_qsl(query))}
    parts |= {unquote(part) for part in parts}
    text = text.replace(address, masked(address))
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= SHORTEST_SECRET:
            text = text.replace(part, "…")
    return text


def _host(rest: str) -> str | None:
    """Host and port of what follows ``://``; None if that is ambiguous."""
    end = _AUTHORITY_END.search(rest)
    authority, behind = (rest, "") if end is None else (rest[: end.start()], rest[end.start() :])
    if "@" not in behind:
        return _checked(authority.rpartition("@")[2])
    if "@" not in authority and _checked(authority) is None and behind.count("@") == 1:
        # What looked like the authority ends in a password with a slash, a question mark or a hash.
        return _checked(_AUTHORITY_END.split(behind.partition("@")[2], maxsplit=1)[0])
    return None


def _checked(host: str) -> str | None:
    return host if _HOST.fullmatch(host) else None
