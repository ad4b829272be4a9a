"""What a photo's path or URL means: where the photo is, and the name that people know it by."""

from __future__ import annotations

import re
from pathlib import PurePath, PurePosixPath
from urllib.parse import unquote

from capture_station.photos.formats.identify import SUFFIXES


def is_url(location: str) -> bool:
    """Whether fsspec is needed to read it."""
    return "://" in location


def local_path(location: str) -> str:
    """The path that a ``file://`` URL stands for, with escapes such as %20 decoded. Any other text is unchanged."""
    if not location.startswith("file://"):
        return location
    return unquote(location.removeprefix("file://"), errors="surrogateescape")


def readable_path(location: str) -> PurePath:
    """The path by which people know a file: of a web address without the query, and with escapes such as %20 decoded.

    A photo that only the query names, as in ``get.php?file=20417.jpg``, has that name. For its names only; nothing can
    be opened by it.
    """
    if not location.startswith(("http://", "https://")):
        return PurePath(location)
    address, _, query = location.partition("#")[0].partition("?")
    path = PurePosixPath(unquote(address))
    if path.suffix.lower() in SUFFIXES:
        return path
    named = (PurePosixPath(unquote(text)).name for text in re.split("[&=]", query))
    return next((path.parent / name for name in named if PurePosixPath(name).suffix.lower() in SUFFIXES), path)
