"""A print queue in its own thread, with a printer that tells when it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk
from capture_station.config import PrintingSettings
from capture_station.errors import PrintError
from capture_station.presets import shipped_presets
from capture_station.printing.fake_printer import FakePrinter
from capture_station.printing.print_queue import PrintQueue
from capture_station.printing.printer import PrinterState
from capture_station.release import ALL_KEPT, ReleaseRule
from tests.running import running


class WatchedPrinter(FakePrinter):
    """Says when it was asked, so that a test can wait for the queue; ``meanwhile`` happens before each answer."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked = threading.Semaphore(0)
        self.sheets_taken = self.cancels_refused = 0
        self.meanwhile: Callable[[], object] = lambda: None

    @property
    def waiting(self) -> list[str]:
        return list(self._waiting)

    def state(self) -> PrinterState:
        try:
            self.meanwhile()
            return super().state()
        finally:
            self.asked.release()

    def submit(self, pdf: bytes, title: str, copies: int, media: str) -> str:
        try:
            job = super().submit(pdf, title, copies, media)
            self.sheets_taken += copies
            return job
        except PrintError:
            self.asked.release()
            raise

    def cancel(self, job: str) -> None:
        try:
            super().cancel(job)
        except PrintError:
            self.cancels_refused += 1
            self.asked.release()
            raise


class Desk:
    """A queue, its printer and its folder; ``printed`` reads what came out."""

    def __init__(self, folder: Path, archive: Archive, rule: ReleaseRule = ALL_KEPT, **settings: object) -> None:
        self.tray = folder / "tray"
        self.tray.mkdir(exist_ok=True)
        self._folder = folder
        self._archive = archive
        self._rule = rule
        self._settings = PrintingSettings.model_validate({"printer": str(self.tray), "driver": "fake", **settings})
        self.restart()

    def restart(self, disk: Disk | None = None, printer: WatchedPrinter | None = None) -> None:
        self.printer = printer or WatchedPrinter(self.tray)
        self.queue = PrintQueue(
            self._settings,
            self.printer,
            self._archive.folder,
            shipped_presets().get,
            self._folder / "jobs",
            rule=self._rule,
            disk=disk,
        )

    def running(self) -> AbstractContextManager[None]:
        return running(self.queue.run)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds, looking whenever the queue has asked the printer."""
        while not condition():
            assert self.printer.asked.acquire(timeout=30), "the queue stands still"

    def printed(self) -> list[Path]:
        return sorted(self.tray.glob("*.pdf"))
