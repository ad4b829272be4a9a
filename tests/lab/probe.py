"""Attempts actions that the service must not be allowed, and prints each result as JSON: ``done`` or the error."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

CLONE_NEWUSER = 0x10000000
LIBC = ctypes.CDLL(None, use_errno=True)


def write(folder: str) -> Callable[[], object]:
    def action() -> None:
        file = Path(folder, f"probe-{os.getpid()}")
        file.write_text("x")
        file.unlink()

    return action


def call(name: str, *arguments: object) -> Callable[[], object]:
    """Call a C function that returns 0 on success."""

    def action() -> None:
        if getattr(LIBC, name)(*arguments) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    return action


def others(pattern: str, *mine: str) -> Callable[[], object]:
    def action() -> None:
        if not [path for path in Path("/").glob(pattern) if path.name not in mine]:
            raise OSError(f"none at /{pattern}")

    return action


def gain_rights() -> None:
    if "NoNewPrivs:\t1" in Path("/proc/self/status").read_text():
        raise OSError("no new privileges")


DEEDS: dict[str, Callable[[], object]] = {
    **{
        f"write {folder}": write(folder)
        for folder in (
            *("/var/lib/capture-station", "/run/capture-station", "/tmp"),
            *("/etc", "/usr", "/opt/capture-station", "/srv/open"),
        )
    },
    "list /home": lambda: os.listdir("/home"),
    "read /home/visitor/photo.jpg": Path("/home/visitor/photo.jpg").read_bytes,
    "see others' processes": others("proc/[0-9]*", str(os.getpid())),
    "see others' temporary files": others("tmp/*"),
    "internet socket": lambda: socket.socket(socket.AF_INET),
    "raw device": lambda: os.open("/dev/vda", os.O_RDONLY),
    "kernel log": lambda: os.open("/dev/kmsg", os.O_RDONLY),
    "mount": call("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, None),
    "new user namespace": call("unshare", CLONE_NEWUSER),
    "gain rights by a program": gain_rights,
    "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "real-time priority": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
}


def outcome(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return str(error)
    return "done"


print(json.dumps({name: outcome(action) for name, action in DEEDS.items()}))
