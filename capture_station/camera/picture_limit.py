"""Refuses cameras whose pictures are too large for the memory that this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from capture_station.camera.contract import CameraInfo
from capture_station.camera.errors import open_error
from capture_station.locales.messages import human_size
from capture_station.memory_groups import memory_groups, read_lines

STATION_BYTES = 240 * 1024**2
"""Memory of a station without a capture: models, threads, previews and viewers. Measured: 216 to 230 MiB."""
CAPTURE_BYTES_PER_PX = 22
"""Memory at the peak of a capture, for each pixel. Measured at 12, 48 and 64 megapixels: 21 to 22 bytes."""
_LEAST_DECODED_PX, _MOST_DECODED_PX = 2**24, 2**30
"""For the station's own small pictures; and OpenCV's own limit."""
_UNLIMITED_BYTES = 2**60
"""cgroup v1 reports a number beyond this where no limit is set."""


def check_picture_size(info: CameraInfo, largest_px: int) -> None:
    """Compare the size of a camera's pictures with the limit, before the first picture takes any memory.

    Raises:
        CameraError: They are too large.
    """
    width, height = info.mode.size_wh
    if width * height > largest_px:
        needed = human_size(STATION_BYTES + CAPTURE_BYTES_PER_PX * width * height)
        enough_for = {"needed": needed, "megapixels": f"{largest_px / 1e6:.3g}"}
        raise open_error("too-large", camera=info.name, size=f"{width}x{height}", **enough_for)


def limit_decoders(root: Path = Path("/")) -> None:
    """Have OpenCV refuse larger pictures before they take memory: a damaged JPEG header may announce any size.

    Takes effect only before OpenCV is imported.

    Args:
        root: As for ``largest_picture_px``.
    """
    limit_px = min(max(largest_picture_px(root), _LEAST_DECODED_PX), _MOST_DECODED_PX)
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(limit_px))


def largest_picture_px(root: Path = Path("/")) -> int:
    """Number of pixels of which this process has the memory to make a portrait.

    The memory is the least that a control group of this process allows (systemd's ``MemoryMax=``, a container's
    limit), and at most the machine's memory with its swap space.

    Args:
        root: The file system in which ``/proc`` and ``/sys`` are read.
    """
    return max(0, min(_limits_bytes(root)) - STATION_BYTES) // CAPTURE_BYTES_PER_PX


def _limits_bytes(root: Path) -> Iterator[int]:
    """cgroups(7), proc_meminfo(5)."""
    yield _UNLIMITED_BYTES
    meminfo = dict(line.split(":", 1) for line in read_lines(root / "proc/meminfo"))
    if "MemTotal" in meminfo:
        yield sum(int(meminfo.get(name, "0 kB").split()[0]) for name in ("MemTotal", "SwapTotal")) * 1024
    yield from (group.limit_bytes for group in memory_groups(root))
