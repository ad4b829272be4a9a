"""Prints sheets one after another, and finishes them after a restart or when the printer is back.

A job is one small file in the queue's folder, written before it is confirmed and removed when the printer is done with
it. The sheet is made of the archive when its turn comes, so the folder holds no picture, and a capture that was deleted
meanwhile is not printed; a sheet that waits at the printer is cancelled there. One whose captions are not right any
more is cancelled there as well, and handed over anew. A station that crashes while it hands a sheet over prints this
sheet again; so does one that stops before it could write that the printer has it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from capture_station.archive import names
from capture_station.archive.disk import Disk, write_atomically
from capture_station.archive.mount_points import missing_mount
from capture_station.archive.record import Record, read_record
from capture_station.config import PrintingSettings
from capture_station.errors import PrintError, StationError
from capture_station.printing.printer import Printer, PrinterState
from capture_station.printing.sheet import (
    AUTO_CAPTION,
    FindName,
    FindPreset,
    NothingFits,
    SheetChoice,
    make_sheet,
    size_from_text,
)
from capture_station.release import ALL_KEPT, ReleaseRule
from capture_station.station.status import PrintingStatus

TICK_S = 0.25
POLL_S = 2.0
"""How often a printer with unfinished jobs is asked."""
IDLE_POLL_S = 15.0
RETRY_FIRST_S = 2.0
RETRY_LONGEST_S = 60.0
PRINTED_TODAY = "today.json"
_OUTDATED = "outdated"
"""``people`` in the file of a job whose sheet is being cancelled at the printer, to be handed over anew."""

log = logging.getLogger(__name__)


class PrintJob(BaseModel):
    """Captures to print, as the queue keeps them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    captures: tuple[str, ...]
    copies: int
    paper: str
    size: str
    each: int | None
    caption: str
    requested_at: datetime
    sheets: int
    """Pages times copies."""
    printer_job: str = ""
    """The printer's own name for it, once it has it."""
    people: str = ""
    """sha256 of whose the captures were when the printer got them; empty: no caption tells, or an old version."""
    cancelled: bool = False
    """It is not to be printed, and is kept only until the printer gives it up."""

    @property
    def choice(self) -> SheetChoice:
        return SheetChoice(self.paper, size_from_text(self.size), self.each, self.caption)


class _Today(BaseModel):
    day: date
    sheets: Annotated[int, Field(ge=0)] = 0


class PrintQueue:
    """Takes jobs in any thread; ``run`` belongs to one thread, which may wait for the printer.

    Args:
        settings: Section ``printing``, with a printer.
        printer: Takes the sheets.
        archive: The archive's folder.
        find_preset: Returns the preset of a name, or None if it is not known any more.
        folder: Where the jobs are kept; created if it is missing.
        find_name: Names in captions who came onto the roster after the picture.
        rule: Which portraits may be printed.
        disk: None for the real one.

    Raises:
        PrintError: The folder cannot be used.
    """

    def __init__(
        self,
        settings: PrintingSettings,
        printer: Printer,
        archive: Path,
        find_preset: FindPreset,
        folder: Path,
        find_name: FindName = lambda record: record,
        rule: ReleaseRule = ALL_KEPT,
        disk: Disk | None = None,
    ) -> None:
        self._settings = settings
        self._printer = printer
        self._archive = archive
        self._find_preset = find_preset
        self._folder = folder
        self._find_name = find_name
        self._rule = rule
        self._disk = disk or Disk()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._state = PrinterState()
        self._trouble = ""
        self._refused: set[str] = set()
        """Cancelled jobs that the printer did not give up when it was asked first."""
        self._unwritten: set[str] = set()
        """Jobs that the printer has, while their files do not say so."""
        with _explained(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._jobs = {job.id: job for job in self._read_jobs()}

    def request(
        self,
        captures: Sequence[str],
        copies: int = 1,
        paper: str | None = None,
        size: str | None = None,
        each: int | None = None,
    ) -> PrintJob:
        """Accept captures for printing; the job is durable when this returns. None means as in the settings.

        Args:
            captures: Ids, in the order of printing; may come from outside.
            copies: Of each sheet, at least one.
            paper: A name in ``PAPERS``.
            size: ``preset``, ``page``, or millimetres such as ``35x45``.
            each: Prints of each portrait on the sheets.

        Raises:
            UnfitForPrint: A capture has another shape or size than the sheet; no other one is printed either.
            NotReleased: A capture must not be printed.
            PrintError: A capture cannot be printed, or the day's limit is reached.
        """
        if not captures or not all(map(names.is_id, captures)):
            raise PrintError("name at least one capture of the archive")
        now = datetime.now().astimezone()
        job = PrintJob(
            id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}",
            captures=tuple(captures),
            copies=copies,
            paper=paper or self._settings.paper,
            size=size or self._settings.size,
            each=each or self._settings.each,
            caption=self._settings.caption,
            requested_at=now,
            sheets=copies,
        )
        # Made now as well, so that whoever asks learns what is wrong.
        sheet = make_sheet(self._folders(job), job.choice, self._find_preset, self._find_name, self._rule)
        if sheet.left_out:
            raise NothingFits(sheet.left_out)
        job = job.model_copy(update={"sheets": sheet.pages * copies})
        with self._lock:
            self._count(job.sheets)
            self._write(job)
            self._jobs[job.id] = job
        self._wake.set()
        return job

    def cancel(self, job_id: str) -> bool:
        """End a job that is not printed yet, durably; False if there is no such job.

        Raises:
            PrintError: It is cancelled, but that cannot be written: after a restart it would be printed.
        """
        with self._lock:
            if job_id not in self._jobs:
                return False
            job = self._jobs[job_id] = self._jobs[job_id].model_copy(update={"cancelled": True})
            self._wake.set()
            self._write(job)
        return True

    def jobs(self) -> list[PrintJob]:
        """Everything that is not printed yet, oldest first."""
        with self._lock:
            return [job for job in self._jobs.values() if not job.cancelled]

    def status(self) -> PrintingStatus:
        """The printer as it was when it was asked last, and how many jobs wait."""
        return PrintingStatus(len(self.jobs()), self._state.problems, self._trouble)

    def run(self, stop: threading.Event) -> None:
        """Print until the event is set."""
        delay_s, again_s = RETRY_FIRST_S, 0.0
        while not stop.wait(TICK_S):
            if not self._wake.is_set() and time.monotonic() < again_s:
                continue
            self._wake.clear()
            try:
                self._step()
                self._trouble, delay_s = "", RETRY_FIRST_S
                again_s = time.monotonic() + (POLL_S if self._jobs else IDLE_POLL_S)
            except PrintError as error:
                if str(error) != self._trouble:
                    log.warning("%s", error)
                self._trouble, again_s = str(error), time.monotonic() + delay_s
                delay_s = min(2 * delay_s, RETRY_LONGEST_S)

    def _step(self) -> None:
        """Hand waiting jobs over, forget finished ones.

        Raises:
            PrintError: The printer cannot be reached or refuses, or the folder cannot be written.
        """
        self._end_cancelled()
        for job in self.jobs():
            if not job.printer_job:
                self._hand_over(job)
        self._state = self._printer.state()
        for job in self._in_order():
            if not job.printer_job:
                continue
            gone = job.printer_job not in self._state.jobs
            if gone and (job.cancelled or job.people != _OUTDATED):
                self._forget(job)
                log.info("the printer is done with %d sheets", job.sheets)
            elif not gone and not job.cancelled and self._is_withdrawn(job):
                log.warning("a print job is cancelled: a portrait on it was deleted or is not wanted any more")
                self.cancel(job.id)
            elif not job.cancelled and (gone or (self._is_renamed(job) and self._is_taken_back(job))):
                log.info("a sheet is handed over again: a portrait on it was given to somebody else")
                self._change(job, printer_job="", people="")
                self._wake.set()
        self._write_handed()

    def _in_order(self) -> list[PrintJob]:
        with self._lock:
            return list(self._jobs.values())

    def _end_cancelled(self) -> None:
        for job in self._in_order():
            if job.cancelled and (not job.printer_job or self._is_given_up(job)):
                self._forget(job, counts=False)

    def _is_given_up(self, job: PrintJob) -> bool:
        """Cancel a job at the printer; False if the printer refuses."""
        try:
            self._printer.cancel(job.printer_job)
        except PrintError as error:
            # The printer may be done with it already; if it is only away, it is asked again.
            if job.id not in self._refused:
                log.warning("%s", error)
            self._refused.add(job.id)
            return False
        self._refused.discard(job.id)
        return True

    def _is_taken_back(self, job: PrintJob) -> bool:
        """Cancel at the printer what is handed over anew, also after a crash; False if the printer refuses."""
        if job.id not in self._refused:
            # A disk that cannot be written must not leave a wrong name at the printer.
            with self._lock, suppress(PrintError):
                self._write(self._jobs[job.id].model_copy(update={"people": _OUTDATED}))
        return self._is_given_up(job)

    def _hand_over(self, job: PrintJob) -> None:
        """Give a job's sheet to the printer; it waits while the archive's disk is away."""
        was_there = self._is_archive_there()
        people = self._people_on(job) or ""  # Before the sheet, so that no later correction is missed.
        try:
            sheet = make_sheet(self._folders(job), job.choice, self._find_preset, self._find_name, self._rule)
        except StationError as error:
            # Looked at twice: the disk may have gone or come back just now.
            if was_there and self._is_archive_there():
                log.warning("a print job is dropped: %s", error)
                self._forget(job, counts=False)
            return
        sent = self._printer.submit(sheet.pdf, f"capture-station {job.id}", job.copies, sheet.media)
        self._change(job, printer_job=sent, people=people)

    def _change(self, job: PrintJob, printer_job: str, people: str) -> None:
        """Keep whether and with which captions the printer has a job."""
        with self._lock:
            # Somebody may have cancelled it just now.
            self._jobs[job.id] = self._jobs[job.id].model_copy(update={"printer_job": printer_job, "people": people})
            self._unwritten.add(job.id)
        self._write_handed()

    def _write_handed(self) -> None:
        """Keep which jobs the printer has, so that a restart does not print them again."""
        with self._lock:
            for job_id in sorted(self._unwritten):
                self._write(self._jobs[job_id])
                self._unwritten.discard(job_id)

    def _is_withdrawn(self, job: PrintJob) -> bool:
        """Whether a capture was deleted, or must not be printed any more."""
        for folder in self._folders(job):
            record = read_record(folder)
            if isinstance(record, Record) and self._rule.left_out_as(record):
                return True
            # Looked at again: its disk may have come back just now.
            if not os.path.lexists(folder) and self._is_archive_there() and not os.path.lexists(folder):
                return True
        return False

    def _is_renamed(self, job: PrintJob) -> bool:
        """Whether the printer's sheet has another caption than one that is made now."""
        return bool(job.people) and self._people_on(job) not in (None, job.people)

    def _people_on(self, job: PrintJob) -> str | None:
        """``PrintJob.people`` as it is now; None if a record cannot be read."""
        if not job.caption or (job.caption == AUTO_CAPTION and len(job.captures) == 1):
            return ""
        records = [read_record(folder) for folder in self._folders(job)]
        people = [one.subject for one in records if isinstance(one, Record)]
        if len(people) < len(records):
            return None
        return hashlib.sha256(repr(people).encode()).hexdigest()

    def _is_archive_there(self) -> bool:
        """Whether the archive's disk is there, so that a capture that is not found is gone."""
        try:
            return bool(os.listdir(self._archive)) and not missing_mount(self._archive)
        except OSError:
            return False

    def _folders(self, job: PrintJob) -> list[Path]:
        return [names.folder_of(self._archive, capture) for capture in job.captures]

    def _forget(self, job: PrintJob, counts: bool = True) -> None:
        """Remove a job; ``counts``: its sheets still count towards the day's."""
        with self._lock:
            with _explained(self._folder), suppress(FileNotFoundError):
                self._disk.remove_file(self._folder / f"{job.id}.json")
            self._jobs.pop(job.id, None)
            self._refused.discard(job.id)
            self._unwritten.discard(job.id)
            if not counts:
                self._count(-job.sheets)

    def _count(self, sheets: int) -> None:
        """Add to the day's sheets.

        Raises:
            PrintError: They would be more than the limit, or cannot be read or written.
        """
        path, today = self._folder / PRINTED_TODAY, date.today()
        counted = _Today(day=today)
        with _explained(self._folder), suppress(FileNotFoundError, ValidationError):
            counted = _Today.model_validate_json(path.read_bytes())
        before = counted.sheets if counted.day == today else 0
        limit = self._settings.daily_limit
        if sheets > 0 and limit is not None and before + sheets > limit:
            raise PrintError(f"today's limit of {limit} sheets would be passed: {before} are printed or waiting")
        self._save(PRINTED_TODAY, _Today(day=today, sheets=max(0, before + sheets)))

    def _write(self, job: PrintJob) -> None:
        self._save(f"{job.id}.json", job)

    def _save(self, name: str, value: BaseModel) -> None:
        with _explained(self._folder):
            write_atomically(self._disk, self._folder / name, value.model_dump_json().encode())

    def _read_jobs(self) -> list[PrintJob]:
        jobs = []
        for path in sorted(self._folder.glob("????????-??????-????????.json")):
            try:
                jobs.append(PrintJob.model_validate_json(path.read_bytes()))
            except ValidationError as error:
                log.warning("%s is no print job and is left alone: %s", path, error.errors(include_url=False)[0]["msg"])
        return jobs


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Raises PrintError for an OSError."""
    try:
        yield
    except OSError as error:
        raise PrintError(f"{folder}: print jobs cannot be kept here: {error.strerror}") from error
