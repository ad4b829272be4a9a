"""`capture-station doctor`: what it says about camera, archive and uploads."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timezone
from pathlib import Path

import numpy as np
import pytest

from capture_station import shipped
from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.record import Circumstances, Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.commands.doctor import Finding, Outcome, check_machine
from capture_station.config import StationSettings
from capture_station.frontends.control_socket import ControlServer
from tests.frontends.fake_station import FakeStation

PICTURE = np.zeros((4, 4, 3), np.uint8)
ADA = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id="20417", name="Ada Lovelace")})


def about(subject: str, settings: StationSettings) -> list[Finding]:
    return [finding for finding in check_machine(settings) if finding.subject == subject]


def station(archive: Archive, folder: Path, **sections: object) -> StationSettings:
    demo, control = {"kind": "demo", "size_px": [640, 480]}, {"socket": str(folder / "control")}
    return StationSettings.model_validate(
        {"archive": {"folder": archive.folder}, "camera": demo, "remote": control, **sections}
    )


def save(archive: Archive, circumstances: Circumstances) -> Record:
    return archive.save(*sample_pictures((32, 24)), datetime(2026, 5, 4, tzinfo=timezone.utc), circumstances)


def test_a_demo_camera_that_stands_in_is_no_surprise(archive: Archive, tmp_path: Path) -> None:
    (camera,) = about("camera", station(archive, tmp_path, camera={"kind": "auto", "size_px": [640, 480]}))
    assert camera.outcome is Outcome.NOTE
    assert camera.detail.endswith("with webcam or raspberry the station waits for the camera")


def test_the_services_user_is_told_that_its_station_has_the_camera(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nobody"))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setattr(shipped, "SERVICE_RUNTIME", tmp_path)
    settings = station(archive, tmp_path, camera={"kind": "webcam", "device": "/dev/nothing"}, remote={})
    with ControlServer(FakeStation(PICTURE, PICTURE, lambda: 0.0), tmp_path / "capture-station.sock"):
        assert about("camera", settings) == [Finding("camera", Outcome.OK, "in use by a running station")]
    (camera,) = about("camera", settings)
    assert camera.outcome is Outcome.FAULT


def test_portraits_that_wait_for_a_name_before_their_upload_are_counted(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    settings = station(archive, tmp_path, upload={"url": str(tmp_path / "target")}, subjects={"mode": "required"})
    save(archive, ADA)
    (fine,) = about("upload", settings)
    assert fine == Finding("upload", Outcome.OK, "captures are uploaded to upload.url; 1 still to be uploaded")
    for _ in range(2):
        save(archive, SAMPLE_CIRCUMSTANCES)
    (waiting,) = about("upload", settings)
    assert waiting.outcome is Outcome.NOTE
    assert "2 portraits are not uploaded before somebody says on the page whose" in waiting.detail


def test_an_empty_folder_for_the_archive_is_not_said_to_be_missing(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    settings = StationSettings.model_validate({"archive": {"folder": folder}, "camera": {"kind": "demo"}})
    assert f"{folder} does not exist; `run` creates it in {tmp_path}" in about("archive", settings)[0].detail
    folder.mkdir()
    assert f"{folder} has no portraits yet; `run` puts them there" in about("archive", settings)[0].detail


def test_a_missing_upload_folder_is_a_fault_and_what_waits_is_counted(archive: Archive, tmp_path: Path) -> None:
    settings = station(archive, tmp_path, upload={"url": str(tmp_path / "target")})
    uploaded, _ = save(archive, ADA), save(archive, ADA)
    archive.mark_uploaded(uploaded)
    (away,) = about("upload", settings)
    assert away.outcome is Outcome.FAULT
    assert f"{tmp_path / 'target'} does not exist" in away.detail
    assert away.detail.endswith("; 1 still to be uploaded")
    (tmp_path / "target").mkdir()
    (there,) = about("upload", settings)
    assert there.outcome is Outcome.OK


def test_somebody_who_is_back_from_a_backup_is_named(archive: Archive, tmp_path: Path) -> None:
    settings = station(archive, tmp_path)
    folder = archive.folder_of(save(archive, ADA).id)
    shutil.copytree(folder, tmp_path / "backup")
    delete_subject(archive, "20417", "web")
    (nobody,) = about("deletions", settings)
    assert nobody.outcome is Outcome.OK
    shutil.copytree(tmp_path / "backup", folder)
    (back,) = about("deletions", settings)
    assert back.outcome is Outcome.NOTE
    assert back.detail.startswith(f"20417 was deleted on {date.today()} and has pictures from before that")
