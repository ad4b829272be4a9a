"""Every kept capture reaches the upload target, whatever stops, dies or is retaken in between."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.archive.record import Record, Role
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES
from capture_station.archive.verification import problems
from capture_station.config import ArchiveSettings
from capture_station.errors import ConfigError
from capture_station.upload import queue
from capture_station.upload.queue import FAILURES_A_ROUND, UploadQueue
from capture_station.upload.target import Target
from tests.upload.uploading import (
    ADA,
    NOON,
    ORIGINAL,
    PATIENCE_S,
    PORTRAIT,
    OneAtATime,
    arrived,
    eventually,
    running,
    save,
    to,
    upload_all,
)

PROCESSES = multiprocessing.get_context("forkserver")


def test_a_portrait_is_uploaded_under_its_name(archive: Archive, elsewhere: Path) -> None:
    record = save(archive)
    upload_all(archive, to(elsewhere))
    copy = elsewhere / "2026-05-04" / record.id / f"{record.id}-portrait.jpg"
    assert copy.read_bytes() == archive.path(record, "portrait").read_bytes()
    assert arrived(elsewhere) == {copy.name}
    assert not any(problems([archive.folder_of(record.id)]))


def test_all_configured_files_are_uploaded(archive: Archive, elsewhere: Path) -> None:
    record = save(archive)
    upload_all(archive, to(elsewhere, files=["original", "portrait", "matte", "record"]))
    assert arrived(elsewhere) == {"record.json", *(file.name for file in record.files)}


def test_captures_taken_later_are_uploaded(archive: Archive, elsewhere: Path) -> None:
    captures = [0]
    with running(archive, to(elsewhere), lambda: captures[0]):
        for _ in range(3):
            save(archive)
            captures[0] += 1
            eventually(lambda: len(arrived(elsewhere)) == captures[0])


def test_an_uploaded_capture_is_not_sent_again_after_a_restart(archive: Archive, elsewhere: Path) -> None:
    first = save(archive)
    upload_all(archive, to(elsewhere))
    (elsewhere / "2026-05-04" / first.id / first.file("portrait").name).unlink()
    second = save(archive)
    upload_all(archive, to(elsewhere))
    assert arrived(elsewhere) == {second.file("portrait").name}


def test_a_retaken_capture_is_not_uploaded(archive: Archive, elsewhere: Path) -> None:
    retaken = save(archive)
    archive.set_kept(retaken.id, kept=False)
    kept = save(archive)
    with running(archive, to(elsewhere), lambda: 0):
        eventually(lambda: arrived(elsewhere) == {kept.file("portrait").name})
    assert not (archive.folder_of(retaken.id) / "uploaded").exists()


def test_a_capture_stays_here_until_its_retake_is_decided(archive: Archive, elsewhere: Path) -> None:
    asked = save(archive)
    other = save(archive, NOON + timedelta(days=1))
    undecided = {asked.id}
    with running(archive, to(elsewhere), lambda: 0, undecided=lambda capture_id: capture_id in undecided):
        eventually(lambda: arrived(elsewhere) == {other.file("portrait").name})
        undecided.clear()
        eventually(lambda: arrived(elsewhere) == {one.file("portrait").name for one in (asked, other)})


def test_demo_captures_are_uploaded_only_if_the_demo_is_configured(archive: Archive, elsewhere: Path) -> None:
    demo = SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": "demo"})
    nobody = archive.save(ORIGINAL, PORTRAIT, NOON, SAMPLE_CIRCUMSTANCES.model_copy(update={"camera": demo}))
    somebody = save(archive, NOON + timedelta(days=1))
    with running(archive, to(elsewhere), lambda: 0):
        eventually(lambda: arrived(elsewhere) == {somebody.file("portrait").name})
    assert not (archive.folder_of(nobody.id) / "uploaded").exists()
    upload_all(archive, to(elsewhere, camera="demo"))
    assert arrived(elsewhere) == {record.file("portrait").name for record in (nobody, somebody)}


def test_where_names_are_required_a_nameless_capture_is_uploaded_once_somebody_says_whose_it_is(
    archive: Archive, elsewhere: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nobodys, mistaken = save(archive), save(archive, NOON + timedelta(minutes=1), ADA)
    archive.assign(mistaken.id, None, "window")
    adas = save(archive, NOON - timedelta(days=1), ADA)
    with running(archive, to(elsewhere, mode="required"), lambda: 0):
        eventually(lambda: "2 portraits are not uploaded before somebody says on the page whose" in caplog.text)
        eventually(lambda: arrived(elsewhere) == {adas.file("portrait").name})
        archive.assign(nobodys.id, ADA, "web")
        eventually(lambda: (archive.folder_of(nobodys.id) / "uploaded").exists())
    assert arrived(elsewhere) == {record.file("portrait").name for record in (adas, nobodys)}
    assert len(caplog.messages) == 1
    upload_all(archive, to(elsewhere, mode="optional"))
    assert mistaken.file("portrait").name in arrived(elsewhere)


@pytest.mark.parametrize("waiting", [{"after_s": 3600}, {"review_s": 120}])
def test_the_upload_waits_until_a_retake_is_no_longer_possible(
    archive: Archive, elsewhere: Path, waiting: dict[str, float]
) -> None:
    save(archive)
    asked = threading.Semaphore(0)

    def captures() -> int:
        asked.release()
        return 0

    with running(archive, to(elsewhere, **waiting), captures):
        for _ in range(3):
            assert asked.acquire(timeout=PATIENCE_S)
    assert not arrived(elsewhere)


def test_a_missing_folder_is_not_created_and_gets_everything_once_it_is_back(
    archive: Archive, elsewhere: Path, caplog: pytest.LogCaptureFixture
) -> None:
    records = [save(archive) for _ in range(5)]
    elsewhere.rmdir()
    with running(archive, to(elsewhere / "booth"), lambda: 0):
        eventually(lambda: len(caplog.messages) >= 4)
        assert not elsewhere.exists()
        assert not any((archive.folder_of(record.id) / "uploaded").exists() for record in records)
        (elsewhere / "booth").mkdir(parents=True)
        eventually(lambda: arrived(elsewhere) == {record.file("portrait").name for record in records})
    why = f"upload.url: {elsewhere}/booth does not exist: create the folder, or mount its disk"
    assert caplog.messages[:4] == [f"upload failed, next try in {s} s: {why}" for s in (0.02, 0.04, 0.08, 0.1)]


def test_the_queue_waits_for_an_unmounted_archive(
    archive: Archive, elsewhere: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record = save(archive)
    away = archive.folder.rename(archive.folder.with_name("stick"))
    with running(archive, to(elsewhere), lambda: 0):
        eventually(lambda: len(caplog.messages) >= 2)
        away.rename(archive.folder)
        eventually(lambda: arrived(elsewhere) == {record.file("portrait").name})
    assert f"{archive.folder}: portraits cannot be read here" in caplog.text


def test_uploads_continue_when_the_archives_disk_is_back(
    archive: Archive, elsewhere: Path, caplog: pytest.LogCaptureFixture
) -> None:
    records = [save(archive)]
    with running(archive, to(elsewhere), lambda: len(records)):
        eventually(lambda: len(arrived(elsewhere)) == 1)
        away = archive.folder.with_name("disk")
        archive.folder.rename(away)
        records.append(records[0])
        eventually(lambda: bool(caplog.messages))
        assert not archive.folder.exists()
        away.rename(archive.folder)
        records.append(save(archive))
        eventually(lambda: arrived(elsewhere) == {record.file("portrait").name for record in records})
    assert "check the disk" in caplog.messages[0]


def test_a_capture_with_a_missing_file_is_reported_once_and_delays_no_other(
    archive: Archive, elsewhere: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = save(archive)
    archive.path(bad, "portrait").unlink()
    good: list[Record] = []
    with running(archive, to(elsewhere, retry_first_s=3600, retry_longest_s=3600), lambda: len(good)):
        for _ in range(3):
            good.append(save(archive))
            eventually(lambda: arrived(elsewhere) == {record.file("portrait").name for record in good})
        eventually(lambda: bool(caplog.messages))  # It is tried after the newer ones.
    assert caplog.messages == [f"{bad.id} is not uploaded: {bad.file('portrait').name} is missing"]


@pytest.mark.parametrize("role", ["original", "portrait"])
@pytest.mark.parametrize("data", [b"", b"cut", None])
def test_a_damaged_capture_is_reported_once_and_neither_uploaded_nor_marked(
    archive: Archive, elsewhere: Path, caplog: pytest.LogCaptureFixture, role: Role, data: bytes | None
) -> None:
    bad, good = save(archive), [save(archive, NOON + timedelta(days=1))]
    path = archive.path(bad, role)
    saved = path.read_bytes()
    path.write_bytes(saved[:-9] + bytes([saved[-9] ^ 1]) + saved[-8:] if data is None else data)
    with running(archive, to(elsewhere, files=["original", "portrait"]), lambda: len(good)):
        eventually(lambda: bool(caplog.messages))
        good.append(save(archive))
        eventually(lambda: arrived(elsewhere) == {name for one in good for name in names_of(one)})
    assert caplog.messages == [f"{bad.id} is not uploaded: {path.name} is damaged: it is no longer what was saved"]
    assert not (archive.folder_of(bad.id) / "uploaded").exists()


def names_of(record: Record) -> set[str]:
    return {file.name for file in record.files if file.role != "matte"}


def test_a_symlink_in_a_capture_is_not_uploaded(archive: Archive, elsewhere: Path, tmp_path: Path) -> None:
    record, good = save(archive), save(archive, NOON + timedelta(days=1))
    portrait = archive.path(record, "portrait")
    portrait.symlink_to(portrait.rename(tmp_path / "secret"))
    with running(archive, to(elsewhere), lambda: 0):
        eventually(lambda: arrived(elsewhere) == {good.file("portrait").name})
    assert not (archive.folder_of(record.id) / "uploaded").exists()


def test_a_capture_taken_during_a_backlog_is_uploaded_before_the_rest_of_it(
    archive: Archive, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backlog = [save(archive, NOON + timedelta(minutes=minute)) for minute in range(20)]
    slow = OneAtATime()
    monkeypatch.setattr(queue, "Target", lambda url: Target(url, slow))
    captures = [0]
    with running(archive, to(elsewhere), lambda: captures[0]):
        for _ in range(3):
            assert slow.waiting.acquire(timeout=PATIENCE_S)
            slow.passes.release()
        assert slow.waiting.acquire(timeout=PATIENCE_S)
        new = save(archive, NOON + timedelta(days=1))
        captures[0] += 1
        for _ in range(2):
            slow.passes.release()
            assert slow.waiting.acquire(timeout=PATIENCE_S)
        assert arrived(elsewhere) == {one.file("portrait").name for one in (new, *backlog[-4:])}
        slow.passes.release(len(backlog))
        eventually(lambda: len(arrived(elsewhere)) == len(backlog) + 1)


def test_captures_that_are_not_for_others_are_read_only_once(archive: Archive, elsewhere: Path) -> None:
    retaken = [save(archive) for _ in range(3)]
    for record in retaken:
        archive.set_kept(record.id, kept=False)
        for path in (archive.folder_of(record.id), archive.folder_of(record.id) / "record.json"):
            os.utime(path, ns=(0, 10**18))
    first = save(archive)
    upload_first = [first.id]
    with running(archive, to(elsewhere), lambda: len(upload_first)):
        eventually(lambda: (archive.folder_of(first.id) / "uploaded").exists())
    assert set(archive.not_uploaded(demo_too=False)) == set()
    archive.set_kept(retaken[0].id, kept=True)
    upload_all(archive.__class__(archive.settings, Disk()), to(elsewhere), but={record.id for record in retaken[1:]})


@pytest.mark.parametrize("place", ["archive", "archive/2026-05-04", "archive/new/folder", ".", "link", "link/inner"])
def test_a_target_that_mixes_with_the_archive_is_refused(archive: Archive, tmp_path: Path, place: str) -> None:
    save(archive)
    (tmp_path / "link").symlink_to(archive.folder)
    for url in (str(tmp_path / place), f"file://{tmp_path / place}"):
        with pytest.raises(ConfigError, match=r"^upload\.url: .*; choose a folder outside of it$") as refused:
            UploadQueue(archive, to(url), lambda: 0)
        assert "\n" not in str(refused.value)


def test_a_capture_that_fails_delays_neither_others_nor_later_ones(archive: Archive, elsewhere: Path) -> None:
    bad, good = save(archive), [save(archive, NOON + timedelta(days=1))]
    # The folder of its day cannot be created.
    obstacle = elsewhere / "2026-05-04"
    obstacle.touch()
    with running(archive, to(elsewhere, retry_first_s=3600, retry_longest_s=3600), lambda: len(good)):
        for _ in range(3):
            eventually(
                lambda: arrived(elsewhere) - {obstacle.name} == {record.file("portrait").name for record in good}
            )
            good.append(save(archive, NOON + timedelta(days=1)))
        obstacle.unlink()
        # A success shows that the target works, so the capture that failed is tried again.
        good.append(save(archive, NOON + timedelta(days=1)))
        eventually(lambda: arrived(elsewhere) == {record.file("portrait").name for record in (bad, *good)})


def test_many_failing_captures_do_not_delay_the_rest(archive: Archive, elsewhere: Path) -> None:
    for _ in range(2 * FAILURES_A_ROUND + 1):
        save(archive)
    (elsewhere / "2026-05-04").touch()
    good = save(archive, NOON + timedelta(days=1))
    with running(archive, to(elsewhere), lambda: 0):
        eventually(lambda: good.file("portrait").name in arrived(elsewhere))


def test_a_disk_too_full_for_markers_does_not_cause_a_second_upload(archive: Archive, elsewhere: Path) -> None:
    records = [save(archive) for _ in range(2)]
    full = Archive.open(archive.settings, FaultyDisk(fail_at=1, lasting="full"))
    names = {record.file("portrait").name for record in records}
    captures = [0]
    with running(full, to(elsewhere), lambda: captures[0]):
        eventually(lambda: arrived(elsewhere) == names)
        gone = next(elsewhere.rglob("*.jpg"))
        gone.unlink()
        third = save(archive)
        captures[0] += 1
        eventually(lambda: third.file("portrait").name in arrived(elsewhere))
    full.close()
    assert gone.name not in arrived(elsewhere)


def test_the_marker_is_removed_with_its_capture(archive: Archive, elsewhere: Path) -> None:
    record = save(archive)
    upload_all(archive, to(elsewhere))
    assert archive.remove(record.id)
    assert not list((archive.folder / ".unfinished").iterdir())


@pytest.mark.parametrize("url", ["nosuch://place/portraits"])
def test_an_unknown_kind_of_url_is_reported_at_once(archive: Archive, url: str) -> None:
    with pytest.raises(ConfigError, match=r"upload\.url.*nosuch") as told:
        UploadQueue(archive, to(url), lambda: 0)
    assert "\n" not in str(told.value)


class FatalDisk(Disk):
    """The process is killed when it creates its first file in the archive, which is the marker."""

    def create(self, path: Path, mode: int = 0o600) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return super().create(path, mode)


def _die_before_the_mark(archive_folder: Path, elsewhere: Path) -> None:
    archive = Archive(ArchiveSettings(folder=archive_folder), FatalDisk())
    UploadQueue(archive, to(elsewhere), lambda: 0).run(threading.Event())


def test_a_process_killed_before_the_marker_uploads_again_under_the_same_name(
    archive: Archive, elsewhere: Path
) -> None:
    record = save(archive)
    process = PROCESSES.Process(target=_die_before_the_mark, args=(archive.folder, elsewhere), daemon=True)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    sent = next(elsewhere.rglob("*.jpg"))
    assert sent.name == record.file("portrait").name
    sent.write_bytes(b"old")
    upload_all(archive, to(elsewhere))
    assert sent.read_bytes() == archive.path(record, "portrait").read_bytes()
    assert arrived(elsewhere) == {sent.name}
