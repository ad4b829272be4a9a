"""One process at a time writes to a place, also where the disk has no locks."""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path

import pytest

from capture_station.export.destination import open_destination
from capture_station.file_locks import lock


def test_a_second_lock_is_refused_until_the_first_file_is_closed(tmp_path: Path) -> None:
    place = tmp_path / "file"
    with place.open("w") as first, place.open("w") as second:
        lock(first.fileno())
        with pytest.raises(BlockingIOError):
            lock(second.fileno())
        first.close()
        lock(second.fileno())


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_disk_without_locks_takes_an_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: int) -> None:
        raise OSError(code, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    destination = open_destination(str(tmp_path / "portraits.zip"))
    destination.write("portraits/1.jpg", b"jpeg")
    destination.close()
    assert (tmp_path / "portraits.zip").stat().st_size > 0
