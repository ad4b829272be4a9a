"""The printer of a ``FakeStation``, which keeps what it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture_station.errors import (
    PrintError,
)
from capture_station.station.status import (
    PrintingStatus,
)

if TYPE_CHECKING:
    from tests.frontends.fake_station import FakeStation


@dataclass(frozen=True)
class FakePrintJob:
    id: str
    captures: tuple[str, ...]
    sheets: int


class FakePrinting:
    """Implements ``PublicPrinting``; what is asked for waits."""

    def __init__(self, station: FakeStation) -> None:
        self._station = station
        self.waiting: dict[str, FakePrintJob] = {}
        self.asked: list[tuple[str | None, str | None, int | None]] = []
        """Paper, size and number of each request."""
        self.refusal: PrintError | None = None
        """Why nothing can be printed."""

    def request(
        self,
        captures: Sequence[str],
        copies: int = 1,
        paper: str | None = None,
        size: str | None = None,
        each: int | None = None,
    ) -> FakePrintJob:
        if self.refusal is not None:
            raise self.refusal
        for capture in captures:
            saved = self._station.find(capture)
            if saved is None or not saved.kept:
                raise PrintError(f"{capture} is not printed: it was not kept")
        job = FakePrintJob(f"20260131-120000-{len(self.asked):08x}", tuple(captures), copies)
        self.asked.append((paper, size, each))
        self.waiting[job.id] = job
        self._station.use_printer(waiting=len(self.waiting))
        return job

    def status(self) -> PrintingStatus:
        return self._station.status().printing or PrintingStatus()

    def jobs(self) -> list[FakePrintJob]:
        return list(self.waiting.values())

    def cancel(self, job_id: str) -> bool:
        return self.waiting.pop(job_id, None) is not None
