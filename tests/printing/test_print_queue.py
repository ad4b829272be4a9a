"""Printing: jobs outlive restarts and printers that are off, and nothing is printed that must not be."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.archive.record import SubjectRecord
from capture_station.errors import PrintError, UnfitForPrint
from capture_station.printing.fake_printer import NO_PAPER, OFFLINE
from capture_station.release import ReleaseRule
from tests.printing.captures import ADA, BO, boxes_mm, rendered, take
from tests.printing.desk import Desk


def test_a_job_is_printed_and_forgotten(desk: Desk, archive: Archive) -> None:
    job = desk.queue.request([take(archive).id], copies=2)
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    (sheet,) = desk.printed()
    assert sheet.name == f"{job.id}-om_small-photo_100x150mm-2x.pdf"
    assert len(boxes_mm(rendered(sheet.read_bytes())[0])) == 9
    assert job.sheets == 2


def test_what_a_request_says_goes_before_the_settings(desk: Desk, archive: Archive) -> None:
    desk.queue.request([take(archive).id], paper="a4", size="45x60", each=2)
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    (sheet,) = desk.printed()
    assert "a4" in sheet.name
    assert len(boxes_mm(rendered(sheet.read_bytes())[0])) == 2


def test_a_job_outlives_a_printer_that_is_off_and_a_restart(desk: Desk, archive: Archive) -> None:
    (desk.tray / OFFLINE).touch()
    desk.queue.request([take(archive).id])
    with desk.running():
        desk.until(lambda: "switched off" in desk.queue.status().trouble)
    assert len(desk.queue.jobs()) == 1
    desk.restart()
    assert len(desk.queue.jobs()) == 1
    (desk.tray / OFFLINE).unlink()
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
        assert not desk.queue.status().trouble
    assert len(desk.printed()) == 1


def test_paper_that_runs_out_is_told_and_the_job_waits_for_it(desk: Desk, archive: Archive) -> None:
    (desk.tray / NO_PAPER).touch()
    desk.queue.request([take(archive).id])
    with desk.running():
        desk.until(lambda: desk.queue.status().problems == ("media-empty",))
        assert len(desk.queue.jobs()) == 1
        (desk.tray / NO_PAPER).unlink()
        desk.until(lambda: not desk.queue.jobs())
    assert len(desk.printed()) == 1


def test_a_cancelled_job_is_not_printed(desk: Desk, archive: Archive) -> None:
    (desk.tray / NO_PAPER).touch()
    job = desk.queue.request([take(archive).id])
    with desk.running():
        desk.until(lambda: bool(desk.printer.waiting))
        assert desk.queue.cancel(job.id)
        assert not desk.queue.jobs()
        desk.until(lambda: not desk.printer.waiting)
        (desk.tray / NO_PAPER).unlink()
    desk.restart()
    assert not desk.queue.jobs()
    assert not desk.printed()
    assert not desk.queue.cancel(job.id)


def test_a_capture_that_was_deleted_meanwhile_is_not_printed(desk: Desk, archive: Archive) -> None:
    record = take(archive)
    desk.queue.request([record.id])
    archive.remove(record.id)
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    assert not desk.printed()


@pytest.mark.parametrize("withdraw", [Archive.remove, partial(Archive.set_kept, kept=False)])
def test_a_sheet_that_waits_for_paper_is_cancelled_when_its_portrait_is_deleted_or_retaken(
    desk: Desk, archive: Archive, withdraw: Callable[[Archive, str], object]
) -> None:
    (desk.tray / NO_PAPER).touch()
    withdrawn, wanted = take(archive), take(archive, minutes=1)
    desk.queue.request([withdrawn.id])
    job = desk.queue.request([wanted.id])
    with desk.running():
        desk.until(lambda: desk.printer.sheets_taken == 2)
        withdraw(archive, withdrawn.id)
        desk.until(lambda: len(desk.printer.waiting) == 1)
        (desk.tray / NO_PAPER).unlink()
        desk.until(lambda: not desk.queue.jobs())
    assert [sheet.name.startswith(job.id) for sheet in desk.printed()] == [True]


@contextmanager
def unplugged(archive: Archive, left: str) -> Iterator[None]:
    """The archive's disk is away."""
    away = archive.folder.rename(archive.folder.with_name("unplugged"))
    if left == "an empty folder":
        archive.folder.mkdir()
    yield
    if left == "an empty folder":
        archive.folder.rmdir()
    away.rename(archive.folder)


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_a_sheet_stays_at_the_printer_while_the_archives_disk_is_away(desk: Desk, archive: Archive, left: str) -> None:
    (desk.tray / NO_PAPER).touch()
    job = desk.queue.request([take(archive).id])
    with desk.running():
        desk.until(lambda: desk.printer.sheets_taken == 1)
        with unplugged(archive, left):
            for _ in range(3):
                assert desk.printer.asked.acquire(timeout=30)
            assert desk.queue.jobs()
        (desk.tray / NO_PAPER).unlink()
        desk.until(lambda: not desk.queue.jobs())
    assert [sheet.name.startswith(job.id) for sheet in desk.printed()] == [True]


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_a_job_whose_turn_comes_while_the_archives_disk_is_away_waits_for_it(
    desk: Desk, archive: Archive, left: str
) -> None:
    job = desk.queue.request([take(archive).id])
    with unplugged(archive, left), desk.running():
        assert desk.printer.asked.acquire(timeout=30)
    assert desk.queue.jobs() == [job]
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    assert [sheet.name.startswith(job.id) for sheet in desk.printed()] == [True]


def test_a_portrait_that_was_not_kept_is_refused_at_once(desk: Desk, archive: Archive) -> None:
    record = take(archive)
    archive.set_kept(record.id, kept=False)
    with pytest.raises(PrintError, match="was not kept"):
        desk.queue.request([record.id])
    assert not desk.queue.jobs()


def test_what_export_leaves_out_is_refused_at_once_or_when_its_turn_comes(tmp_path: Path, archive: Archive) -> None:
    desk = Desk(tmp_path, archive, ReleaseRule(named_only=True, demo_too=False))
    for record, why in ((take(archive), "nobody said"), (take(archive, ADA, camera="demo"), "the demo camera")):
        with pytest.raises(PrintError, match=f"^{record.id} is not printed: {why}"):
            desk.queue.request([record.id])
    named = take(archive, ADA)
    desk.queue.request([named.id])
    archive.assign(named.id, None, "web")
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    assert not desk.printed()


def test_a_portrait_that_would_be_stretched_is_refused_at_once(desk: Desk, archive: Archive) -> None:
    uncropped, cropped = take(archive, size_wh=(1280, 720)).id, take(archive, minutes=1).id
    for wanted in ([uncropped], [cropped, uncropped]):
        with pytest.raises(UnfitForPrint, match=f"{uncropped} is not printed: it was saved uncropped"):
            desk.queue.request(wanted)
    assert not desk.queue.jobs()


@pytest.mark.parametrize("captures", [[], ["../../etc/passwd"], ["20260504-120000-000000-00000000"]])
def test_a_capture_that_is_none_is_refused(desk: Desk, captures: list[str]) -> None:
    with pytest.raises(PrintError):
        desk.queue.request(captures)


def test_the_days_limit_counts_sheets_also_after_a_restart(tmp_path: Path, archive: Archive) -> None:
    desk = Desk(tmp_path, archive, daily_limit=3)
    record = take(archive)
    first = desk.queue.request([record.id], copies=2)
    desk.restart()
    with pytest.raises(PrintError, match="limit of 3 sheets"):
        desk.queue.request([record.id], copies=2)
    desk.queue.cancel(first.id)
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
        desk.until(lambda: not list((tmp_path / "jobs").glob("*-*.json")))
    desk.queue.request([record.id], copies=3)


def test_a_foreign_file_among_the_jobs_does_not_stop_the_queue(desk: Desk, archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "jobs" / "20260504-120000-0123abcd.json").write_text("{")
    desk.restart()
    desk.queue.request([take(archive).id])
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    assert len(desk.printed()) == 1


def test_a_caption_that_a_corrected_name_cannot_fill_ends_its_job_only(
    tmp_path: Path, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(tmp_path, archive, caption="{name} {Class}")
    in_class = SubjectRecord(id=ADA.id, name=ADA.name, columns={"Class": "4b"})
    wrong, right = take(archive, in_class), take(archive, in_class, minutes=1)
    desk.queue.request([wrong.id])
    job = desk.queue.request([right.id])
    archive.assign(wrong.id, BO, "web")
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    assert [sheet.name.startswith(job.id) for sheet in desk.printed()] == [True]
    assert "a print job is dropped: the caption: there is no {Class}" in caplog.text


def test_a_job_that_is_cancelled_while_the_printer_finishes_it_does_not_end_the_queue(
    desk: Desk, archive: Archive
) -> None:
    record = take(archive)
    job = desk.queue.request([record.id])
    desk.printer.meanwhile = lambda: desk.queue.cancel(job.id)
    with desk.running():
        desk.until(lambda: bool(desk.printed()) and not desk.queue.jobs())
        desk.queue.request([record.id])
        desk.until(lambda: not desk.queue.jobs())
    assert len(desk.printed()) == 2


@pytest.mark.parametrize("disk", [FaultyDisk(1, errno.ENOSPC, "full"), FaultyDisk(1, errno.EROFS, "dead")])
def test_a_disk_that_cannot_be_written_is_told_and_no_sheet_is_printed_twice(
    desk: Desk, archive: Archive, disk: Disk
) -> None:
    (desk.tray / NO_PAPER).touch()
    desk.queue.request([take(archive).id])
    desk.restart(disk)
    with desk.running():
        desk.until(lambda: "print jobs cannot be kept here" in desk.queue.status().trouble)
        desk.until(lambda: desk.queue.status().problems == ("media-empty",))
        (desk.tray / NO_PAPER).unlink()
        desk.until(lambda: bool(desk.printed()))
    assert desk.printer.sheets_taken == 1


def test_what_could_not_be_written_once_is_written_later_and_not_printed_again_after_a_restart(
    desk: Desk, archive: Archive
) -> None:
    (desk.tray / NO_PAPER).touch()
    desk.queue.request([take(archive).id])
    desk.restart(FaultyDisk(1))
    with desk.running():
        desk.until(lambda: desk.queue.status().problems == ("media-empty",))
        desk.until(lambda: not desk.queue.status().trouble)
    assert desk.printer.sheets_taken == 1
    desk.restart()
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    assert desk.printer.sheets_taken == 0


def test_a_count_of_the_day_that_cannot_be_read_is_told_and_ends_no_queue(
    desk: Desk, archive: Archive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record = take(archive)
    job = desk.queue.request([record.id])
    (tmp_path / "jobs" / "today.json").unlink()
    (tmp_path / "jobs" / "today.json").mkdir()
    desk.queue.cancel(job.id)
    with desk.running():
        desk.until(lambda: "print jobs cannot be kept here" in caplog.text)
        with pytest.raises(PrintError, match="print jobs cannot be kept here"):
            desk.queue.request([record.id])
        (tmp_path / "jobs" / "today.json").rmdir()
        desk.queue.request([record.id])
        desk.until(lambda: not desk.queue.jobs())
    assert len(desk.printed()) == 1
