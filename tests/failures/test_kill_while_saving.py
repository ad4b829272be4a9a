"""Processes that are killed while they save, or that save concurrently, lose nothing that they acknowledged.

``CAPTURE_STATION_TEST_KILLS=1000`` kills more often.
"""

import multiprocessing
import os
import random
from datetime import datetime, timezone

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.archive.verification import problems
from capture_station.config import ArchiveSettings

KILLS = int(os.environ.get("CAPTURE_STATION_TEST_KILLS", "60"))
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["pytest", "capture_station.archive.archive", "capture_station.archive.sample_capture"]
)


def _save_for_ever(settings, answers):
    """Save a capture, mark it as retaken, save and remove another, and report each step, until killed."""
    original_rgb, portrait = sample_pictures((160, 120))
    archive = Archive.open(settings)
    answers.send(None)
    while True:
        record = archive.save(original_rgb, portrait, NOON, SAMPLE_CIRCUMSTANCES)
        answers.send((record.id, True))
        archive.set_kept(record.id, kept=False)
        answers.send((record.id, False))
        removed = archive.save(original_rgb, portrait, NOON, SAMPLE_CIRCUMSTANCES)
        assert archive.remove(removed.id)
        answers.send((removed.id, None))


def _save_some(settings, start, answers):
    original_rgb, portrait = sample_pictures((64, 48))
    archive = Archive.open(settings)
    start.wait()
    for _ in range(20):
        answers.send(archive.save(original_rgb, portrait, NOON, SAMPLE_CIRCUMSTANCES).id)
    archive.close()


def _received_until_the_end(receiver):
    told = []
    try:
        while True:
            told.append(receiver.recv())
    except EOFError:
        return told


def _whole_captures(settings):
    archive = Archive.open(settings)
    records = list(archive.records())
    for record in records:
        assert isinstance(record, Record), record.reason
        assert not any(problems([archive.folder_of(record.id)]))
    assert not list((settings.folder / ".unfinished").iterdir())
    archive.close()
    return {record.id: record.kept for record in records}


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path):
    settings = ArchiveSettings(folder=tmp_path / "archive")
    chance = random.Random(0)
    acknowledged = {}
    for _ in range(KILLS):
        receiver, sender = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=_save_for_ever, args=(settings, sender))
        process.start()
        sender.close()
        receiver.recv()
        acknowledged.update(receiver.recv() for _ in range(chance.randrange(5)))
        # The process never ends by itself, so the timeout of the wait is the time it may still live.
        process.join(chance.uniform(0, 0.03))
        process.kill()
        process.join()
        acknowledged.update(_received_until_the_end(receiver))
        receiver.close()
        assert process.exitcode == -9
    found = _whole_captures(settings)
    removed = {capture_id for capture_id, kept in acknowledged.items() if kept is None}
    assert removed
    assert acknowledged.keys() - removed <= found.keys()
    assert not removed & found.keys()
    # A capture whose retake was acknowledged is marked. One that was killed before the answer may be marked.
    assert not any(found[capture_id] for capture_id, kept in acknowledged.items() if kept is False)
    assert len(found) - len(acknowledged.keys() - removed) <= KILLS


def test_two_processes_save_at_the_same_time(tmp_path):
    settings = ArchiveSettings(folder=tmp_path / "archive")
    start = PROCESSES.Barrier(2)
    receivers, workers = [], []
    for _ in range(2):
        receiver, sender = PROCESSES.Pipe(duplex=False)
        workers.append(PROCESSES.Process(target=_save_some, args=(settings, start, sender)))
        workers[-1].start()
        sender.close()
        receivers.append(receiver)
    told = [capture_id for receiver in receivers for capture_id in _received_until_the_end(receiver)]
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert len(told) == 40
    assert set(told) == _whole_captures(settings).keys()
