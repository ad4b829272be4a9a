"""Two exports to one place at once: neither damages what the other has written, nor forgets it."""

from __future__ import annotations

import socket
import zipfile
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.record import SubjectRecord
from capture_station.commands.cleaning_progress import only_run
from capture_station.commands.export import export as export_command
from capture_station.config import ArchiveSettings, SubjectSettings
from capture_station.errors import ArchiveError, Busy
from capture_station.export.destination import open_destination
from capture_station.export.exporter import Choice, Export
from tests.export.exporting import ADA, BO, export, files, manifest, take
from tests.fake_server import Server

CY = SubjectRecord(id="20419")


def test_a_second_run_into_a_zip_file_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    path = tmp_path / "o.zip"
    first = open_destination(str(path))
    first.write("a.jpg", b"1")
    with pytest.raises(Busy, match=r"o\.zip: another process writes this file"):
        open_destination(str(path))
    first.close()
    second = open_destination(str(path))
    second.write("b.jpg", b"2")
    second.close()
    with zipfile.ZipFile(path) as written:
        assert written.testzip() is None
        assert sorted(written.namelist()) == ["a.jpg", "b.jpg"]
    assert [file.name for file in tmp_path.iterdir()] == ["o.zip"]


def test_what_a_crash_left_of_a_zip_file_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / ".o.zip.partial").write_bytes(b"torn" * 1000)
    destination = open_destination(str(tmp_path / "o.zip"))
    destination.write("a.jpg", b"1")
    destination.close()
    assert zipfile.ZipFile(tmp_path / "o.zip").testzip() is None
    assert (tmp_path / "o.zip").stat().st_size < 1000


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_second_run_into_a_folder_is_refused(archive: Archive, tmp_path: Path, scheme: str) -> None:
    take(archive, ADA)
    with only_run([str(tmp_path / "out")]), pytest.raises(Busy, match="another process writes into this folder"):
        export_command(archive.folder, f"{scheme}{tmp_path}/out", Choice(), SubjectSettings())


@pytest.mark.parametrize(("replaces", "is_there"), [(True, True), (False, True), (False, False)])
def test_who_saves_the_manifest_while_another_booth_does_forgets_no_third_one(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaces: bool, is_there: bool
) -> None:
    monkeypatch.setattr(Server, "replaces", replaces)
    out = f"like-ftp://{tmp_path}/out"
    second, third = (Archive.open(ArchiveSettings(folder=tmp_path / name)) for name in ("booth-2", "booth-3"))
    with closing(second), closing(third):
        for booth, subject in ((archive, ADA), (second, BO), (third, CY)):
            take(booth, subject)
            export(booth, out)
        waits = iter([second])

        def other_booth_exports(_: Server, path: str) -> None:
            is_saved = path == f"{tmp_path}/out/manifest.csv" and Path(path).exists() == is_there
            if is_saved and (booth := next(waits, None)):
                with monkeypatch.context() as elsewhere:
                    elsewhere.setattr(socket, "gethostname", lambda: "booth-2")
                    export(booth, out)

        with monkeypatch.context() as meeting:
            meeting.setattr(Server, "before_change", other_booth_exports)
            # Where no file can be replaced, the second booth may come before the first one, which is told so.
            with nullcontext() if is_there else pytest.raises(ArchiveError, match=r"550 .* the name is there"):
                export(archive, out)
        assert next(waits, None) is None
        export(archive, out)
        assert {row["id"] for row in manifest(tmp_path / "out")} == {ADA.id, BO.id, CY.id}
        assert not [file for file in files(tmp_path / "out") if "/." in f"/{file}"]


@pytest.mark.parametrize("again", [False, True])
def test_where_there_is_no_lock_each_keeps_what_the_other_tells_in_the_manifest(
    archive: Archive, tmp_path: Path, again: bool
) -> None:
    out = f"like-ftp://{tmp_path}/out"
    with closing(Archive.open(ArchiveSettings(folder=tmp_path / "booth-2"))) as other:
        older = take(other, BO)
        if again:
            export(other, out)
        take(archive, ADA, 1)
        take(archive, CY, 2)
        run = Export(archive.folder, open_destination(out), Choice()).run()
        next(run)
        newer = take(other, BO, 3)
        export(other, out)
        list(run)
        assert {row["id"]: row["capture"] for row in manifest(tmp_path / "out")}[BO.id] == newer.id != older.id
        assert {row["id"] for row in manifest(tmp_path / "out")} == {ADA.id, BO.id, CY.id}
        delete_subject(other, BO.id, "web")
        export(other, out)
        assert files(tmp_path / "out") == {"portraits/20417.jpg", "portraits/20419.jpg", "manifest.csv"}


@pytest.mark.parametrize("again", [False, True])
def test_who_starts_while_another_writes_and_ends_last_keeps_the_others_rows(
    archive: Archive, tmp_path: Path, again: bool
) -> None:
    out = f"like-ftp://{tmp_path}/out"
    with closing(Archive.open(ArchiveSettings(folder=tmp_path / "booth-2"))) as other:
        take(other, BO, 3)
        take(archive, ADA)
        take(archive, CY, 1)
        if again:
            export(archive, out)
            take(archive, ADA, 4)
            newest = take(archive, CY, 5)
        first = Export(archive.folder, open_destination(out), Choice()).run()
        next(first)
        second = Export(other.folder, open_destination(out), Choice()).run()
        next(second)
        list(first)
        list(second)
    rows = {row["id"]: row for row in manifest(tmp_path / "out")}
    assert rows.keys() == {ADA.id, BO.id, CY.id}
    assert all(row["sha256"] for row in rows.values())
    assert not again or rows[CY.id]["capture"] == newest.id
    delete_subject(archive, CY.id, "web")
    export(archive, out)
    assert files(tmp_path / "out") == {"portraits/20417.jpg", "portraits/20418.jpg", "manifest.csv"}


def test_a_file_that_another_booth_is_writing_stays(archive: Archive, tmp_path: Path) -> None:
    out = f"like-ftp://{tmp_path}/out"
    with closing(Archive.open(ArchiveSettings(folder=tmp_path / "booth-2"))) as other:
        take(other, BO)
        take(archive, ADA)
        take(archive, CY, 1)
        first = Export(archive.folder, open_destination(out), Choice()).run()
        next(first)
        half = tmp_path / "out" / "portraits" / ".20419.jpg.partial"
        half.write_bytes(b"half a face")
        export(other, out)
        assert half.exists()
        list(first)
    assert not half.exists()
