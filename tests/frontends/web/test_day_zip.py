"""The ZIP of a day or of chosen captures, over HTTP."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import time
import zipfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import httpx
import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import ConsentRecord, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.station.status import Person
from capture_station.subjects.subject import Subject
from tests.frontends.fake_station import FakeStation

from .serving import serving

NOWHERE = "20260131-000000-000000-ffffffff"
NOTHING = dict.fromkeys(("captures", "not_kept", "by_demo", "nameless", "not_agreed"), 0)
UNREADABLE = "/proc/self/mem"
"""A regular file that can be opened; reading its first byte fails as a bad sector does."""


def test_all_captures_of_a_day_are_exported(client: httpx.Client, station: FakeStation) -> None:
    saved = [station.save(portrait=station.portrait, original="/gone/original.jpg") for _ in range(3)]
    answer = client.get("/api/v1/export.zip", params={"day": "2026-01-31"})
    assert answer.headers["content-disposition"] == 'attachment; filename="capture-station-2026-01-31.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 6
        name = f"{saved[0].id}/{Path(station.portrait).name}"
        assert archive.read(name) == Path(station.portrait).read_bytes()
        assert json.loads(archive.read(f"{saved[1].id}/record.json")) == {"id": saved[1].id}
    empty = client.get("/api/v1/export.zip", params={"day": "2026-02-01"})
    assert zipfile.ZipFile(io.BytesIO(empty.content)).namelist() == []


@pytest.mark.parametrize("day", ["2026-13-01", "2026-02-30", "0000-01-01", "20260131", "86400"])
def test_a_day_that_does_not_exist_is_no_day_without_portraits(client: httpx.Client, day: str) -> None:
    assert client.get(f"/api/v1/days/{day}").status_code == 422
    refused = client.get("/api/v1/export.zip", params={"day": day})
    assert refused.status_code == 422
    assert refused.json()["error"].startswith("query.day: ")


def test_portraits_of_a_day_also_have_their_peoples_names(
    client: httpx.Client, station: FakeStation, archive: Archive
) -> None:
    ada, bo = SubjectRecord(id="1", name="Ada"), SubjectRecord(id="2", name="Bo")
    portraits = []
    for subject in (ada, bo, ada, None):
        circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject})
        taken = archive.save(*sample_pictures((64, 80)), datetime(2026, 1, 31, tzinfo=timezone.utc), circumstances)
        portraits.append(archive.path(taken, "portrait"))
        saved = station.save(portrait="/gone.jpg" if subject is bo else str(portraits[-1]))
        station.archive[saved.id] = replace(saved, record=json.loads(taken.model_dump_json()))
    answer = client.get("/api/v1/export.zip", params={"day": "2026-01-31"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as written:
        named = [name for name in written.namelist() if name.startswith("portraits/")]
        assert named == ["portraits/1.jpg"], "a picture that is gone has no name"
        assert written.read(named[0]) == portraits[2].read_bytes()
        assert len([name for name in written.namelist() if name.endswith("record.json")]) == len(portraits)
        rows = list(csv.DictReader(io.StringIO(written.read("manifest.csv").decode("utf-8-sig"))))
        newest = max(station.archive)
        assert [(row["id"], row["file"]) for row in rows][1:] == [("1", "portraits/1.jpg")]
        assert rows[0]["file"] == f"{newest}/{portraits[3].name}", "nobody's is in its folder only"
        assert rows[1]["sha256"] == hashlib.sha256(portraits[2].read_bytes()).hexdigest()


def test_the_zip_of_a_day_says_who_is_missing_and_who_has_not_agreed(station: FakeStation, archive: Archive) -> None:
    ada, bo, cy = Subject("1", "Ada"), Subject("2", "Bo"), Subject("3", "Cy")
    station.subjects.use("required", ada, bo, cy, consent={"en": "Agreed?"})
    for one, agreed in ((ada, False), (bo, False), (ada, True)):
        consent = ConsentRecord(text_sha256="0" * 64, agreed_at=datetime.now(timezone.utc)) if agreed else None
        subject = SubjectRecord(id=one.id, name=one.name)
        circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject, "consent": consent})
        taken = archive.save(*sample_pictures((64, 80)), datetime(2026, 1, 31, tzinfo=timezone.utc), circumstances)
        saved = station.save(portrait=str(archive.path(taken, "portrait")))
        person = Person(one.id, one.name, must_agree=not agreed)
        station.archive[saved.id] = replace(saved, subject=person, record=json.loads(taken.model_dump_json()))
    subjects = {"mode": "required", "consent": {"en": "Agreed?"}}
    with serving(station, subjects=subjects) as server, server.client() as client:
        assert client.get("/api/v1/days/2026-01-31").json() == {**NOTHING, "captures": 3, "not_agreed": 1}
        answer = client.get("/api/v1/export.zip", params={"day": "2026-01-31"})
        with zipfile.ZipFile(io.BytesIO(answer.content)) as written:
            tables = {name: written.read(name).decode("utf-8-sig") for name in written.namelist() if "csv" in name}
    assert tables.keys() == {"manifest.csv", "missing.csv", "without_consent.csv"}
    assert tables["missing.csv"].splitlines() == ["id,name", "3,Cy"]
    assert tables["without_consent.csv"].splitlines() == ["id,name", "2,Bo"]


def test_what_is_not_kept_is_not_exported_with_its_day(client: httpx.Client, station: FakeStation) -> None:
    kept, retaken = station.save(), station.save()
    station.retake(retaken.id)
    answer = client.get("/api/v1/export.zip", params={"day": "2026-01-31"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{kept.id}/record.json"]


def test_what_the_zip_of_a_day_leaves_out_is_counted(client: httpx.Client, station: FakeStation) -> None:
    kept, retaken, demo, other = (station.save() for _ in range(4))
    for unwanted in (retaken, other):
        station.retake(unwanted.id)
    station.archive[demo.id] = replace(demo, by_demo=True)
    assert client.get("/api/v1/days/2026-01-31").json() == {**NOTHING, "captures": 1, "not_kept": 2, "by_demo": 1}
    assert client.get("/api/v1/days/2026-02-01").json() == NOTHING
    answer = client.get("/api/v1/export.zip", params={"day": "2026-01-31"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{kept.id}/record.json"]


def test_where_names_are_required_the_zip_of_a_day_has_no_portrait_of_nobody(station: FakeStation) -> None:
    named, nobodys = station.save(), station.save()
    station.archive[named.id] = replace(named, subject=Person("20417"))
    with serving(station, subjects={"mode": "required"}) as server, server.client() as client:
        counts = client.get("/api/v1/days/2026-01-31").json()
        assert (counts["captures"], counts["nameless"]) == (1, 1)
        answer = client.get("/api/v1/export.zip", params={"day": "2026-01-31"})
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.namelist() == [f"{named.id}/record.json"]
        chosen = client.get("/api/v1/export.zip", params={"ids": [nobodys.id]})
        assert zipfile.ZipFile(io.BytesIO(chosen.content)).namelist() == [f"{nobodys.id}/record.json"]


def test_selected_captures_are_exported(client: httpx.Client, station: FakeStation) -> None:
    one, _, three = (station.save() for _ in range(3))
    answer = client.get("/api/v1/export.zip", params={"ids": [one.id, three.id]})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{one.id}/record.json", f"{three.id}/record.json"]
    assert client.get("/api/v1/export.zip", params={"ids": [one.id, NOWHERE]}).status_code == 404
    today = client.get("/api/v1/export.zip")
    assert zipfile.ZipFile(io.BytesIO(today.content)).namelist() == []


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "damaged", "bad sector"])
def test_one_unreadable_picture_is_left_out_of_the_export_and_listed(
    client: httpx.Client, station: FakeStation, tmp_path: Path, kind: str
) -> None:
    bad = Path(UNREADABLE) if kind == "bad sector" else tmp_path / "bad.jpg"
    record = {}
    if kind == "folder":
        bad.mkdir()
    elif kind == "link":
        bad.symlink_to(station.portrait)
    elif kind == "pipe":
        os.mkfifo(bad)
    elif kind == "damaged":
        bad.write_bytes(Path(station.portrait).read_bytes()[:-1])
        sha256 = hashlib.sha256(Path(station.portrait).read_bytes()).hexdigest()
        record = {"record": {"files": [{"name": bad.name, "sha256": sha256}]}}
    first, spoiled, last = station.save(portrait=station.portrait), station.save(), station.save()
    station.archive[spoiled.id] = replace(spoiled, pictures={"portrait": str(bad)}, **record)
    answer = client.get("/api/v1/export.zip", params={"day": "2026-01-31"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = {f"{saved.id}/record.json" for saved in (first, spoiled, last)}
        assert set(archive.namelist()) == {*names, f"{first.id}/{Path(station.portrait).name}", "unreadable.txt"}
        (line,) = archive.read("unreadable.txt").decode().splitlines()
        assert line.startswith(f"{spoiled.id}/{bad.name}: cannot be read: ")


def test_a_zip_with_tables_is_whole_also_while_the_clock_is_not_set(
    client: httpx.Client, station: FakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(0))
    station.save(portrait=UNREADABLE)
    answer = client.get("/api/v1/export.zip", params={"day": "2026-01-31"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert "unreadable.txt" in archive.namelist()
