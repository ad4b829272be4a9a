"""Keeps large photos from filling the memory: one at a time, and only if there is room for it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from multiprocessing.synchronize import Lock
from pathlib import Path

from capture_station.errors import PhotoError
from capture_station.memory_groups import memory_groups, read_lines

_LARGE_PIXELS = 50_000_000
"""Smaller photos are processed as many at once as there are workers."""
_BYTES_PER_PIXEL = 16
"""Measured from decoding to the encoded portrait."""

_turn: Lock | threading.Lock = threading.Lock()


def share_turn(lock: Lock) -> None:
    """Let the processes of a pool take turns with large photos."""
    global _turn
    _turn = lock


@contextlib.contextmanager
def room_for(pixels: int) -> Iterator[None]:
    """Wait until no other large photo is processed.

    Raises:
        PhotoError: The memory that is free now does not suffice.
    """
    if pixels < _LARGE_PIXELS:
        yield
        return
    with _turn:
        needed, free = pixels * _BYTES_PER_PIXEL, free_bytes()
        if free is not None and needed > free:
            raise PhotoError(
                f"too large: its {pixels / 1e6:.0f} megapixels need {needed / 1e9:.1f} GB of memory, and "
                f"{free / 1e9:.1f} GB are free; make it smaller, or use fewer --jobs"
            )
        yield


def free_bytes(root: Path = Path("/")) -> int | None:
    """Memory that this process can still take, of the machine and of its control groups; None if unknown.

    Args:
        root: The file system in which ``/proc`` and ``/sys`` are read.
    """
    meminfo = dict(line.split(":", 1) for line in read_lines(root / "proc/meminfo"))
    of_machine = [1024 * int(meminfo["MemAvailable"].split()[0])] if "MemAvailable" in meminfo else []
    of_groups = [group.limit_bytes - group.used_bytes for group in memory_groups(root)]
    return min((*of_machine, *of_groups), default=None)
