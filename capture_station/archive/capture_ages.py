"""How old captures certainly are, whatever the clock says: time is counted, dates are not believed.

A Raspberry Pi has no clock of its own: it boots in 1970, at the time of its last shutdown, or years ahead, and a
capture is dated by whatever it believed. So no date decides what is removed. The station counts the time that has
certainly passed, and notes what the count was when it first saw each capture; the difference is a lower bound of the
capture's age. Two things count, each a lower bound by itself:

- the kernel's time since boot (CLOCK_BOOTTIME), between two looks in the same boot. It cannot be set and does not jump;
- the wall clock, between two looks at both of which the system said that it was synchronised with time servers. This
  alone can count while the machine was off.

Whatever is doubtful counts nothing: switched off without time servers, a list that is lost or damaged, a disk that is
carried to another machine. A capture may then stay longer than asked for; no jump of the clock removes one sooner.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Made by systemd-timesyncd at the first answer of a time server after the boot; see systemd-timesyncd.service(8).
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")

Seconds = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Moment:
    """What the machine knows of the time."""

    boot: str
    """Identifies this run of the kernel; empty where it is not known."""
    uptime_s: float
    wall_s: float
    """Since 1970."""
    synchronised: bool
    """Whether the wall clock was set by time servers since the boot."""


def moment() -> Moment:
    """Now."""
    try:
        boot = BOOT_ID.read_text().strip()
    except OSError:
        boot = ""
    return Moment(boot, time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), SYNCHRONISED.exists())


class Ages(BaseModel):
    """The count, and what it was when each capture was first seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    counted_s: Seconds = 0
    boot: str = ""
    uptime_s: Seconds = 0
    """Of ``boot``, at the last look."""
    synchronised_wall_s: Seconds | None = None
    """At the last look with a synchronised clock, when the count was:"""
    synchronised_counted_s: Seconds = 0
    seen_s: dict[str, Seconds] = {}
    """What the count was when captures were first seen, of those that were there at that look."""
    seen_since_s: dict[str, Seconds] = {}
    """The same of later ones: no time that the synchronised clock finds out about afterwards is theirs."""

    @classmethod
    def read(cls, path: Path) -> Ages:
        """Those written down; where they are missing or damaged, the count begins again."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return cls()

    def at(self, now: Moment, captures: Iterable[str]) -> Ages:
        """Count on to this moment, and forget captures that are no longer there."""
        counted_s = self.counted_s
        if now.boot and now.boot == self.boot:
            counted_s += max(0.0, now.uptime_s - self.uptime_s)
        found_out_s = 0.0
        if now.synchronised and self.synchronised_wall_s is not None:
            passed_s = now.wall_s - self.synchronised_wall_s
            found_out_s = max(0.0, self.synchronised_counted_s + passed_s - counted_s)
        counted_s += found_out_s
        seen_s, seen_since_s = dict[str, float](), dict[str, float]()
        for capture in captures:
            if capture in self.seen_s:
                seen_s[capture] = self.seen_s[capture]
            else:
                seen_since_s[capture] = self.seen_since_s.get(capture, counted_s - found_out_s) + found_out_s
        return Ages(
            counted_s=counted_s,
            boot=now.boot,
            uptime_s=now.uptime_s,
            synchronised_wall_s=now.wall_s if now.synchronised else self.synchronised_wall_s,
            synchronised_counted_s=counted_s if now.synchronised else self.synchronised_counted_s,
            seen_s={**seen_s, **seen_since_s} if now.synchronised else seen_s,
            seen_since_s={} if now.synchronised else seen_since_s,
        )

    def captures(self) -> list[str]:
        """The oldest first."""
        return sorted((*self.seen_s, *self.seen_since_s), key=self.of, reverse=True)

    def of(self, capture_id: str) -> float:
        """Seconds that the capture is at least old; 0 for one that was not seen yet."""
        seen_s = self.seen_s.get(capture_id, self.seen_since_s.get(capture_id, self.counted_s))
        return self.counted_s - seen_s
