"""Measures a lower bound of each capture's age without trusting the date of the clock.

A Raspberry Pi has no real-time clock. It boots in 1970, at the time of its last shutdown, or years ahead, and captures
are dated accordingly. Dates therefore never decide what is removed. Instead the station counts the time that has
certainly passed, and notes the count at which it first saw each capture. The difference is a lower bound of the
capture's age. Two clocks count, and each alone is a lower bound:

- the kernel's time since boot (CLOCK_BOOTTIME), between two readings in the same boot. It cannot be set or jump.
- the wall clock, between two readings at which the system reported that time servers had synchronised it. Only this
  clock counts time during which the machine was off.

Doubtful time does not count: the machine was off without time servers, the list was lost or damaged, or the disk was
moved to another machine. A capture then stays longer than configured. A clock that jumps never removes one too early.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from capture_station.regular_files import read_regular_file

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# systemd-timesyncd creates this file when a time server first answers after the boot; see systemd-timesyncd.service(8).
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")

Seconds = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The machine's clocks at one moment."""

    boot: str
    """Identifies this boot of the kernel; empty if unknown."""
    uptime_s: float
    wall_s: float
    """Seconds since 1970."""
    synchronised: bool
    """Whether time servers have set the wall clock since the boot."""


def read_clocks() -> ClockReading:
    """Read all clocks now."""
    try:
        boot = BOOT_ID.read_text().strip()
    except OSError:
        boot = ""
    return ClockReading(boot, time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), SYNCHRONISED.exists())


class CaptureAges(BaseModel):
    """The counted time, and the count at which each capture was first seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    counted_s: Seconds = 0
    boot: str = ""
    uptime_s: Seconds = 0
    """Uptime in the boot ``boot``, at the last reading."""
    synchronised_wall_s: Seconds | None = None
    """Wall clock at the last reading at which it was synchronised."""
    synchronised_counted_s: Seconds = 0
    """The count at that reading."""
    seen_s: dict[str, Seconds] = {}
    """The count at which captures were first seen, for those that existed at that synchronised reading."""
    seen_since_s: dict[str, Seconds] = {}
    """The same for later captures. Time that a synchronised clock adds afterwards may have passed before them, so it
    does not make them older.
    """

    @classmethod
    def read(cls, path: Path) -> CaptureAges:
        """Read the file. If it is missing or damaged, the count starts again at 0."""
        try:
            return cls.model_validate_json(read_regular_file(path))
        except (OSError, ValidationError):
            return cls()

    def advanced_to(self, now: ClockReading, captures: Iterable[str]) -> CaptureAges:
        """The ages at this reading, for the captures that exist now."""
        counted_s = self.counted_s
        if now.boot and now.boot == self.boot:
            counted_s += max(0.0, now.uptime_s - self.uptime_s)
        added_s = 0.0
        if now.synchronised and self.synchronised_wall_s is not None:
            passed_s = now.wall_s - self.synchronised_wall_s
            added_s = max(0.0, self.synchronised_counted_s + passed_s - counted_s)
        counted_s += added_s
        seen_s, seen_since_s = dict[str, float](), dict[str, float]()
        for capture in captures:
            if capture in self.seen_s:
                seen_s[capture] = self.seen_s[capture]
            else:
                seen_since_s[capture] = self.seen_since_s.get(capture, counted_s - added_s) + added_s
        return CaptureAges(
            counted_s=counted_s,
            boot=now.boot,
            uptime_s=now.uptime_s,
            synchronised_wall_s=now.wall_s if now.synchronised else self.synchronised_wall_s,
            synchronised_counted_s=counted_s if now.synchronised else self.synchronised_counted_s,
            seen_s={**seen_s, **seen_since_s} if now.synchronised else seen_s,
            seen_since_s={} if now.synchronised else seen_since_s,
        )

    def captures(self) -> list[str]:
        """Ids of all captures, oldest first; those first seen at one reading by their dates."""
        return sorted((*self.seen_s, *self.seen_since_s), key=lambda one: (-self.age_s(one), one))

    def age_s(self, capture_id: str) -> float:
        """Lower bound of a capture's age; 0 for one that has not been seen yet."""
        seen_s = self.seen_s.get(capture_id, self.seen_since_s.get(capture_id, self.counted_s))
        return self.counted_s - seen_s
