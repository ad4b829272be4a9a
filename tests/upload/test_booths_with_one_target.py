"""Booths that upload under one name for each person: the target has a portrait as long as one of them has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES
from capture_station.config import ArchiveSettings
from capture_station.config.settings import ExportSettings
from capture_station.config.values import SecretUrl
from capture_station.frames import Portrait
from capture_station.upload.shared_states import SharedStates
from tests.upload.uploading import ADA, NOON, ORIGINAL, PORTRAIT, eventually, running, to


class Booth:
    """A booth whose uploads run. It exchanges states when it is told to."""

    def __init__(self, folder: Path, name: str, target: Path, context: ExitStack, template: str) -> None:
        settings = ArchiveSettings(folder=folder / name, keep_free_bytes=0)
        self.archive = context.enter_context(closing(Archive.open(settings)))
        uploads = to(target, names="export").model_copy(update={"export": ExportSettings(name=template)})
        exchange = uploads.subjects.model_copy(update={"exchange": True})
        uploads = uploads.model_copy(update={"subjects": exchange})
        self._taken = 0
        queue = context.enter_context(running(self.archive, uploads, lambda: self._taken, name))
        self._states = SharedStates(
            self.archive, SecretUrl(str(target)), name, lambda _: None, send_again=queue.send_again
        )
        self.exchange = self._states.exchange

    def take(self, minutes: int, grey: int) -> Record:
        """A portrait of Ada, of its own brightness."""
        picture = Portrait(PORTRAIT.image_rgb * 0 + grey, PORTRAIT.alpha, PORTRAIT.measures)
        whose = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": ADA})
        record = self.archive.save(ORIGINAL, picture, NOON + timedelta(minutes=minutes), whose)
        self._taken += 1
        eventually((self.archive.folder_of(record.id) / "uploaded").exists)
        self.exchange()
        return record

    def portrait(self, record: Record) -> bytes:
        return self.archive.path(record, "portrait").read_bytes()


@pytest.fixture
def context() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("late", [False, True])
def test_a_person_whose_newer_portrait_was_somebody_elses_keeps_the_one_of_the_other_booth(
    tmp_path: Path, elsewhere: Path, context: ExitStack, late: bool
) -> None:
    one, two = (Booth(tmp_path, name, elsewhere, context, "{subject}") for name in ("booth-1", "booth-2"))
    if late:  # It counted as uploaded without being sent.
        newer, right = two.take(1, 200), one.take(0, 100)
    else:
        right, newer = one.take(0, 100), two.take(1, 200)
    for booth in (one, two):
        booth.exchange()
    assert (elsewhere / "20417.jpg").read_bytes() == two.portrait(newer)
    two.archive.assign(newer.id, SubjectRecord(id="20418"), "web")
    eventually(lambda: not (elsewhere / "20417.jpg").exists() and (elsewhere / "20418.jpg").exists())
    for booth in (two, one):
        booth.exchange()
    eventually(lambda: (elsewhere / "20417.jpg").exists())
    eventually((one.archive.folder_of(right.id) / "uploaded").exists)
    assert (elsewhere / "20417.jpg").read_bytes() == one.portrait(right)
    assert (elsewhere / "20418.jpg").read_bytes() == two.portrait(newer)


def test_what_has_a_name_of_its_own_at_each_booth_is_not_sent_twice(
    tmp_path: Path, elsewhere: Path, context: ExitStack
) -> None:
    one, two = (Booth(tmp_path, name, elsewhere, context, "{family}_{given}") for name in ("booth-1", "booth-2"))
    right, newer = one.take(0, 100), two.take(1, 200)
    one.exchange()
    two.archive.set_kept(newer.id, kept=False)
    for booth in (two, one):
        booth.exchange()
    assert (one.archive.folder_of(right.id) / "uploaded").exists()
