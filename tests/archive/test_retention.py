"""Captures are removed when their time is over and not before, whatever the clock and the disk do."""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.capture_ages import ClockReading
from capture_station.archive.disk import Disk
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.archive.names import RECORD, UPLOADED
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.retention import Retention
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.archive.verification import problems
from capture_station.commands import run
from capture_station.config import ArchiveSettings, StationSettings, UploadSettings
from capture_station.errors import ArchiveError
from capture_station.reports.session import read_session
from capture_station.reports.writing import write_report

ORIGINAL, PORTRAIT = sample_pictures((32, 24))
NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
Lasting = Literal["once", "dead"]
Verdict = Literal["ok", "review"]
Save = Callable[..., str]
GO_ON = threading.Event()


class Clock:
    """The clocks of a machine that stays on; tests advance them."""

    def __init__(self) -> None:
        self.now = ClockReading("boot", 0.0, 0.0, synchronised=False)

    def __call__(self) -> ClockReading:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now = replace(self.now, uptime_s=self.now.uptime_s + days * 86400)


@pytest.fixture
def settings(tmp_path: Path) -> ArchiveSettings:
    return ArchiveSettings(folder=tmp_path / "archive", keep_days=30, keep_retaken_days=2, keep_free_bytes=0)


@pytest.fixture
def archive(settings: ArchiveSettings) -> Iterator[Archive]:
    opened = Archive.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def save(archive: Archive) -> Save:
    def one(taken_at: datetime = NOW) -> str:
        return archive.save(ORIGINAL, PORTRAIT, taken_at, SAMPLE_CIRCUMSTANCES).id

    return one


def test_kept_and_retaken_captures_have_their_own_limits(archive: Archive, clock: Clock, save: Save) -> None:
    kept, retaken = save(), save()
    archive.set_kept(retaken, kept=False)
    for days, left in ((0, {kept, retaken}), (1.9, {kept, retaken}), (0.2, {kept}), (27.8, {kept}), (0.2, set())):
        clock.pass_days(days)
        Retention(archive, clock).apply(GO_ON)
        assert set(archive.ids()) == left


def test_retaken_captures_may_stay_longer_than_kept_ones(
    archive: Archive, clock: Clock, save: Save, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    patient = Archive.open(archive.settings.model_copy(update={"keep_days": 1, "keep_retaken_days": 30}))
    retaken, kept = save(), save()
    archive.set_kept(retaken, kept=False)
    for days, left in ((0, {kept, retaken}), (2, {retaken}), (27, {retaken}), (1.5, set())):
        clock.pass_days(days)
        Retention(patient, clock).apply(GO_ON)
        assert set(archive.ids()) == left
    patient.close()
    assert caplog.messages == [
        f"removed capture {kept}: kept 2.0 days",
        f"removed capture {retaken}: retaken 30.5 days",
    ]


def test_a_doubtful_portrait_is_no_retaken_one_until_the_person_has_a_newer_one(
    archive: Archive, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def save(day: int, subject: str | None, verdict: Verdict = "review", by: str = "webcam") -> str:
        portrait = replace(PORTRAIT, measures=replace(PORTRAIT.measures, verdict=verdict))
        circumstances = SAMPLE_CIRCUMSTANCES.model_copy(
            update={
                "subject": None if subject is None else SubjectRecord(id=subject),
                "camera": SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": by}),
            }
        )
        with archive.begin(ORIGINAL, NOW + timedelta(days=day)) as pending:
            return pending.finish(portrait, circumstances, kept=verdict == "ok").id

    adas = [save(0, "ada"), save(1, "ada", "ok"), save(2, "ada")]
    bos = [save(0, "bo"), save(1, "bo", "ok", by="demo")]  # The demo camera stood in.
    nobodys, retaken = save(0, None), save(0, None)
    archive.set_kept(retaken, kept=False)
    Retention(archive, clock).apply(GO_ON)
    clock.pass_days(3)
    Retention(archive, clock).apply(GO_ON)
    assert set(archive.ids()) == {*adas[1:], *bos, nobodys}
    clock.pass_days(28)
    Retention(archive, clock).apply(GO_ON)
    assert not list(archive.ids())
    assert f"removed capture {retaken}: retaken 3.0 days" in caplog.messages
    assert f"removed capture {nobodys}: undecided 31.0 days" in caplog.messages


def test_a_disk_that_drops_off_is_reported_and_loses_no_counted_time(
    archive: Archive, clock: Clock, save: Save, caplog: pytest.LogCaptureFixture
) -> None:
    capture_id = save()
    retention = Retention(archive, clock)
    retention.apply(GO_ON)
    away = archive.folder.with_name("disk")
    archive.folder.rename(away)
    clock.pass_days(20)
    retention.apply(GO_ON)
    assert len(caplog.messages) == 1
    assert not archive.folder.exists()
    away.rename(archive.folder)
    clock.pass_days(9)
    retention.apply(GO_ON)
    assert list(archive.ids()) == [capture_id]
    clock.pass_days(2)
    retention.apply(GO_ON)
    assert not list(archive.ids())


def test_dates_do_not_decide_what_is_removed(archive: Archive, clock: Clock, save: Save) -> None:
    dates = [NOW, NOW.replace(year=1970), NOW.replace(year=2060)]
    ids = {save(taken_at) for taken_at in dates}
    for wall_s in (0.0, 4e9, 1.7e9):
        clock.now = replace(clock.now, wall_s=wall_s)
        Retention(archive, clock).apply(GO_ON)
        assert set(archive.ids()) == ids


def test_each_removal_is_one_log_line_without_personal_data(
    archive: Archive, clock: Clock, save: Save, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ids = sorted([save(), save()])
    Retention(archive, clock).apply(GO_ON)
    clock.pass_days(31)
    Retention(archive, clock).apply(GO_ON)
    assert sorted(caplog.messages) == [f"removed capture {capture_id}: kept 31.0 days" for capture_id in ids]


def test_reports_go_with_the_captures_that_they_show(archive: Archive, clock: Clock, save: Save) -> None:
    old = save()
    Retention(archive, clock).apply(GO_ON)
    clock.pass_days(31)
    young = save(NOW + timedelta(days=31))
    for folder in (archive.folder, archive.folder_of(old).parent, archive.folder_of(young).parent):
        write_report(read_session(folder), folder, "en")
    Retention(archive, clock).apply(GO_ON)
    assert list(archive.ids()) == [young]
    left = {path.parent for path in archive.folder.rglob("report.*")}
    assert left == {archive.folder_of(young).parent}


def test_a_report_that_cannot_be_removed_keeps_no_capture(
    archive: Archive, clock: Clock, save: Save, caplog: pytest.LogCaptureFixture
) -> None:
    old = save()
    Retention(archive, clock).apply(GO_ON)
    clock.pass_days(31)
    (archive.folder / "report.html").symlink_to("/proc/self/mem")  # A file that cannot be read, by root either.
    Retention(archive, clock).apply(GO_ON)
    assert archive.find(old) is None
    assert [f"{archive.folder}: the report could not be removed" in line for line in caplog.messages] == [True]


def test_captures_stay_forever_by_default(archive: Archive, clock: Clock, save: Save) -> None:
    assert ArchiveSettings().keep_days is None
    only_retakes = Archive.open(archive.settings.model_copy(update={"keep_days": None}))
    kept, retaken = save(), save()
    archive.set_kept(retaken, kept=False)
    Retention(only_retakes, clock).apply(GO_ON)
    clock.pass_days(10000)
    Retention(only_retakes, clock).apply(GO_ON)
    only_retakes.close()
    assert list(archive.ids()) == [kept]


def test_a_kept_capture_stays_until_it_is_uploaded(
    archive: Archive, clock: Clock, save: Save, caplog: pytest.LogCaptureFixture
) -> None:
    uploaded, waiting, damaged, retaken = (save() for _ in range(4))
    demo = SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": "demo"})
    archive.save(ORIGINAL, PORTRAIT, NOW, SAMPLE_CIRCUMSTANCES.model_copy(update={"camera": demo}))
    archive.add_marker(uploaded, UPLOADED)
    (archive.folder_of(damaged) / RECORD).write_text("{")
    archive.set_kept(retaken, kept=False)
    retention = Retention(archive, clock, after_upload=True)
    retention.apply(GO_ON)
    clock.pass_days(31)
    for _ in range(2):
        caplog.clear()
        retention.apply(GO_ON)
        assert set(archive.ids()) == {waiting, damaged}
        assert caplog.messages == ["2 captures are past their time but stay because they are not uploaded yet"]
    archive.add_marker(waiting, UPLOADED)
    retention.apply(GO_ON)
    assert set(archive.ids()) == {damaged}


@pytest.mark.parametrize("url", ["", "/mnt/nas/booth"])
def test_a_station_without_an_upload_target_does_not_wait_for_uploads(
    archive: Archive, clock: Clock, save: Save, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In a container of systemd's, the first service would be the one that notifies it.
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    looking = Retention(Archive(archive.settings.model_copy(update={"keep_days": None}), Disk()), clock)
    waiting, uploaded = save(NOW), save(NOW + timedelta(days=1))
    archive.add_marker(uploaded, UPLOADED)
    looking.apply(GO_ON)
    clock.pass_days(31)
    looking.apply(GO_ON)
    station = SimpleNamespace(closing=threading.Event(), archive=archive)
    tick = threading.Event()
    settings = StationSettings(archive=archive.settings, upload=UploadSettings(url=url))
    with run.BackgroundServices(station.closing) as services:
        services.start(next(run.background_services(station, settings)))
        # Captures of one age are removed oldest first, so the other one has already been examined.
        while archive.find(uploaded) and not station.closing.is_set():
            tick.wait(0.01)
    assert set(archive.ids()) == ({waiting} if url else set())


class FullDisk(Disk):
    """A disk to which no byte can be written, but on which names can be created, changed and removed."""

    def write(self, descriptor: int, data: memoryview) -> int:  # noqa: ARG002
        raise OSError(errno.ENOSPC, "No space left on device")


def test_captures_are_removed_from_a_full_disk(
    settings: ArchiveSettings, archive: Archive, clock: Clock, save: Save
) -> None:
    save()
    Retention(archive, clock).apply(GO_ON)
    clock.pass_days(31)
    full = Archive.open(settings, FullDisk())
    Retention(full, clock).apply(GO_ON)
    full.close()
    assert not list(archive.ids())


@pytest.mark.parametrize("lasting", ["once", "dead"])
def test_no_young_capture_is_lost_on_a_failing_disk(
    settings: ArchiveSettings,
    archive: Archive,
    clock: Clock,
    save: Save,
    lasting: Literal["once", "dead"],
) -> None:
    old = save()
    Retention(archive, clock).apply(GO_ON)
    clock.pass_days(31)
    young = save()
    fail_at, disk = 0, FaultyDisk()
    while fail_at <= len(disk.calls):
        fail_at += 1
        disk = FaultyDisk(fail_at, errno.EIO, lasting)
        with contextlib.suppress(ArchiveError):
            failing = Archive.open(settings, disk)
            Retention(failing, clock).apply(GO_ON)
            failing.close()
        found = archive.find(young)
        assert isinstance(found, Record)
        assert not any(problems([archive.folder_of(found.id)]))
    assert fail_at > 10
    assert archive.find(old) is None


def test_the_counted_time_is_saved_at_the_stop(archive: Archive, clock: Clock, save: Save) -> None:
    capture_id = save()
    stop = threading.Event()
    looked = threading.Event()

    def now() -> ClockReading:
        looked.set()
        return clock()

    thread = threading.Thread(target=Retention(archive, now).run, args=(stop,))
    thread.start()
    assert looked.wait(20)
    clock.pass_days(29)
    stop.set()
    thread.join(20)
    clock.pass_days(2)
    Retention(archive, clock).apply(GO_ON)
    assert archive.find(capture_id) is None
