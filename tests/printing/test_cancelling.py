"""What is cancelled is not printed, whatever the printer answers and whenever the station restarts."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.errors import PrintError
from capture_station.printing.fake_printer import NO_PAPER, OFFLINE
from tests.printing.captures import take
from tests.printing.desk import Desk


@pytest.mark.parametrize("restarts", [False, True])
def test_a_sheet_is_cancelled_once_the_printer_answers_again(desk: Desk, archive: Archive, restarts: bool) -> None:
    (desk.tray / NO_PAPER).touch()
    job = desk.queue.request([take(archive).id])
    with desk.running():
        desk.until(lambda: bool(desk.printer.waiting))
        (desk.tray / OFFLINE).touch()
        desk.queue.cancel(job.id)
        desk.until(lambda: desk.printer.cancels_refused > 0)
        assert not desk.queue.jobs()
    if restarts:
        desk.restart(printer=desk.printer)
    (desk.tray / OFFLINE).unlink()
    with desk.running():
        desk.until(lambda: not desk.printer.waiting)
    (desk.tray / NO_PAPER).unlink()
    desk.printer.state()
    assert not desk.printed()


def test_a_job_that_was_cancelled_before_a_restart_is_not_printed(desk: Desk, archive: Archive, tmp_path: Path) -> None:
    job = desk.queue.request([take(archive).id])
    assert desk.queue.cancel(job.id)
    desk.restart()
    assert not desk.queue.jobs()
    with desk.running():
        desk.until(lambda: not (tmp_path / "jobs" / f"{job.id}.json").exists())
    assert not desk.printed()


def test_who_cancels_while_the_disk_is_full_is_told_and_nothing_is_printed(
    desk: Desk, archive: Archive, tmp_path: Path
) -> None:
    job = desk.queue.request([take(archive).id])
    desk.restart(FaultyDisk(1, errno.ENOSPC))
    with pytest.raises(PrintError, match="cannot be kept here"):
        desk.queue.cancel(job.id)
    with desk.running():
        desk.until(lambda: not (tmp_path / "jobs" / f"{job.id}.json").exists())
    assert not desk.printed()
