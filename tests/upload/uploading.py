"""What the tests of the queue share: captures to upload, its settings, a slow target, and a queue that runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import StationSettings
from capture_station.upload.queue import UploadQueue

PATIENCE_S = 30
ORIGINAL, PORTRAIT = sample_pictures((32, 24))
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
ADA = SubjectRecord(id="20417", name="Ada Lovelace")


def save(archive: Archive, taken_at: datetime = NOON, subject: SubjectRecord | None = None) -> Record:
    return archive.save(ORIGINAL, PORTRAIT, taken_at, SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject}))


def to(
    url: Path | str, review_s: float = 0, camera: str = "auto", mode: str = "off", **changes: object
) -> StationSettings:
    quick = {"url": str(url), "after_s": 0, "retry_first_s": 0.02, "retry_longest_s": 0.1}
    return StationSettings.model_validate(
        {
            "upload": {**quick, **changes},
            "window": {"review_s": review_s},
            "camera": {"kind": camera},
            "subjects": {"mode": mode},
        }
    )


class OneAtATime(Disk):
    """The disk of the target; each file waits until the test lets it pass."""

    def __init__(self) -> None:
        self.passes, self.waiting = threading.Semaphore(0), threading.Semaphore(0)

    def create(self, path: Path, mode: int = 0o600) -> int:
        self.waiting.release()
        assert self.passes.acquire(timeout=PATIENCE_S)
        return super().create(path, mode)


@contextmanager
def running(
    archive: Archive,
    settings: StationSettings,
    captures: Callable[[], int],
    station: str = "",
    undecided: Callable[[str], bool] = lambda _: False,
) -> Iterator[UploadQueue]:
    queue = UploadQueue(archive, settings, captures, station, undecided)
    stop = threading.Event()
    thread = threading.Thread(target=queue.run, args=(stop,))
    thread.start()
    try:
        yield queue
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def upload_all(archive: Archive, settings: StationSettings, but: Collection[str] = (), station: str = "") -> None:
    """Run a queue until every capture is marked as uploaded."""
    with running(archive, settings, lambda: 0, station):
        eventually(lambda: all((archive.folder_of(i) / "uploaded").exists() for i in archive.ids() if i not in but))


def eventually(holds: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(PATIENCE_S * 100):
        if holds():
            return
        tick.wait(0.01)
    raise AssertionError("never came")


def arrived(elsewhere: Path) -> set[str]:
    return {path.name for path in elsewhere.rglob("*") if path.is_file()}
