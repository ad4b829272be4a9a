"""Captures as one ZIP, made while it is sent: no file of it ever lies on the disk."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from capture_station.station.status import Saved

PIECE_BYTES = 1 << 18


class _Outlet(io.RawIOBase):
    """Where the ZIP is written to; what has come is taken out in pieces."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def zipped(captures: Iterable[Saved]) -> Iterator[bytes]:
    """Pictures and record of each capture in a folder of its id; pictures deleted meanwhile are left out."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as archive:
        for saved in captures:
            for path in map(Path, saved.pictures.values()):
                try:
                    picture = path.open("rb")
                except FileNotFoundError:
                    continue
                with picture, archive.open(_entry(saved, path.name), "w") as target:
                    while piece := picture.read(PIECE_BYTES):
                        target.write(piece)
                        yield outlet.take()
            archive.writestr(_entry(saved, "record.json"), json.dumps(saved.record, indent=2))
            yield outlet.take()
    yield outlet.take()


def _entry(saved: Saved, name: str) -> zipfile.ZipInfo:
    # A ZIP knows no time before 1980, where a machine without a clock may be.
    taken_at = None if saved.taken_at is None or saved.taken_at.year < 1980 else saved.taken_at
    entry = zipfile.ZipInfo(f"{saved.id}/{name}")
    if taken_at is not None:
        entry.date_time = (*taken_at.timetuple()[:6],)
    entry.external_attr = 0o600 << 16
    return entry
