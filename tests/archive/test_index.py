"""The index gives what the records say, whatever happens to it, and spares reading them again."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import capture_station.archive.archive
import capture_station.archive.index
from capture_station.archive.archive import Archive
from capture_station.archive.index import WITHOUT_CONSENT, CaptureIndex
from capture_station.archive.names import INDEX, RECORD, UPLOADED
from capture_station.archive.record import ConsentRecord, Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.archive.summary import CaptureSummary
from capture_station.errors import ArchiveError
from capture_station.frames import Flaw, Portrait
from capture_station.release import ReleaseRule

ORIGINAL, PORTRAIT = sample_pictures((32, 24))
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone(timedelta(hours=2)))
FLAWED = Portrait(
    PORTRAIT.image_rgb,
    PORTRAIT.alpha,
    replace(PORTRAIT.measures, verdict="review", reasons=("too small",), flaws=(Flaw("face-small", {"px": 3}),)),
)


def save(archive: Archive, portrait: Portrait = PORTRAIT, days: float = 0, **circumstances: object) -> Record:
    changed = SAMPLE_CIRCUMSTANCES.model_copy(update=circumstances)
    return archive.save(ORIGINAL, portrait, NOON + timedelta(days=days), changed)


def grow_old(archive: Archive) -> None:
    """Date all changes an hour back, so that they count as settled."""
    for path in archive.folder.rglob("2*"):
        for part in (path, path / RECORD):
            if part.exists():
                os.utime(part, ns=(0, part.stat().st_mtime_ns - 3600 * 10**9))


def listed(archive: Archive) -> list[CaptureSummary]:
    return archive.summaries(list(archive.ids()))


def test_summaries_say_what_the_records_say(archive: Archive) -> None:
    demo = SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": "demo"})
    plain, flawed, retaken, uploaded = save(archive), save(archive, FLAWED), save(archive, camera=demo), save(archive)
    damaged = save(archive)
    archive.set_kept(retaken.id, False)
    archive.add_marker(uploaded.id, UPLOADED)
    (archive.folder_of(damaged.id) / RECORD).write_text("{")
    grow_old(archive)
    for _ in range(2):
        found = {summary.id: summary for summary in listed(archive)}
        assert list(found) == list(archive.ids())
        assert found[plain.id] == CaptureSummary(
            plain.id, NOON, "ok", (), pictures={file.role: file.name for file in plain.files}
        )
        assert found[flawed.id].reasons == ("too small",)
        assert found[flawed.id].flaws == (Flaw("face-small", {"px": 3}),)
        assert (found[flawed.id].verdict, found[damaged.id].verdict) == ("review", "damaged")
        assert (found[retaken.id].kept, found[retaken.id].by_demo, found[plain.id].by_demo) == (False, True, False)
        assert (found[uploaded.id].uploaded, found[plain.id].uploaded) == (True, False)
        assert found[plain.id].taken_at == NOON
        assert "record.json: damaged" in found[damaged.id].reasons[0]


def test_a_record_that_did_not_change_is_not_read_again(archive: Archive) -> None:
    record = save(archive)
    grow_old(archive)
    (known,) = listed(archive)
    path = archive.folder_of(record.id) / RECORD
    times = path.stat()
    path.write_text("not read")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    again = Archive.open(archive.settings)
    assert listed(again) == listed(archive) == [known]
    again.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda archive, id: archive.set_kept(id, False),
        lambda archive, id: archive.add_marker(id, UPLOADED),
        lambda archive, id: (archive.folder_of(id) / RECORD).write_text("{"),
        lambda archive, id: (archive.folder_of(id) / RECORD).unlink(),
    ],
)
def test_a_change_is_noticed_whoever_makes_it(archive: Archive, change: Callable[[Archive, str], object]) -> None:
    record = save(archive)
    grow_old(archive)
    (before,) = listed(archive)
    other = Archive.open(archive.settings)
    change(other, record.id)
    other.close()
    (after,) = listed(archive)
    assert after != before


def test_captures_appear_and_vanish_whoever_saves_and_removes_them(archive: Archive) -> None:
    first = save(archive)
    other = Archive.open(archive.settings)
    grow_old(archive)
    assert archive.not_uploaded(demo_too=False) == [first.id]
    second = save(other, days=1)
    third = save(other)
    assert archive.not_uploaded(demo_too=False) == sorted([first.id, second.id, third.id], reverse=True)
    other.remove(first.id)
    other.remove(second.id)
    other.close()
    assert archive.not_uploaded(demo_too=False) == [third.id]
    assert [summary.id for summary in listed(archive)] == [third.id]
    assert archive.summaries([first.id, second.id]) == []


def test_only_captures_for_others_are_to_be_uploaded(archive: Archive) -> None:
    demo = SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": "demo"})
    kept, retaken, uploaded, damaged = (save(archive) for _ in range(4))
    by_demo = save(archive, camera=demo)
    archive.set_kept(retaken.id, False)
    archive.add_marker(uploaded.id, UPLOADED)
    (archive.folder_of(damaged.id) / RECORD).write_text("{")
    grow_old(archive)
    # What nobody has read yet may have to be uploaded.
    assert len(archive.not_uploaded(demo_too=False)) == 4
    listed(archive)
    assert archive.not_uploaded(demo_too=False) == [kept.id]
    assert set(archive.not_uploaded(demo_too=True)) == {kept.id, by_demo.id}
    archive.set_kept(retaken.id, True)
    assert set(archive.not_uploaded(demo_too=False)) == {kept.id, retaken.id}
    again = Archive.open(archive.settings)
    (again.folder_of(uploaded.id) / UPLOADED).unlink()
    assert set(again.not_uploaded(demo_too=False)) == {kept.id, retaken.id, uploaded.id}
    again.close()


@pytest.mark.parametrize("spoil", ["remove", "garbage", "cut", "folder", "link", "other version"])
def test_a_lost_or_damaged_index_changes_nothing(archive: Archive, tmp_path: Path, spoil: str) -> None:
    records = [save(archive, days=days) for days in range(3)]
    grow_old(archive)
    before = listed(archive)
    index = archive.folder / INDEX
    data = index.read_bytes()
    foreign = tmp_path / "foreign"
    foreign.write_text("mine")
    if spoil == "other version":
        with sqlite3.connect(index) as db:
            db.execute("DROP TABLE captures")
            db.execute("PRAGMA user_version = 99")
        db.close()
    else:
        index.unlink()
    if spoil == "garbage":
        index.write_bytes(b"not a database" * 1000)
    elif spoil == "cut":
        index.write_bytes(data[: len(data) // 2])
    elif spoil == "folder":
        index.mkdir()
    elif spoil == "link":
        index.symlink_to(foreign)
    for one in (archive, again := Archive.open(archive.settings)):
        assert listed(one) == before
        assert one.not_uploaded(demo_too=False) == [record.id for record in reversed(records)]
    again.close()
    assert foreign.read_text() == "mine"


def test_an_index_that_could_not_be_written_is_written_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_station.archive.index, "FILE_AGAIN_S", 0)
    index = archive.folder / INDEX
    index.mkdir()
    kept, retaken = save(archive), save(archive)
    grow_old(archive)
    before = listed(archive)
    archive.set_kept(retaken.id, False)
    index.rmdir()
    grow_old(archive)
    assert listed(archive) == [replace(one, kept=one.id == kept.id, retaken=one.id == retaken.id) for one in before]
    assert archive.not_uploaded(demo_too=True) == [kept.id]
    assert index.is_file()


def test_the_index_is_private_holds_nothing_open_and_goes_with_the_last_capture(archive: Archive) -> None:
    record = save(archive)
    grow_old(archive)
    listed(archive)
    assert stat.S_IMODE((archive.folder / INDEX).stat().st_mode) == 0o600
    opened = {os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd") if _is_open(number)}
    assert not [path for path in opened if path.startswith(str(archive.folder))]
    archive.remove(record.id)
    archive.close()
    assert [path.name for path in archive.folder.iterdir()] == [".unfinished"]


def _is_open(number: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{number}")


def test_nothing_of_a_removed_capture_stays_in_the_index(archive: Archive) -> None:
    removed, kept = save(archive), save(archive)
    grow_old(archive)
    listed(archive)
    assert removed.id.encode() in (archive.folder / INDEX).read_bytes()
    archive.remove(removed.id)
    archive.close()
    data = (archive.folder / INDEX).read_bytes()
    assert removed.id.encode() not in data
    assert kept.id.encode() in data


def test_symlinks_in_the_archive_are_not_followed(archive: Archive, tmp_path: Path) -> None:
    elsewhere = Archive.open(archive.settings.model_copy(update={"folder": tmp_path / "elsewhere"}))
    foreign, day = save(elsewhere), save(elsewhere, days=1)
    here = save(archive)
    (archive.folder_of(foreign.id)).symlink_to(elsewhere.folder_of(foreign.id))
    (archive.folder / "2026-05-05").symlink_to(elsewhere.folder / "2026-05-05")
    assert list(archive.ids()) == [here.id]
    assert archive.not_uploaded(demo_too=False) == [here.id]
    assert archive.summaries([foreign.id, day.id]) == []
    assert archive.find(foreign.id) is None
    assert archive.find(day.id) is None
    elsewhere.close()


def test_an_index_on_an_unmounted_disk_is_not_made(archive: Archive) -> None:
    record = save(archive)
    away = archive.folder.rename(archive.folder.with_name("stick"))
    archive.folder.mkdir()
    for attempt in (lambda: archive.summaries([record.id]), lambda: archive.not_uploaded(demo_too=False)):
        with pytest.raises(ArchiveError, match="cannot be read here"):
            attempt()
    assert not list(archive.folder.iterdir())
    archive.folder.rmdir()
    away.rename(archive.folder)
    assert [summary.id for summary in listed(archive)] == [record.id]


@pytest.mark.parametrize("settled", [True, False])
def test_the_newest_kept_capture_of_each_person_counts(archive: Archive, settled: bool) -> None:
    ada, bo = SubjectRecord(id="1"), SubjectRecord(id="2")
    taken = [save(archive, days=day, subject=person) for day, person in enumerate((ada, ada, bo, None))]
    if settled:
        grow_old(archive)
    assert archive.query(CaptureIndex.newest_kept) == {"1": "ok", "2": "ok"}
    assert archive.query(lambda index: index.of_subject("1")) == [taken[1].id, taken[0].id]
    archive.set_kept(taken[2].id, False)
    assert archive.query(CaptureIndex.newest_kept) == {"1": "ok"}
    archive.assign(taken[1].id, bo, "web")
    assert archive.query(lambda index: index.of_subject("2")) == [taken[2].id, taken[1].id]
    archive.remove(taken[0].id)
    assert archive.query(CaptureIndex.newest_kept) == {"2": "ok"}
    (archive.folder / INDEX).unlink(missing_ok=True)
    assert archive.query(CaptureIndex.newest_kept) == {"2": "ok"}


@pytest.mark.parametrize("settled", [True, False])
def test_what_a_stand_in_took_counts_for_nobody_and_what_lacks_consent_says_so(archive: Archive, settled: bool) -> None:
    ada, bo, cy = (SubjectRecord(id=one) for one in "123")
    agreed = ConsentRecord(text_sha256="0" * 64, agreed_at=NOON)
    demo = SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": "demo"})
    save(archive, subject=ada)
    save(archive, days=1, subject=ada, consent=agreed)
    save(archive, days=2, subject=bo, consent=agreed)
    save(archive, days=3, subject=bo)
    for day, person in ((4, ada), (5, cy), (6, None)):
        save(archive, days=day, subject=person, camera=demo)
    nameless = [save(archive, days=day).id for day in (7, 8, 9)]
    archive.set_kept(nameless[1], False)
    if settled:
        grow_old(archive)
    strict = ReleaseRule(demo_too=False, wants_names=True, asks_consent=True)
    for _ in range(2):
        assert archive.query(lambda index: index.newest_kept(rule=strict)) == {"1": "ok", "2": WITHOUT_CONSENT}
        some = archive.query(lambda index: index.newest_kept_captures(["2", "3"], strict))
        assert {one: verdict for one, (_, verdict) in some.items()} == {"2": WITHOUT_CONSENT}
        assert archive.query(lambda index: index.nameless(9, strict)) == [nameless[2], nameless[0]]
        assert archive.query(lambda index: index.nameless(1, strict)) == [nameless[2]]
        assert archive.query(lambda index: index.nameless(9, ReleaseRule())) == []
    assert archive.query(CaptureIndex.newest_kept) == {"1": "ok", "2": "ok", "3": "ok"}


def test_closing_does_not_wait_for_an_index_that_does_not_answer(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_station.archive.archive, "CLOSED_WITHIN_S", 0.05)
    record = save(archive)
    listed(archive)
    archive.set_kept(record.id, False)
    with sqlite3.connect(archive.folder / INDEX, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun_s = time.monotonic()
        archive.close()
        assert time.monotonic() - begun_s < capture_station.archive.index.BUSY_WITHIN_S / 2
    other.close()


def test_after_a_start_the_index_answers_at_once_and_learns_what_it_missed(archive: Archive) -> None:
    """As after a power cut between the change of a record and that of the index."""
    ada = SubjectRecord(id="1")
    record = save(archive, subject=ada)
    save(archive, days=1, subject=SubjectRecord(id="2"))
    grow_old(archive)
    assert archive.query(CaptureIndex.newest_kept) == {"1": "ok", "2": "ok"}
    path = archive.folder_of(record.id) / RECORD
    path.write_text(path.read_text().replace('"kept": true', '"kept": false'))
    again = Archive.open(archive.settings)
    assert again.query(CaptureIndex.newest_kept) == {"1": "ok", "2": "ok"}
    again.query(CaptureIndex.verify)
    assert again.query(CaptureIndex.newest_kept) == {"2": "ok"}
    again.close()


def test_an_index_of_the_version_before_is_kept(archive: Archive) -> None:
    gone, there = save(archive, subject=SubjectRecord(id="1")), save(archive, days=1, subject=SubjectRecord(id="2"))
    grow_old(archive)
    listed(archive)
    with sqlite3.connect(archive.folder / INDEX) as db:
        db.execute("DROP TABLE days")
        db.execute("DROP INDEX of_subject")
        db.execute("ALTER TABLE captures DROP COLUMN agreed")
        db.execute("UPDATE captures SET details = json_set(details, '$.agreed', json('true')) WHERE subject = '2'")
        db.execute("PRAGMA user_version = 2")
    db.close()
    archive.remove(gone.id)
    path = archive.folder_of(there.id) / RECORD
    times = path.stat()
    path.write_text("not read")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    again = Archive.open(archive.settings)
    assert again.query(lambda index: index.newest_kept(rule=ReleaseRule(asks_consent=True))) == {"2": "ok"}
    again.close()
