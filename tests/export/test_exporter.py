"""What leaves the archive: each person's newest kept portrait, once, under their name."""

from __future__ import annotations

import hashlib
import json
import os
import time
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

import capture_station.export.exporter
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.errors import ArchiveError, ConfigError
from capture_station.export.destination import Destination, open_destination
from capture_station.export.exporter import Choice, Export
from capture_station.export.manifest import read_rows, write_rows
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject
from tests.export.exporting import ADA, BO, NOON, export, files, manifest, take


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_everybody_has_their_newest_kept_portrait(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    newest = take(archive, ADA, 1)
    retaken = take(archive, ADA, 2)
    archive.set_kept(retaken.id, False)
    bo = take(archive, BO, 3)
    export(archive, out)
    assert files(out) == {"portraits/20417.jpg", "portraits/20418.jpg", "manifest.csv"}
    rows = {row["id"]: row for row in manifest(out)}
    assert rows["20417"]["capture"] == newest.id
    assert rows["20418"]["capture"] == bo.id
    exported = (out / "portraits/20417.jpg").read_bytes()
    assert exported == archive.path(newest, "portrait").read_bytes()
    assert rows["20417"]["sha256"] == hashlib.sha256(exported).hexdigest()


def test_run_twice_it_does_nothing_twice(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    take(archive, None, 1)
    export(archive, out)
    before = {path: path.stat().st_mtime_ns for path in (out / "portraits").iterdir()}
    assert {outcome.result for outcome in export(archive, out)} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in (out / "portraits").iterdir()} == before


def test_a_newer_take_replaces_the_exported_one(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    export(archive, out)
    newer = take(archive, ADA, 5)
    export(archive, out)
    assert [row["capture"] for row in manifest(out)] == [newer.id]
    assert files(out) == {"portraits/20417.jpg", "manifest.csv"}


def test_a_portrait_of_the_wrong_person_is_taken_back(archive: Archive, out: Path) -> None:
    wrong = take(archive, ADA)
    export(archive, out)
    archive.assign(wrong.id, BO, "window")
    export(archive, out)
    assert files(out) == {"portraits/20418.jpg", "manifest.csv"}
    archive.set_kept(wrong.id, False)
    export(archive, out)
    assert files(out) == {"manifest.csv"}


def test_a_deleted_person_is_taken_back_until_photographed_again(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    take(archive, BO, 1)
    export(archive, out)
    delete_subject(archive, "20417", "web")
    export(archive, out)
    assert files(out) == {"portraits/20418.jpg", "manifest.csv"}
    take(archive, ADA, 2)
    export(archive, out)
    assert "portraits/20417.jpg" in files(out)


def test_what_was_purged_stays_exported(archive: Archive, out: Path) -> None:
    gone = take(archive, ADA)
    export(archive, out)
    archive.remove(gone.id)
    export(archive, out)
    assert files(out) == {"portraits/20417.jpg", "manifest.csv"}


def test_an_interrupted_export_goes_on(archive: Archive, out: Path) -> None:
    for minute in range(4):
        take(archive, SubjectRecord(id=str(minute)), minute)
    run = Export(archive.folder, open_destination(str(out)), Choice()).run()
    next(run)
    next(run)
    run.close()
    export(archive, out)
    assert len(manifest(out)) == 4
    assert files(out) == {*(f"portraits/{number}.jpg" for number in range(4)), "manifest.csv"}


def test_names_come_from_the_template_and_never_meet(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    take(archive, SubjectRecord(id="9", name="ada LOVELACE"), 1)
    take(archive, SubjectRecord(id="../../10", name="../x"), 2)
    export(archive, out, name="{name}")
    assert {row["file"] for row in manifest(out)} == {
        "portraits/Ada Lovelace.jpg",
        "portraits/ada LOVELACE-2.jpg",
        "portraits/_x.jpg",
    }


def test_a_column_of_the_roster_may_be_in_the_name(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    export(archive, out, name="{class}_{family}_{given}")
    assert [row["file"] for row in manifest(out)] == ["portraits/3b_Lovelace_Ada.jpg"]
    with pytest.raises(ConfigError, match=r"no \{room\}"):
        export(archive, out / "other", name="{room}")


def test_somebody_who_lacks_what_the_name_needs_gets_their_id(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    take(archive, SubjectRecord(id="FQ-9"), 1)
    outcomes = export(archive, out, name="{class}_{family}")
    assert [row["file"] for row in manifest(out)] == ["portraits/3b_Lovelace.jpg", "portraits/FQ-9.jpg"]
    assert [one.reason for one in outcomes] == ["", "the file is named by the ID: there is no {class} of this person"]


def test_files_are_numbered_and_keep_their_numbers(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    take(archive, BO, 1)
    export(archive, out, name="{n}_{subject}")
    take(archive, ADA, 2)
    take(archive, SubjectRecord(id="8"), 3)
    export(archive, out, name="{n}_{subject}")
    assert {row["id"]: row["file"] for row in manifest(out)} == {
        ADA.id: f"portraits/1_{ADA.id}.jpg",
        BO.id: f"portraits/2_{BO.id}.jpg",
        "8": "portraits/3_8.jpg",
    }


def test_two_people_of_one_name_are_told(archive: Archive, out: Path) -> None:
    take(archive, SubjectRecord(id="1", name="Ada Lovelace"))
    take(archive, SubjectRecord(id="2", name="Ada Lovelace"), 1)
    reasons = [one.reason for one in export(archive, out, name="{name}")]
    assert [bool(reason) for reason in reasons] == [False, True]
    assert "has a number" in reasons[1]
    assert "Lovelace" not in reasons[1]


def test_a_file_of_somebody_else_is_never_replaced(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    (out / "portraits").mkdir(parents=True)
    (out / "portraits" / f"{ADA.id}.jpg").write_bytes(b"mine")
    for _ in range(2):
        export(archive, out)
    assert (out / "portraits" / f"{ADA.id}.jpg").read_bytes() == b"mine"
    assert [row["file"] for row in manifest(out)] == [f"portraits/{ADA.id}-2.jpg"]


def test_a_long_export_into_a_zip_file_has_one_manifest(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_station.export.exporter, "SAVE_EVERY", 1)
    take(archive, ADA)
    take(archive, BO, 1)
    export(archive, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as written:
        assert sorted(written.namelist()) == ["manifest.csv", f"portraits/{ADA.id}.jpg", f"portraits/{BO.id}.jpg"]
        assert len(written.read("manifest.csv").splitlines()) == 3


def test_an_interrupted_export_knows_what_it_has_written(archive: Archive, out: Path) -> None:
    first = take(archive, ADA)
    take(archive, BO, 1)
    run = Export(archive.folder, open_destination(str(out)), Choice()).run()
    next(run)
    run.close()
    assert [row["capture"] for row in manifest(out)] == [first.id]
    take(archive, ADA, 2)
    export(archive, out)
    assert files(out) == {"manifest.csv", f"portraits/{ADA.id}.jpg", f"portraits/{BO.id}.jpg"}


@pytest.mark.parametrize(
    ("preset", "size_wh", "shape"),
    [
        ("portrait-4x5", (320, 400), "preset"),
        ("portrait-4x5", (1280, 720), "other"),  # The whole frame.
        ("portrait-4x5", (400, 400), "unknown"),  # The preset may have been a square then.
        ("of-our-own", (320, 400), "unknown"),
        ("free", (1280, 720), "free"),
    ],
)
def test_the_shape_of_an_older_record_is_derived(
    archive: Archive, out: Path, preset: str, size_wh: tuple[int, int], shape: str
) -> None:
    circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": ADA, "preset": preset})
    taken = archive.save(*sample_pictures(size_wh), NOON, circumstances)
    path = archive.folder_of(taken.id) / "record.json"
    older = json.loads(path.read_text())
    older = {key: value for key, value in older.items() if key not in ("preset_px", "portrait_px")}
    path.write_text(json.dumps(older | {"size_wh": [1280, 720]}))
    for result in ("exported", "unchanged"):
        (outcome,) = export(archive, out)
        assert (outcome.result, bool(outcome.misshapen)) == (result, shape == "other")
        assert [row["shape"] for row in manifest(out)] == [shape]


def test_no_name_is_a_formula_for_a_spreadsheet(archive: Archive, out: Path) -> None:
    evil = "=HYPERLINK(1)"
    take(archive, SubjectRecord(id="=6", name=evil))
    roster = Roster([Subject("=6", evil), Subject("-7", "@Bo")])
    assert [outcome.result for outcome in export(archive, out, roster)] == ["exported"]
    # The next export knows its own files again.
    assert [outcome.result for outcome in export(archive, out, roster)] == ["unchanged"]
    assert [(row["id"], row["name"]) for row in manifest(out)] == [("'=6", f"'{evil}")]
    assert (out / "missing.csv").read_text("utf-8-sig").splitlines() == ["id,name", "'-7,'@Bo"]


def test_only_what_was_asked_for_is_exported(archive: Archive, out: Path) -> None:
    take(archive, ADA, preset="square")
    take(archive, BO, minutes=60 * 24, preset="free")
    export(archive, out / "preset", preset="square")
    export(archive, out / "since", since=date(2026, 5, 5))
    export(archive, out / "ok", verdicts=frozenset({"review"}))
    assert [row["id"] for row in manifest(out / "preset")] == ["20417"]
    assert [row["id"] for row in manifest(out / "since")] == ["20418"]
    assert manifest(out / "ok") == []


def test_limits_in_kilobytes_and_pixels_are_kept(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    export(archive, out, largest_bytes=20_000, longest_px=400)
    data = (out / "portraits/20417.jpg").read_bytes()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert 10_000 < len(data) <= 20_000
    assert image.shape[:2] == (400, 320)


def test_other_limits_make_the_files_again(archive: Archive, out: Path) -> None:
    take(archive, ADA)
    export(archive, out)
    assert [outcome.result for outcome in export(archive, out, longest_px=100)] == ["exported"]


def test_a_damaged_portrait_is_not_handed_on(archive: Archive, out: Path) -> None:
    record = take(archive, ADA)
    path = archive.path(record, "portrait")
    path.write_bytes(path.read_bytes()[:-10])
    (outcome,) = export(archive, out)
    assert (outcome.result, "damaged" in outcome.reason) == ("failed", True)
    assert files(out) == {"manifest.csv"}


@pytest.mark.parametrize("wrong", ["somebody else's", "retaken"])
def test_a_wrong_portrait_is_taken_back_also_where_the_right_one_is_damaged(
    archive: Archive, out: Path, wrong: str
) -> None:
    right, newer = take(archive, ADA), take(archive, ADA, 1)
    export(archive, out)
    archive.path(right, "portrait").write_bytes(b"rotten")
    export(archive, out)
    assert files(out) == {"portraits/20417.jpg", "manifest.csv"}
    if wrong == "retaken":
        archive.set_kept(newer.id, False)
    else:
        archive.assign(newer.id, BO, "web")
    assert [one.result for one in export(archive, out) if one.id == ADA.id] == ["failed"]
    assert files(out) == {"manifest.csv"} | ({"portraits/20418.jpg"} if wrong != "retaken" else set())
    assert ADA.id not in {row["id"] for row in manifest(out)}


def test_a_pipe_in_place_of_a_portrait_does_not_hold_up_the_others(archive: Archive, out: Path) -> None:
    path = archive.path(take(archive, ADA), "portrait")
    path.unlink()
    os.mkfifo(path)
    (outcome,) = export(archive, out)
    assert (outcome.result, "not a regular file" in outcome.reason) == ("failed", True)


class TestDestinations:
    @pytest.fixture(params=["{}/o", "{}/o.zip", "like-ftp://{}/o", "like-smb://{}/o"])
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        return str(request.param).format(tmp_path)

    @pytest.fixture
    def destination(self, place: str) -> Destination:
        return open_destination(place)

    def test_all_do_the_same(self, destination: Destination, place: str) -> None:
        destination.write("portraits/a.jpg", b"1")
        destination.write("portraits/b.jpg", b"2")
        destination.close()
        again = open_destination(place)
        assert again.read("portraits/a.jpg") == b"1"
        assert again.exists("portraits/b.jpg")
        assert again.read("none") is None
        assert again.files("portraits") == {"portraits/a.jpg", "portraits/b.jpg"}
        assert again.files("none") == set()
        again.write("portraits/a.jpg", b"3")
        assert again.read("portraits/a.jpg") == b"3"
        again.remove("portraits/b.jpg")
        assert not again.exists("portraits/b.jpg")
        assert again.read("portraits/b.jpg") is None
        again.write("c.csv", b"5")
        assert again.exists("c.csv")
        assert again.read("c.csv") == b"5"
        again.remove("none")
        again.write("portraits/.hidden", b"4")
        assert again.files("portraits") == {"portraits/a.jpg"}
        again.close()
        last = open_destination(place)
        assert last.read("portraits/a.jpg") == b"3"
        assert not last.exists("portraits/b.jpg")
        last.close()

    def test_a_zip_is_complete_or_the_old_one(self, tmp_path: Path) -> None:
        path = tmp_path / "o.zip"
        first = open_destination(str(path))
        first.write("a", b"1")
        first.close()
        second = open_destination(str(path))
        second.write("a", b"2")
        assert zipfile.ZipFile(path).read("a") == b"1"
        second.close()
        assert zipfile.ZipFile(path).read("a") == b"2"
        assert [file.name for file in tmp_path.iterdir()] == ["o.zip"]

    def test_a_zip_is_written_also_while_the_clock_is_not_set(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(0))
        path = tmp_path / "o.zip"
        for name in ("a.jpg", "b.jpg", "c.csv"):  # Each keeps what was there before.
            destination = open_destination(str(path))
            destination.write(name, b"1")
            destination.close()
        assert sorted(zipfile.ZipFile(path).namelist()) == ["a.jpg", "b.jpg", "c.csv"]

    def test_what_is_no_zip_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "precious.zip"
        path.write_text("data")
        with pytest.raises(ArchiveError, match="not a ZIP file"):
            open_destination(str(path))
        assert path.read_text() == "data"

    def test_a_strangers_manifest_is_left_alone(self, archive: Archive, out: Path) -> None:
        out.mkdir()
        (out / "manifest.csv").write_text("a,b\n1,2\n")
        with pytest.raises(ArchiveError, match="not one of capture-station"):
            export(archive, out)

    @pytest.mark.parametrize(
        "file", ["{victim}", "portraits/../../victim.jpg", "portraits/..", "portraits/.a", "victim.jpg", "portraits/"]
    )
    def test_a_manifest_that_names_files_elsewhere_removes_nothing(
        self, archive: Archive, out: Path, file: str
    ) -> None:
        take(archive, ADA)
        export(archive, out)
        victim = out.parent / "victim.jpg"
        victim.write_bytes(b"precious")
        table = out / "manifest.csv"
        (row,) = read_rows(table.read_bytes())
        table.write_bytes(write_rows([replace(row, file=file.format(victim=victim)), row]))
        with pytest.raises(ArchiveError, match="not one of capture-station"):
            export(archive, out)
        assert victim.read_bytes() == b"precious"
