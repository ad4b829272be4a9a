"""A sheet that waits at the printer never keeps the name that a portrait had before it was given to somebody else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.printing.fake_printer import NO_PAPER
from tests.printing.captures import ADA, BO, take, texts
from tests.printing.desk import Desk, WatchedPrinter

CY = SubjectRecord(id="20419", name="Cy")


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("caption", ["{name}", "auto"])
def test_a_sheet_that_waits_for_paper_gets_the_name_of_who_the_portrait_was_given_to(
    tmp_path: Path, archive: Archive, caption: str, restarts: bool
) -> None:
    desk = Desk(tmp_path, archive, caption=caption)
    (desk.tray / NO_PAPER).touch()
    wrong, right = take(archive, ADA), take(archive, CY, minutes=1)
    job = desk.queue.request([wrong.id, right.id], each=1)
    with desk.running():
        desk.until(lambda: desk.printer.sheets_taken == 1)
    if restarts:
        desk.restart(printer=desk.printer)
    with desk.running():
        archive.assign(wrong.id, BO, "web")
        desk.until(lambda: desk.printer.sheets_taken == 2)
        assert len(desk.printer.waiting) == 1
        assert [one.id for one in desk.queue.jobs()] == [job.id]
        (desk.tray / NO_PAPER).unlink()
        desk.until(lambda: not desk.queue.jobs())
    (sheet,) = desk.printed()
    assert " ".join(texts(sheet.read_bytes())[0].split()) == "Bo Cy"


class CutOffPrinter(WatchedPrinter):
    """Keeps what a power cut leaves of the jobs right after a sheet is cancelled."""

    def cancel(self, job: str) -> None:
        super().cancel(job)
        jobs = self._folder.parent / "jobs"
        shutil.copytree(jobs, jobs.with_name("cut off"))


def test_a_sheet_with_a_corrected_name_is_printed_also_after_a_power_cut_between_the_old_and_the_new_one(
    tmp_path: Path, archive: Archive
) -> None:
    desk = Desk(tmp_path, archive, caption="{name}")
    desk.restart(printer=CutOffPrinter(desk.tray))
    (desk.tray / NO_PAPER).touch()
    wrong = take(archive, ADA)
    desk.queue.request([wrong.id], each=1)
    with desk.running():
        desk.until(lambda: desk.printer.sheets_taken == 1)
        archive.assign(wrong.id, BO, "web")
        desk.until(lambda: desk.printer.sheets_taken == 2)
    shutil.rmtree(tmp_path / "jobs")
    (tmp_path / "cut off").rename(tmp_path / "jobs")
    desk.restart()
    (desk.tray / NO_PAPER).unlink()
    with desk.running():
        desk.until(lambda: not desk.queue.jobs())
    (sheet,) = desk.printed()
    assert " ".join(texts(sheet.read_bytes())[0].split()) == "Bo"


@pytest.mark.parametrize("caption", ["", "auto"])
def test_a_sheet_without_a_caption_is_not_handed_over_again(tmp_path: Path, archive: Archive, caption: str) -> None:
    desk = Desk(tmp_path, archive, caption=caption)
    (desk.tray / NO_PAPER).touch()
    wrong = take(archive, ADA)
    desk.queue.request([wrong.id])
    with desk.running():
        desk.until(lambda: desk.printer.sheets_taken == 1)
        archive.assign(wrong.id, BO, "web")
        for _ in range(3):
            assert desk.printer.asked.acquire(timeout=30)
    assert desk.printer.sheets_taken == 1


def test_a_job_that_an_older_version_handed_over_is_read(desk: Desk, archive: Archive, tmp_path: Path) -> None:
    job = desk.queue.request([take(archive, ADA).id])
    file = tmp_path / "jobs" / f"{job.id}.json"
    values = json.loads(file.read_bytes())
    del values["people"]
    file.write_text(json.dumps(values))
    desk.restart()
    assert desk.queue.jobs() == [job]
