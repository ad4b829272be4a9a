"""How much memory is free for a large photo on a machine, in a service and in a container."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_station.photos.memory import free_bytes

MEMINFO = {"proc/meminfo": "MemTotal: 4194304 kB\nMemAvailable: 1000000 kB\n"}
STAT = "anon 9\n{name} 100000000\n"
V2 = {
    "proc/self/cgroup": "0::/booth/station\n",
    "sys/fs/cgroup/booth/station/memory.max": "max\n",
    "sys/fs/cgroup/booth/memory.max": "900000000\n",
    "sys/fs/cgroup/booth/memory.current": "300000000\n",
    "sys/fs/cgroup/booth/memory.stat": STAT.format(name="inactive_file"),
}
V1 = {
    "proc/self/cgroup": "5:cpu,cpuacct:/\n4:memory:/booth\n0::/\n",
    "sys/fs/cgroup/memory/booth/memory.limit_in_bytes": "900000000\n",
    "sys/fs/cgroup/memory/booth/memory.usage_in_bytes": "300000000\n",
    "sys/fs/cgroup/memory/booth/memory.stat": STAT.format(name="total_inactive_file"),
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "2000000000\n",
}


@pytest.mark.parametrize(
    ("files", "free"),
    [({}, None), (MEMINFO, 1_024_000_000), ({**MEMINFO, **V2}, 700_000_000), ({**MEMINFO, **V1}, 700_000_000)],
)
def test_the_fullest_group_counts_without_what_it_gives_back(
    tmp_path: Path, files: dict[str, str], free: int | None
) -> None:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    assert free_bytes(tmp_path) == free
