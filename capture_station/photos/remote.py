"""Reads photos from and writes portraits to URLs such as s3://bucket/album. No message repeats a URL whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from capture_station.errors import ArchiveError, PhotoError
from capture_station.masking import redacted, shown, shown_file
from capture_station.photos.formats.identify import SUFFIXES
from capture_station.photos.left_out import is_left_out
from capture_station.photos.locations import readable_path
from capture_station.urls import file_system, write_whole


class RemoteFiles:
    """Files behind a URL.

    Raises:
        ConfigError: fsspec does not support the URL.
    """

    def __init__(self, url: str) -> None:
        self._files, _ = file_system(url)

    def exists(self, location: str) -> bool:
        try:
            return bool(self._files.exists(location))
        except Exception as error:  # Each service raises its own exceptions.
            raise ArchiveError(f"{shown_file(location)}: no answer: {redacted(str(error), location)}") from error

    def open(self, location: str) -> BinaryIO:
        """Fetch the whole file with one request."""
        try:
            return io.BytesIO(self._files.cat_file(location))
        except Exception as error:
            raise PhotoError(f"cannot be read: {type(error).__name__}: {redacted(str(error), location)}") from error

    def write(self, location: str, data: bytes) -> None:
        """If several workers write one file, the last one wins; all write the same bytes."""
        try:
            write_whole(self._files, location, data)
        except Exception as error:
            reason = f"{type(error).__name__}: {redacted(str(error), location)}"
            raise ArchiveError(f"{shown_file(location)}: cannot be written: {reason}") from error


def normalized_url(url: str) -> str:
    """A URL in the form in which two URLs can be compared, without a slash at its end.

    Raises:
        ConfigError: fsspec does not support the URL.
    """
    files, path = file_system(url)
    return str(files.unstrip_protocol(path)).rstrip("/")


def list_remote(url: str) -> Iterator[tuple[str, PurePosixPath]]:
    """Yield each file below ``url`` and its path relative to it, in a fixed order.

    Hidden names, thumbnails and recycle bins are left out.

    Raises:
        PhotoError: Nothing exists there, or it cannot be listed.
        ConfigError: fsspec does not support the URL.
    """
    files, root = file_system(url)
    try:
        found = sorted(files.find(root))
    except Exception as error:
        reason = f"{type(error).__name__}: {redacted(str(error), url)}"
        raise PhotoError(f"{shown(url)}: cannot be listed: {reason}") from error
    if not found:
        raise PhotoError(f"{shown(url)}: no such photo or folder")
    is_web = root.startswith(("http://", "https://"))
    known, places = set(found), set[PurePosixPath]()
    for path in found:
        place = PurePosixPath(path[len(root) :].lstrip("/") or PurePosixPath(path).name)
        if is_web:
            whole, top = readable_path(path), readable_path(root)
            plain = path.partition("?")[0]
            if plain != path and plain in known and readable_path(plain) == whole:
                continue  # A page may link to one photo in several ways.
            named = PurePosixPath(whole.relative_to(top) if top in whole.parents else whole.name)
            # Several photos may have one name in their queries, each with another album's beside it.
            place = place if named in places and place.suffix.lower() in SUFFIXES else named
            places.add(named)
        if not any(map(is_left_out, place.parts)):
            yield str(files.unstrip_protocol(path)), place
