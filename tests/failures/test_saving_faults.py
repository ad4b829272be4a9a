"""Whatever fails while a capture is saved, there is one clear line, no half capture, and no loss of earlier ones."""

import errno
import multiprocessing
import os
import resource
import subprocess
from contextlib import contextmanager
from datetime import datetime, timezone

import numpy as np
import pytest

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.archive.verification import problems
from capture_station.config import ArchiveSettings
from capture_station.errors import ArchiveError, DiskFull
from capture_station.frames import Portrait

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["pytest", "capture_station.archive.archive", "capture_station.archive.sample_capture"]
)
ORIGINAL, PORTRAIT = sample_pictures((64, 48))
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
FAULTS = [
    (errno.ENOSPC, "once"),
    (errno.ENOSPC, "full"),
    (errno.EDQUOT, "full"),
    (errno.EIO, "once"),
    (errno.EIO, "dead"),
]


@pytest.fixture
def settings(tmp_path):
    return ArchiveSettings(folder=tmp_path / "archive")


@pytest.fixture
def earlier(settings):
    """A capture that was saved before anything failed."""
    archive = Archive.open(settings)
    record = save(archive)
    archive.close()
    return record


def save(archive):
    return archive.save(ORIGINAL, PORTRAIT, NOON, SAMPLE_CIRCUMSTANCES)


def whole_captures(settings):
    """Ids of all captures in a newly opened archive. All must be undamaged and without leftovers beside them."""
    archive = Archive.open(settings)
    records = list(archive.records())
    assert all(isinstance(record, Record) and not any(problems([archive.folder_of(record.id)])) for record in records)
    assert not list((settings.folder / ".unfinished").iterdir())
    archive.close()
    return {record.id for record in records}


def attempt(act):
    """The result of ``act``, or the error that a person would read."""
    try:
        return act()
    except ArchiveError as error:
        return error


def each_call(number, lasting, act):
    """Run ``act(disk)`` with a fault at its first call, then at its second, and so on, until no fault is reached."""
    fail_at = 0
    while True:
        fail_at += 1
        disk = FaultyDisk(fail_at, number, lasting)
        act(disk)
        if len(disk.calls) < fail_at:
            assert fail_at > 20
            return


@pytest.mark.parametrize(("number", "lasting"), FAULTS)
def test_a_fault_at_any_call_of_saving(settings, earlier, number, lasting):
    acknowledged = {earlier.id}

    def save_once(disk):
        archive = attempt(lambda: Archive.open(settings, disk))
        if isinstance(archive, ArchiveError):
            assert "\n" not in str(archive)
            return
        before = set(archive.ids())
        answer = attempt(lambda: save(archive))
        archive.close()
        if isinstance(answer, Record):
            acknowledged.add(answer.id)
            return
        assert isinstance(answer, DiskFull) == (number != errno.EIO)
        assert str(settings.folder) in str(answer)
        assert "\n" not in str(answer)
        if lasting != "dead":
            assert set(archive.ids()) == before
            assert not list((settings.folder / ".unfinished").iterdir())

    each_call(number, lasting, save_once)
    found = whole_captures(settings)
    assert acknowledged <= found
    # A disk that dies between the rename and its sync leaves a complete capture that was not acknowledged.
    assert len(found - acknowledged) <= (2 if lasting == "dead" else 0)


@pytest.mark.parametrize(("number", "lasting"), FAULTS)
def test_a_fault_at_any_call_of_marking(settings, earlier, number, lasting):
    healthy = Archive.open(settings)

    def mark_once(disk):
        healthy.set_kept(earlier.id, kept=True)
        archive = attempt(lambda: Archive.open(settings, disk))
        if isinstance(archive, ArchiveError):
            return
        answer = attempt(lambda: archive.set_kept(earlier.id, kept=False))
        archive.close()
        found = healthy.find(earlier.id)
        assert isinstance(found, Record)
        assert isinstance(answer, ArchiveError) or not found.kept
        assert not any(problems([healthy.folder_of(found.id)]))

    each_call(number, lasting, mark_once)
    healthy.close()
    assert whole_captures(settings) == {earlier.id}


@pytest.mark.parametrize(("number", "lasting"), FAULTS)
def test_a_fault_at_any_call_of_giving_a_portrait_to_somebody_else_leaves_it_to_be_uploaded(
    settings, earlier, number, lasting
):
    healthy = Archive.open(settings)
    given = set()

    def assign_once(disk):
        healthy.assign(earlier.id, SubjectRecord(id="20417"), "web")
        assert healthy.mark_uploaded(healthy.find(earlier.id))
        archive = attempt(lambda: Archive.open(settings, disk))
        if isinstance(archive, ArchiveError):
            return
        answer = attempt(lambda: archive.assign(earlier.id, SubjectRecord(id="20418"), "web"))
        archive.close()
        found = healthy.find(earlier.id)
        given.add(found.subject.id)
        assert isinstance(answer, ArchiveError) or found.subject.id == "20418"
        if found.subject.id == "20418":
            assert healthy.not_uploaded(demo_too=True) == [earlier.id]

    each_call(number, lasting, assign_once)
    healthy.close()
    assert given == {"20417", "20418"}
    assert whole_captures(settings) == {earlier.id}


@pytest.mark.parametrize(("number", "lasting"), FAULTS)
def test_a_fault_at_any_call_of_removing(settings, earlier, number, lasting):
    healthy = Archive.open(settings)
    removed = set()

    def remove_once(disk):
        record = save(healthy)
        archive = attempt(lambda: Archive.open(settings, disk))
        if isinstance(archive, ArchiveError):
            return
        answer = attempt(lambda: archive.remove(record.id))
        archive.close()
        if answer is True:
            removed.add(record.id)
        else:
            assert record.id in str(answer)
            assert "\n" not in str(answer)
            assert lasting == "dead" or record.id in healthy.ids()

    each_call(number, lasting, remove_once)
    healthy.close()
    found = whole_captures(settings)
    assert removed
    assert not removed & found
    assert earlier.id in found


def test_captures_are_saved_again_once_the_full_disk_has_space(settings, earlier):
    archive = Archive.open(settings)
    disk = FaultyDisk(1, errno.ENOSPC, "full")
    full = Archive.open(settings, disk)
    with pytest.raises(DiskFull):
        save(full)
    full.close()
    later = save(archive)
    archive.close()
    assert whole_captures(settings) == {earlier.id, later.id}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 400 kB."""
    with mounted(tmp_path, "size=400k") as folder:
        yield folder


@contextmanager
def mounted(tmp_path, options):
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_really_fills_up(small_disk):
    settings = ArchiveSettings(folder=small_disk / "archive", keep_free_bytes=0)
    archive = Archive.open(settings)
    saved = set()
    while isinstance(answer := attempt(lambda: save(archive)), Record):
        saved.add(answer.id)
    assert isinstance(answer, DiskFull)
    assert saved
    assert saved == set(archive.ids())
    archive.close()
    assert whole_captures(settings) == saved
    with pytest.raises(DiskFull, match="make space"):
        archive.check_space((640, 480))


def test_a_disk_with_space_but_without_inodes_says_so(tmp_path):
    with mounted(tmp_path, "size=50m,nr_inodes=60") as folder:
        settings = ArchiveSettings(folder=folder / "archive", keep_free_bytes=0)
        archive = Archive.open(settings)
        saved = set()
        while isinstance(answer := attempt(lambda: save(archive)), Record):
            saved.add(answer.id)
        assert isinstance(answer, DiskFull)
        assert answer.lacks_files
        assert "inodes" in str(answer)
        assert saved == set(archive.ids())
        with pytest.raises(DiskFull, match="remove some files"):
            archive.check_space((640, 480))
        archive.close()
        assert whole_captures(settings) == saved


def _save_with_small_files(settings, answer):
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    archive = Archive.open(settings)
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    small = save(archive).id
    try:
        archive.save(noise, Portrait(noise, noise[..., 0], PORTRAIT.measures), NOON, SAMPLE_CIRCUMSTANCES)
    except ArchiveError as error:
        answer.send((small, str(error)))


def _save_as_nobody(settings, answer):
    if os.getuid() == 0:
        os.setuid(65534)
    try:
        Archive.open(settings)
    except ArchiveError as error:
        answer.send(str(error))


def _answer_of_a_process(work, settings):
    receiver, sender = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=work, args=(settings, sender))
    process.start()
    sender.close()
    answer = receiver.recv()
    process.join()
    assert process.exitcode == 0
    return answer


def test_a_limit_on_the_size_of_files_is_reported(settings, earlier):
    small, told = _answer_of_a_process(_save_with_small_files, settings)
    assert "File too large" in told
    assert whole_captures(settings) == {earlier.id, small}


def test_a_folder_of_another_user_is_refused(settings, earlier):
    folders = (settings.folder, settings.folder / names.UNFINISHED)
    for folder in folders:
        folder.chmod(0o500)
    told = _answer_of_a_process(_save_as_nobody, settings)
    for folder in folders:
        folder.chmod(0o700)
    assert "Permission denied" in told
    assert "archive.folder" in told
    assert whole_captures(settings) == {earlier.id}
