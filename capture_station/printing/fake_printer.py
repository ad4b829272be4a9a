"""A printer that is a folder, for tests: it takes sheets as files, and can be switched off and run out of paper.

A file ``offline`` in the folder switches it off, and a file ``media-empty`` takes its paper away.
"""

from __future__ import annotations

from pathlib import Path

from capture_station.errors import PrintError
from capture_station.printing.printer import PrinterState

OFFLINE = "offline"
NO_PAPER = "media-empty"


class FakePrinter:
    """Prints ``<job>-<copies>x.pdf`` into the folder; ``waiting`` holds what waits for paper."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: dict[str, tuple[str, bytes]] = {}
        self._count = 0

    def submit(self, pdf: bytes, title: str, copies: int, media: str) -> str:
        self._refuse_if_off()
        self._count += 1
        job = f"job-{self._count}"
        self._waiting[job] = (f"{title.split()[-1]}-{media}-{copies}x.pdf", pdf)
        self._print()
        return job

    def state(self) -> PrinterState:
        self._refuse_if_off()
        self._print()
        problems = (NO_PAPER,) if (self._folder / NO_PAPER).exists() else ()
        return PrinterState(problems, frozenset(self._waiting))

    def cancel(self, job: str) -> None:
        self._refuse_if_off()
        self._waiting.pop(job, None)

    def _print(self) -> None:
        if not (self._folder / NO_PAPER).exists():
            for name, pdf in self._waiting.values():
                (self._folder / name).write_bytes(pdf)
            self._waiting.clear()

    def _refuse_if_off(self) -> None:
        if not self._folder.is_dir() or (self._folder / OFFLINE).exists():
            raise PrintError(f"printer {self._folder}: it is switched off")
