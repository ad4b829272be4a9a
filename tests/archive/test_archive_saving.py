"""Saved captures are found again, undamaged and private; damaged and foreign files are reported and left alone."""

import json
import math
import stat
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from PIL import Image

from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk
from capture_station.archive.record import Damaged, Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.archive.verification import problem, problems
from capture_station.commands.saving_times import saving_times_ms
from capture_station.config import ArchiveSettings
from capture_station.errors import ArchiveError
from capture_station.frames import Portrait

SIZE_WH = (64, 48)
ORIGINAL, PORTRAIT = sample_pictures(SIZE_WH)
ZONE = timezone(timedelta(hours=-8))
NOON = datetime(2026, 5, 4, 12, 0, 0, 123456, ZONE)


@pytest.fixture
def settings(tmp_path):
    return ArchiveSettings(folder=tmp_path / "archive")


@pytest.fixture
def archive(settings):
    opened = Archive.open(settings)
    yield opened
    opened.close()


def save(archive, taken_at=NOON, **circumstances):
    return archive.save(ORIGINAL, PORTRAIT, taken_at, SAMPLE_CIRCUMSTANCES.model_copy(update=circumstances))


def unfinished(archive):
    return list((archive.folder / ".unfinished").iterdir())


def test_a_capture_is_a_folder_of_its_day_with_four_private_files(archive):
    record = save(archive)
    folder = archive.folder / "2026-05-04" / record.id
    assert {path.name for path in folder.iterdir()} == {
        f"{record.id}-original.jpg",
        f"{record.id}-portrait.jpg",
        f"{record.id}-matte.png",
        "record.json",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    for part in (folder, folder.parent, archive.folder, archive.folder / ".unfinished"):
        assert stat.S_IMODE(part.stat().st_mode) == 0o700
    assert not unfinished(archive)


def test_a_record_comes_back_as_it_was_written(archive):
    record = save(archive)
    assert archive.find(record.id) == record
    assert record.taken_at.utcoffset() == timedelta(hours=-8)
    assert record.measures == PORTRAIT.measures
    assert record.kept
    assert "save" in record.timings_ms
    assert not any(problems([archive.folder_of(record.id)]))


def test_the_matte_and_pngs_are_exact(tmp_path):
    settings = ArchiveSettings(folder=tmp_path, original_format="png", portrait_formats=("png", "jpeg", "png"))
    archive = Archive.open(settings)
    record = save(archive)
    archive.close()
    assert [file.role for file in record.files] == ["original", "portrait", "portrait", "matte"]
    for role, pixels in (("original", ORIGINAL), ("portrait", PORTRAIT.image_rgb), ("matte", PORTRAIT.alpha)):
        assert np.array_equal(np.asarray(Image.open(archive.path(record, role))), pixels)


def test_a_capture_with_an_infinite_or_nan_measure_is_saved(archive):
    measures = replace(PORTRAIT.measures, sharpness=math.nan, exposure=math.inf)
    portrait = Portrait(PORTRAIT.image_rgb, PORTRAIT.alpha, measures)
    record = archive.save(ORIGINAL, portrait, NOON, SAMPLE_CIRCUMSTANCES)
    found = archive.find(record.id)
    assert isinstance(found, Record)
    assert math.isnan(found.measures.sharpness)
    assert found.measures.exposure == math.inf


def test_an_unfinished_capture_leaves_nothing_behind(archive):
    with archive.begin(ORIGINAL, NOON) as pending:
        assert [path.name for path in unfinished(archive)] == [pending.id]
    assert not unfinished(archive)
    assert not list(archive.ids())


def test_a_matte_of_another_size_is_refused(archive):
    portrait = Portrait(PORTRAIT.image_rgb, PORTRAIT.alpha[1:], PORTRAIT.measures)
    with pytest.raises(ValueError, match="matte"):
        archive.save(ORIGINAL, portrait, NOON, SAMPLE_CIRCUMSTANCES)
    assert not unfinished(archive)


def test_a_time_without_zone_is_refused(archive):
    with pytest.raises(ValueError, match="time zone"):
        save(archive, NOON.replace(tzinfo=None))


def test_captures_of_one_instant_or_of_a_jumping_clock_are_all_saved(archive):
    jumps = [NOON, NOON, NOON, NOON.replace(year=1970), NOON.replace(year=999), NOON, NOON.replace(year=9999)]
    records = [save(archive, taken_at) for taken_at in jumps]
    assert len({record.id for record in records}) == len(jumps)
    assert sorted((record.id for record in records), reverse=True) == list(archive.ids())
    assert all(archive.find(record.id) == record for record in records)


def test_captures_are_listed_newest_first_without_foreign_files(archive):
    days = [save(archive, NOON + timedelta(hours=hours)) for hours in (0, 30, 1, 60)]
    first = days[0]
    (archive.folder / "2026-05-04" / "notes.txt").write_text("mine")
    (archive.folder / "2026-05-05" / first.id).mkdir()
    (archive.folder / "holidays").mkdir()
    (archive.folder / "2030-01-01").write_text("a file")
    listed = [record.id for record in archive.records()]
    assert listed == [days[3].id, days[1].id, days[2].id, days[0].id]


@pytest.mark.parametrize("mount_point", [False, True])
def test_an_unmounted_archive_is_not_taken_for_an_empty_one(archive, mount_point):
    newest, *_, oldest = [save(archive, NOON - timedelta(days=days)).id for days in range(3)]
    listed = archive.ids()
    assert next(listed) == newest
    away = archive.folder.rename(archive.folder.with_name("stick"))
    if mount_point:
        archive.folder.mkdir()
    for ids in (listed, archive.ids()):
        with pytest.raises(ArchiveError, match=r"archive: portraits cannot be read here: No such file"):
            list(ids)
    away.rename(archive.folder)
    assert list(archive.ids())[-1] == oldest


@pytest.mark.parametrize(
    "text", ["", ".", "..", "../secret", "/etc", "20260504-120000-123456-zzzzzzzz", "20260504-120000-123456-0011223\n"]
)
def test_text_that_is_not_an_id_finds_nothing(archive, text):
    assert archive.find(text) is None
    with pytest.raises(ValueError, match="not the id"):
        archive.folder_of(text)
    with pytest.raises(ArchiveError, match="no capture"):
        archive.set_kept(text, kept=False)


def test_a_retaken_capture_is_marked_and_stays(archive):
    record = save(archive)
    assert not archive.set_kept(record.id, kept=False).kept
    found = archive.find(record.id)
    assert found == record.model_copy(update={"kept": False, "retaken": True})
    assert not any(problems([archive.folder_of(found.id)]))
    assert not unfinished(archive)
    assert not archive.set_kept(record.id, kept=True).retaken


def test_only_the_removed_capture_is_gone(archive):
    first, second = save(archive), save(archive)
    folder = archive.folder_of(first.id)
    assert archive.remove(first.id)
    assert not folder.exists()
    assert not unfinished(archive)
    assert list(archive.records()) == [second]
    assert not any(problems([archive.folder_of(second.id)]))
    assert not archive.remove(first.id)


def test_a_days_folder_is_removed_with_its_last_capture_and_made_again_for_the_next(archive):
    record = save(archive)
    assert archive.remove(record.id)
    assert not (archive.folder / "2026-05-04").exists()
    again = save(archive)
    assert list(archive.ids()) == [again.id]


@pytest.mark.parametrize("text", ["", "..", "/etc", "20260504-120000-123456-00112233"])
def test_removing_an_absent_capture_removes_nothing(archive, text):
    record = save(archive)
    assert not archive.remove(text)
    assert list(archive.ids()) == [record.id]


def test_a_damaged_capture_can_be_removed(archive):
    record = save(archive)
    (archive.folder_of(record.id) / "record.json").unlink()
    assert archive.remove(record.id)
    assert not list(archive.ids())


def test_foreign_files_in_a_removed_capture_stay(archive):
    record = save(archive)
    (archive.folder_of(record.id) / "thesis.txt").write_text("mine")
    assert archive.remove(record.id)
    left = archive.folder / ".unfinished" / record.id
    assert [path.name for path in left.iterdir()] == ["thesis.txt"]


class RemovingDisk(Disk):
    """A disk on which the day's only capture is removed right before the next one is published."""

    def __init__(self, remove):
        self._remove = remove

    def rename(self, old, new):
        if self._remove is not None:
            remove, self._remove = self._remove, None
            assert remove()
        super().rename(old, new)


def test_a_capture_is_saved_although_its_days_folder_vanishes_meanwhile(settings, archive):
    record = save(archive)
    busy = Archive.open(settings, RemovingDisk(lambda: archive.remove(record.id)))
    again = save(busy)
    busy.close()
    assert list(archive.ids()) == [again.id]
    assert not any(problems([archive.folder_of(again.id)]))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text: text[: len(text) // 2], "JSON"),
        (lambda text: text[:0], "JSON"),
        (lambda text: text.replace('"schema_version": 2', '"schema_version": 3'), "schema_version"),
        (lambda text: text.replace('"id": "2', '"id": "3'), "record of 3"),
        (lambda text: text.replace('-matte.png"', '-/../x"'), "foreign file"),
        (lambda text: text.replace('"kept": true', '"kept": "perhaps"'), "kept"),
        (lambda text: text.replace('"persons": 1', '"persons": "many"'), "persons"),
    ],
)
def test_a_damaged_record_is_reported_in_one_line_and_hides_no_other(archive, spoil, told):
    before, bad, after = (save(archive, NOON + timedelta(minutes=minutes)) for minutes in range(3))
    path = archive.folder_of(bad.id) / "record.json"
    path.write_text(spoil(path.read_text()))
    listed = list(archive.records())
    assert [listed[0], listed[2]] == [after, before]
    assert isinstance(listed[1], Damaged)
    assert listed[1].id == bad.id
    assert told in listed[1].reason
    assert str(path) in listed[1].reason
    assert "\n" not in listed[1].reason
    with pytest.raises(ArchiveError, match="damaged"):
        archive.set_kept(bad.id, kept=False)


def test_a_missing_record_is_reported(archive):
    record = save(archive)
    (archive.folder_of(record.id) / "record.json").unlink()
    assert isinstance(archive.find(record.id), Damaged)


def test_a_changed_or_missing_picture_is_noticed(archive):
    record = save(archive)
    archive.path(record, "matte").unlink()
    portrait = archive.path(record, "portrait")
    portrait.write_bytes(portrait.read_bytes()[:-1])
    damaged = [file.name for file in record.files if problem(archive.folder_of(record.id), file)]
    assert damaged == [record.file("portrait").name, record.file("matte").name]


def test_bench_times_every_step_and_leaves_nothing_behind(tmp_path):
    times = saving_times_ms((640, 480), tmp_path, repeats=1)
    assert set(times) == {"original jpeg", "portrait jpeg", "matte png", "portrait png", "capture", "finish"}
    assert all(value > 0 for value in times.values())
    assert not list(tmp_path.iterdir())


class TestWhosePortraitItIs:
    ADA = SubjectRecord(id="20417", name="Ada Lovelace", columns={"class": "3b"})
    BO = SubjectRecord(id="20418")

    def test_is_saved_with_the_capture(self, archive: Archive) -> None:
        record = save(archive, subject=self.ADA)
        assert archive.find(record.id).subject == self.ADA

    def test_can_be_changed_and_every_change_stays_on_record(self, archive: Archive) -> None:
        record = save(archive, subject=self.ADA)
        archive.assign(record.id, self.BO, "window")
        archive.assign(record.id, None, "web")
        found = archive.find(record.id)
        assert found.subject is None
        changes = [(change.by, change.from_id, change.to_id) for change in found.assignments]
        assert changes == [("window", "20417", "20418"), ("web", "20418", None)]
        assert not any(problems([archive.folder_of(found.id)]))

    def test_of_a_capture_that_is_gone_cannot_be_changed(self, archive: Archive) -> None:
        with pytest.raises(ArchiveError, match="there is no capture"):
            archive.assign("../../etc", self.ADA, "web")

    def test_is_unknown_in_an_archive_of_an_earlier_version(self, archive: Archive) -> None:
        record = save(archive)
        path = archive.folder_of(record.id) / "record.json"
        old = json.loads(path.read_text()) | {"schema_version": 1}
        old["measures"]["background_exactness"] = 1.0
        for later in ("subject", "consent", "assignments"):
            del old[later]
        path.write_text(json.dumps(old))
        assert archive.find(record.id).subject is None
        assert archive.set_kept(record.id, False).schema_version == 2
        assert not archive.find(record.id).kept
