"""What an export has written is known to the next one, whenever it was cut off, and in whatever format."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.disk import Disk, write_atomically
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES
from capture_station.config import ArchiveSettings
from capture_station.errors import ArchiveError
from capture_station.export.destination import Destination, open_destination
from capture_station.export.exporter import Choice, Export
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject
from tests.export.exporting import ADA, BO, NOON, ORIGINAL, PORTRAIT, export, files, manifest, take
from tests.fake_server import Server


class CutOff:
    """A folder whose power is cut after some changes."""

    def __init__(self, folder: Path, changes: int) -> None:
        self._folder = open_destination(str(folder))
        self._left = changes
        self.read, self.exists, self.files = self._folder.read, self._folder.exists, self._folder.files

    def write(self, name: str, data: bytes) -> None:
        self._change()
        self._folder.write(name, data)

    def remove(self, name: str) -> None:
        self._change()
        self._folder.remove(name)

    def close(self) -> None:
        self._folder.close()

    @property
    def is_cut(self) -> bool:
        return self._left < 0

    def _change(self) -> None:
        self._left -= 1
        if self.is_cut:
            raise ArchiveError("the power is cut")


def export_cut_off(archive: Archive, out: Path, changes: int, **choice: object) -> bool:
    """Whether the power was cut before the export was done."""
    cut = CutOff(out, changes)
    destination: Destination = cut
    try:
        list(Export(archive.folder, destination, Choice(**choice)).run())  # type: ignore[arg-type]
    except ArchiveError:
        assert cut.is_cut
    return cut.is_cut


def test_another_format_leaves_nothing_of_the_one_before(archive: Archive, tmp_path: Path) -> None:
    take(archive, ADA)
    take(archive, BO, 1)
    export(archive, tmp_path / "out")
    export(archive, tmp_path / "out", format="png")
    assert files(tmp_path / "out") == {"portraits/20417.png", "portraits/20418.png", "manifest.csv"}
    delete_subject(archive, ADA.id, "web")
    export(archive, tmp_path / "out", format="png")
    assert files(tmp_path / "out") == {"portraits/20418.png", "manifest.csv"}


@pytest.mark.parametrize("before", [{}, {"format": "png"}, None])
def test_who_is_deleted_after_a_power_cut_is_taken_back(
    archive: Archive, tmp_path: Path, before: dict[str, str] | None
) -> None:
    take(archive, ADA, 1)
    take(archive, BO, 2)
    places = [tmp_path / str(changes) for changes in range(8)]
    for out in places if before is not None else []:
        export(archive, out, **before or {})
    take(archive, ADA, 3)
    cuts = [export_cut_off(archive, out, changes) for changes, out in enumerate(places)]
    assert cuts.index(False) > 2
    delete_subject(archive, ADA.id, "web")
    for out in places:
        export(archive, out)
        assert files(out) == {"portraits/20418.jpg", "manifest.csv"}
        assert [row["id"] for row in manifest(out)] == [BO.id]


def test_a_file_that_was_replaced_before_a_power_cut_does_not_count_as_unchanged(
    archive: Archive, tmp_path: Path
) -> None:
    right = take(archive, ADA, -1)
    places = [tmp_path / str(changes) for changes in range(5)]
    for out in places:
        export(archive, out)
    other = replace(PORTRAIT, image_rgb=255 - PORTRAIT.image_rgb)
    wrong = archive.save(ORIGINAL, other, NOON, SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": ADA}))
    cuts = [export_cut_off(archive, out, changes) for changes, out in enumerate(places)]
    assert cuts.index(False) > 1
    archive.remove(wrong.id)
    for out in places:
        export(archive, out)
        assert (out / "portraits/20417.jpg").read_bytes() == archive.path(right, "portrait").read_bytes()


@pytest.mark.parametrize("scheme", ["", "like-ftp://"])
def test_what_a_power_cut_left_of_a_portrait_is_removed_when_the_person_is_deleted(
    archive: Archive, tmp_path: Path, scheme: str
) -> None:
    take(archive, ADA)
    out = tmp_path / "out"
    assert export_cut_off(archive, out, 1)
    (out / "portraits").mkdir()
    (out / "portraits" / ".20417.jpg.partial").write_bytes(b"a face")
    delete_subject(archive, ADA.id, "web")
    export(archive, f"{scheme}{out}")
    assert files(out) == {"manifest.csv"}


class Stopped(Disk):
    """Ctrl-C comes when a file is about to get its name."""

    def rename(self, old: Path, new: Path) -> None:
        raise KeyboardInterrupt(f"{old} -> {new}")


def test_ctrl_c_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_atomically(Stopped(), tmp_path / "20417.jpg", b"a face")
    assert files(tmp_path) == set()


@pytest.mark.parametrize("replaces", [True, False])
def test_a_connection_that_drops_at_any_moment_makes_no_manifest_forget_another_booth(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaces: bool
) -> None:
    monkeypatch.setattr(Server, "replaces", replaces)
    take(archive, ADA)
    with closing(Archive.open(ArchiveSettings(folder=tmp_path / "booth-2"))) as other:
        take(other, BO, 1)
        places = [tmp_path / str(changes) for changes in range(16)]
        for out in places:
            export(archive, f"like-ftp://{out}")
            export(other, f"like-ftp://{out}")
        take(archive, ADA, 2)
        dropped = [drops_after(changes, archive, out, monkeypatch) for changes, out in enumerate(places)]
        assert dropped.index(False) > 5
        for out in places:
            export(archive, f"like-ftp://{out}")
        delete_subject(other, BO.id, "web")
        for out in places:
            export(other, f"like-ftp://{out}")
            assert files(out) == {"portraits/20417.jpg", "manifest.csv"}
            assert [row["id"] for row in manifest(out)] == [ADA.id]


def drops_after(changes: int, archive: Archive, out: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the export was not done before its connection has dropped."""
    left = iter(range(changes))

    def drop(_: Server, path: str) -> None:
        if next(left, None) is None:
            raise ConnectionResetError(path)

    with monkeypatch.context() as dropping:
        dropping.setattr(Server, "before_change", drop)
        try:
            export(archive, f"like-ftp://{out}")
        except ArchiveError:
            return True
    return False


@pytest.mark.parametrize("changes", [1, 2])
def test_who_another_booth_had_only_begun_to_export_is_missing(archive: Archive, tmp_path: Path, changes: int) -> None:
    out = tmp_path / "out"
    with closing(Archive.open(ArchiveSettings(folder=tmp_path / "booth-2"))) as other:
        take(other, BO)
        take(other, SubjectRecord(id="5", name="Zoë"), 1)
        assert export_cut_off(other, out, changes)
    take(archive, ADA)
    roster = Roster([Subject(ADA.id), Subject(BO.id), Subject("5", "Zoë")])
    run = Export(archive.folder, open_destination(str(out)), Choice(), roster)
    list(run.run())
    missing = ["20418,", "5,Zoë"][changes - 1 :]
    assert (out / "missing.csv").read_text("utf-8-sig").splitlines() == ["id,name", *missing]
    assert run.missing == len(missing)
    assert {row["id"] for row in manifest(out)} == {ADA.id, BO.id, "5"}
