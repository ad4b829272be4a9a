"""How large pictures may be on machines with little memory, and under systemd's and containers' limits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_station.camera.picture_limit import CAPTURE_BYTES_PER_PX, STATION_BYTES, largest_picture_px

GIB = 1024**3


def machine(root: Path, files: dict[str, str]) -> Path:
    """A file system with these files in ``/proc`` and ``/sys``."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def pixels(memory_bytes: int) -> int:
    return (memory_bytes - STATION_BYTES) // CAPTURE_BYTES_PER_PX


MEMINFO = {"proc/meminfo": "MemTotal: 4194304 kB\nMemFree: 9 kB\nSwapTotal: 1048576 kB\n"}
V2 = {"proc/self/cgroup": "0::/system.slice/capture-station.service\n"}
V1 = {"proc/self/cgroup": "5:cpu,cpuacct:/\n4:memory:/booth\n1:name=systemd:/booth\n"}


@pytest.mark.parametrize(
    ("files", "memory_bytes"),
    [
        (MEMINFO, 5 * GIB),
        ({**MEMINFO, **V2, "sys/fs/cgroup/system.slice/capture-station.service/memory.max": "943718400\n"}, 943718400),
        ({**MEMINFO, **V2, "sys/fs/cgroup/system.slice/memory.max": "2147483648\n"}, 2 * GIB),
        ({**MEMINFO, **V2, "sys/fs/cgroup/system.slice/capture-station.service/memory.max": "max\n"}, 5 * GIB),
        ({**MEMINFO, **V1, "sys/fs/cgroup/memory/booth/memory.limit_in_bytes": "943718400\n"}, 943718400),
        ({**MEMINFO, **V1, "sys/fs/cgroup/memory/booth/memory.limit_in_bytes": "9223372036854771712\n"}, 5 * GIB),
    ],
)
def test_the_least_limit_counts(tmp_path: Path, files: dict[str, str], memory_bytes: int) -> None:
    assert largest_picture_px(machine(tmp_path, files)) == pixels(memory_bytes)


def test_less_memory_than_a_station_needs_allows_no_picture(tmp_path: Path) -> None:
    assert largest_picture_px(machine(tmp_path, {"proc/meminfo": "MemTotal: 1000 kB\n"})) == 0


def test_the_shipped_service_allows_twelve_megapixels_and_not_forty_eight(tmp_path: Path) -> None:
    unit = (Path(__file__).parents[2] / "systemd" / "capture-station.service").read_text()
    (limit,) = [line.removeprefix("MemoryMax=") for line in unit.splitlines() if line.startswith("MemoryMax=")]
    assert limit.endswith("M")
    cgroup = "sys/fs/cgroup/system.slice/capture-station.service/memory.max"
    root = machine(tmp_path, {**MEMINFO, **V2, cgroup: f"{int(limit[:-1]) * 1024**2}\n"})
    assert 4056 * 3040 < largest_picture_px(root) < 8000 * 6000


def test_a_header_that_announces_a_gigantic_picture_takes_no_memory(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
    sizes = b"\x00\x10\x00\x10"
    assert jpeg.count(sizes) == 1
    (tmp_path / "small.jpg").write_bytes(jpeg)
    (tmp_path / "gigantic.jpg").write_bytes(jpeg.replace(sizes, (6000).to_bytes(2, "big") + (8000).to_bytes(2, "big")))
    machine(tmp_path, {"proc/meminfo": "MemTotal: 900000 kB\n"})
    program = (
        "import sys, pathlib; from capture_station.camera.picture_limit import limit_decoders; "
        "here = pathlib.Path(sys.argv[1]); limit_decoders(here); import cv2, numpy as np; "
        "read = lambda name: cv2.imdecode(np.frombuffer((here / name).read_bytes(), np.uint8), cv2.IMREAD_COLOR); "
        "assert read('small.jpg').shape == (16, 16, 3); read('gigantic.jpg')"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV_")}
    done = subprocess.run([sys.executable, "-c", program, tmp_path], env=kept, capture_output=True, text=True)
    assert "CV_IO_MAX_IMAGE_PIXELS" in done.stderr
