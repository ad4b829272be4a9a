"""Exports captures as a ZIP that is created while it is sent, without a file on disk."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from capture_station.station.status import Saved

CHUNK_BYTES = 1 << 18


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


def zip_stream(captures: Iterable[Saved]) -> Iterator[bytes]:
    """Yield a ZIP with one folder a capture. Pictures deleted meanwhile are left out."""
    buffer = _ZipBuffer()
    with zipfile.ZipFile(buffer, "w") as archive:
        for saved in captures:
            for path in map(Path, saved.pictures.values()):
                try:
                    picture = path.open("rb")
                except FileNotFoundError:
                    continue
                with picture, archive.open(_entry(saved, path.name), "w") as target:
                    while chunk := picture.read(CHUNK_BYTES):
                        target.write(chunk)
                        yield buffer.take()
            archive.writestr(_entry(saved, "record.json"), json.dumps(saved.record, indent=2))
            yield buffer.take()
    yield buffer.take()


def _entry(saved: Saved, name: str) -> zipfile.ZipInfo:
    # ZIP has no dates before 1980, but a machine without a clock may have taken captures then.
    taken_at = None if saved.taken_at is None or saved.taken_at.year < 1980 else saved.taken_at
    entry = zipfile.ZipInfo(f"{saved.id}/{name}")
    if taken_at is not None:
        entry.date_time = (*taken_at.timetuple()[:6],)
    entry.external_attr = 0o600 << 16
    return entry
