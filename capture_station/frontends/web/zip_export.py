"""Exports captures as a ZIP that is created while it is sent, without a file on disk."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from capture_station.regular_files import read_regular_file
from capture_station.station.status import Saved
from capture_station.zip_entries import zip_entry

SLICE_BYTES = 1 << 16
"""The server waits for a client to take one slice before it asks for the next."""


class Download(Protocol):
    """The portraits of one download under their people's names, and its tables."""

    def place(self, record: Mapping[str, Any], picture: bytes, file: str) -> str:
        """Where the portrait of a record stands once more, under its person's name; empty: only in ``file``."""
        ...

    def tables(self) -> Iterable[tuple[str, bytes]]:
        """Name and content of each table about the portraits before."""
        ...


class _ZipBuffer(io.RawIOBase):
    """Collects what ``zipfile`` writes until it is sent."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._chunks.append(bytes(data))
        return len(data)

    def take(self) -> Iterator[bytes]:
        """Yield what was written, in slices that also a slow client takes before the server gives it up."""
        taken = b"".join(self._chunks)
        self._chunks.clear()
        for start in range(0, len(taken), SLICE_BYTES):
            yield taken[start : start + SLICE_BYTES]


def zip_stream(
    captures: Iterable[Saved], download: Download | None, tables: Iterable[tuple[str, bytes]] = ()
) -> Iterator[bytes]:
    """Yield a ZIP with one folder a capture, a folder of portraits under their people's names, and tables.

    Pictures that were deleted are left out. Pictures that cannot be read or are damaged are left out as well, and
    listed in ``unreadable.txt``.

    Args:
        captures: Newest first: the first portrait of a person gets the name.
        download: Names the portraits, and tells of them; None: they stay in their captures' folders only.
        tables: Name and content of further tables.
    """
    buffer = _ZipBuffer()
    unreadable = list[str]()
    with zipfile.ZipFile(buffer, "w") as archive:
        for saved in captures:
            for role, path in ((role, Path(place)) for role, place in saved.pictures.items()):
                file = f"{saved.id}/{path.name}"
                try:
                    # The whole picture, before anything of it is sent: an error in the middle would cut the ZIP off.
                    picture = _undamaged(saved, path)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    unreadable.append(f"{file}: cannot be read: {error.strerror}\n")
                    continue
                archive.writestr(_entry(saved, file), picture)
                yield from buffer.take()
                names = download if role == "portrait" else None
                if names is not None and (place := names.place(saved.record, picture, file)):
                    archive.writestr(_entry(saved, place), picture)
                    yield from buffer.take()
            archive.writestr(_entry(saved, f"{saved.id}/record.json"), json.dumps(saved.record, indent=2))
            yield from buffer.take()
        for name, content in (*(() if download is None else download.tables()), *tables):
            archive.writestr(zip_entry(name, time.localtime()), content)
        if unreadable:
            archive.writestr(zip_entry("unreadable.txt", time.localtime()), "".join(unreadable))
    yield from buffer.take()


def _undamaged(saved: Saved, path: Path) -> bytes:
    """Read a picture and compare it with the checksum in the record. Raises OSError."""
    picture = read_regular_file(path)
    expected = {file["name"]: file["sha256"] for file in saved.record.get("files", ())}
    if path.name in expected and hashlib.sha256(picture).hexdigest() != expected[path.name]:
        raise OSError(errno.EIO, "damaged, it is no longer what was saved")
    return picture


def _entry(saved: Saved, name: str) -> zipfile.ZipInfo:
    return zip_entry(name, None if saved.taken_at is None else saved.taken_at.timetuple())
