"""Reads how much memory the control groups of this process allow and use (cgroups(7))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """A control group that limits memory: a service's, a container's, or one around them."""

    limit_bytes: int
    """Beyond 2**60 in a group of cgroup v1 without a limit."""
    used_bytes: int
    """Without pages of files, which are given back when memory is wanted."""


def memory_groups(root: Path = Path("/")) -> Iterator[MemoryGroup]:
    """The groups of this process whose limit can be read: its own, and those around it.

    Args:
        root: The file system in which ``/proc`` and ``/sys`` are read.
    """
    for line in read_lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount, limit, usage, freeable = "", "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            mount, limit = "memory", "memory.limit_in_bytes"
            usage, freeable = "memory.usage_in_bytes", "total_inactive_file"
        else:
            continue
        top = root / "sys/fs/cgroup" / mount
        own = top / path.strip("/")
        for folder in (own, *own.parents):
            statistics = dict(entry.split() for entry in read_lines(folder / "memory.stat"))
            used = sum(int(number) for number in read_lines(folder / usage)) - int(statistics.get(freeable, 0))
            yield from (MemoryGroup(int(one), used) for one in read_lines(folder / limit) if one.isdecimal())
            if folder == top:
                break


def read_lines(path: Path) -> list[str]:
    """The lines of a file; none if it cannot be read, as outside Linux's usual places."""
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
