"""Every damaged or missing file of an archive is found."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.capture_ids import capture_folders
from capture_station.archive.record import Record
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.archive.verification import problems
from capture_station.commands import doctor
from capture_station.config import StationSettings

ORIGINAL, PORTRAIT = sample_pictures((32, 24))
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)


@pytest.fixture
def records(archive: Archive) -> list[Record]:
    return [archive.save(ORIGINAL, PORTRAIT, NOON, SAMPLE_CIRCUMSTANCES) for _ in range(100)]


def test_an_undamaged_archive_has_no_problems(archive: Archive, records: list[Record]) -> None:
    assert list(problems(capture_folders(archive.folder))) == [()] * len(records)
    outcome, detail = doctor._pictures(StationSettings(archive=archive.settings))
    assert (outcome, detail) == (doctor.Outcome.OK, "all files of 100 captures are as they were saved")


def test_every_damage_is_found_and_named(archive: Archive, records: list[Record]) -> None:
    cut, missing, flipped, link, unreadable = (records[index] for index in (3, 20, 41, 60, 99))
    archive.path(cut, "original").write_bytes(b"")
    archive.path(missing, "matte").unlink()
    portrait = archive.path(flipped, "portrait")
    data = portrait.read_bytes()
    portrait.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    target = archive.path(link, "portrait")
    target.symlink_to(target.rename(archive.folder / "elsewhere.jpg"))
    (archive.folder_of(unreadable.id) / "record.json").write_text("{")
    found = [line for lines in problems(capture_folders(archive.folder)) for line in lines]
    expected = {
        f"{archive.path(cut, 'original')} is damaged: it is no longer what was saved",
        f"{archive.path(missing, 'matte')} is missing",
        f"{portrait} is damaged: it is no longer what was saved",
        f"{target} cannot be read: Too many levels of symbolic links",
    }
    assert expected < set(found)
    assert len(found) == 5
    assert any("record.json: damaged" in line for line in found)
    outcome, detail = doctor._pictures(StationSettings(archive=archive.settings))
    assert outcome is doctor.Outcome.FAULT
    assert set(detail.splitlines()[1:]) == set(found)
