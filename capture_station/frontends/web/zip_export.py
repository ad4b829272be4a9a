"""Exports captures as a ZIP that is created while it is sent, without a file on disk."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from capture_station.regular_files import read_regular_file
from capture_station.station.status import Saved

NameOf = Callable[[Mapping[str, Any]], str]
"""Names the portrait of a record."""


class _ZipBuffer(io.RawIOBase):
    """Collects what ``zipfile`` writes until it is sent."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._chunks.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken


def zip_stream(captures: Iterable[Saved], name_of: NameOf) -> Iterator[bytes]:
    """Yield a ZIP with one folder a capture, and a folder of portraits under their people's names.

    Pictures that were deleted are left out. Pictures that cannot be read or are damaged are left out as well, and
    listed in ``missing.txt``.

    Args:
        captures: Newest first: the first portrait of a person gets the name.
        name_of: Names the portrait of a record, without suffix; empty: it stays in its capture's folder only.
    """
    buffer = _ZipBuffer()
    missing = list[str]()
    with zipfile.ZipFile(buffer, "w") as archive:
        for saved in captures:
            for role, path in ((role, Path(place)) for role, place in saved.pictures.items()):
                try:
                    # The whole picture, before anything of it is sent: an error in the middle would cut the ZIP off.
                    picture = _undamaged(saved, path)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    missing.append(f"{saved.id}/{path.name}: cannot be read: {error.strerror}\n")
                    continue
                archive.writestr(_entry(saved, f"{saved.id}/{path.name}"), picture)
                yield buffer.take()
                if role == "portrait" and (name := name_of(saved.record)):
                    archive.writestr(_entry(saved, f"portraits/{name}{path.suffix}"), picture)
                    yield buffer.take()
            archive.writestr(_entry(saved, f"{saved.id}/record.json"), json.dumps(saved.record, indent=2))
            yield buffer.take()
        if missing:
            archive.writestr("missing.txt", "".join(missing))
    yield buffer.take()


def _undamaged(saved: Saved, path: Path) -> bytes:
    """Read a picture and compare it with the checksum in the record. Raises OSError."""
    picture = read_regular_file(path)
    expected = {file["name"]: file["sha256"] for file in saved.record.get("files", ())}
    if path.name in expected and hashlib.sha256(picture).hexdigest() != expected[path.name]:
        raise OSError(errno.EIO, "damaged, it is no longer what was saved")
    return picture


def _entry(saved: Saved, name: str) -> zipfile.ZipInfo:
    # ZIP has no dates before 1980, but a machine without a clock may have taken captures then.
    taken_at = None if saved.taken_at is None or saved.taken_at.year < 1980 else saved.taken_at
    entry = zipfile.ZipInfo(name)
    if taken_at is not None:
        entry.date_time = (*taken_at.timetuple()[:6],)
    entry.external_attr = 0o600 << 16
    return entry
