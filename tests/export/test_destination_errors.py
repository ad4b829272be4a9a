"""What a person is told where a destination cannot be written or read."""

from __future__ import annotations

import errno
import re
import zipfile
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.faulty_disk import FaultyDisk
from capture_station.commands.export import export as export_command
from capture_station.config import SubjectSettings
from capture_station.errors import ArchiveError, DiskFull
from capture_station.export.destination import open_destination
from capture_station.export.exporter import Choice, Export
from tests.export.exporting import ADA, BO, export, files, take


def export_to(archive: Archive, out: Path, disk: FaultyDisk) -> list[str]:
    return [one.id for one in Export(archive.folder, open_destination(str(out), disk), Choice()).run()]


def test_a_full_stick_says_what_to_do_and_the_same_command_goes_on(archive: Archive, tmp_path: Path) -> None:
    take(archive, ADA)
    take(archive, BO, 1)
    whole = FaultyDisk()
    export_to(archive, tmp_path / "whole", whole)
    second_portrait = [number for number, call in enumerate(whole.calls, 1) if call == "create"][2]
    out = tmp_path / "stick"
    with pytest.raises(DiskFull) as told:
        export_to(archive, out, FaultyDisk(second_portrait))
    assert str(told.value) == f"{out}: the disk is full; make space and run the same command again"
    assert files(out) == {"portraits/20417.jpg", "manifest.csv"}
    assert [one.result for one in export(archive, out)] == ["unchanged", "exported"]


def test_a_stick_that_fails_is_not_taken_for_the_archives_disk(archive: Archive, tmp_path: Path) -> None:
    take(archive, ADA)
    with pytest.raises(ArchiveError, match=r"stick: could not be written: .*; check the destination's disk$"):
        export_to(archive, tmp_path / "stick", FaultyDisk(1, errno.EIO))


def test_a_zip_file_that_cannot_be_read_is_not_called_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "o.zip").mkdir()
    with pytest.raises(ArchiveError, match=r"o\.zip: cannot be read: Is a directory; name another file$"):
        open_destination(str(tmp_path / "o.zip"))
    assert not (tmp_path / ".o.zip.partial").exists()


ENCRYPTED, WITH_AES = (-2, 1), (0, 99)
"""Where a ZIP's entry says so, seen from its field of the compression, and what it says (APPNOTE 4.3)."""


@pytest.mark.parametrize("protection", [ENCRYPTED, WITH_AES])
def test_a_zip_file_that_got_a_password_is_one_line_and_stays(
    archive: Archive, tmp_path: Path, protection: tuple[int, int]
) -> None:
    take(archive, ADA)
    path = tmp_path / "o.zip"
    export(archive, path)
    data, (place, value) = bytearray(path.read_bytes()), protection
    for signature, compression in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        for found in re.finditer(re.escape(signature), bytes(data)):
            data[found.start() + compression + place] = value
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"o\.zip: .* in it has a password, .*; name another file$"):
        export_command(archive.folder, str(path), Choice(), SubjectSettings())
    assert path.read_bytes() == data
    assert not (tmp_path / ".o.zip.partial").exists()


def test_a_zip_file_that_was_packed_again_and_is_damaged_is_one_line_and_stays(
    archive: Archive, tmp_path: Path
) -> None:
    take(archive, ADA)
    path = tmp_path / "o.zip"
    export(archive, path)
    with zipfile.ZipFile(path) as plain:
        contents = {name: plain.read(name) for name in plain.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    data = bytearray(path.read_bytes())
    start = packed.getinfo("manifest.csv").header_offset + 30 + len("manifest.csv")
    data[start : start + 40] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"o\.zip: manifest\.csv in it cannot be read: .*; name another file$"):
        export_command(archive.folder, str(path), Choice(), SubjectSettings())
    assert path.read_bytes() == data
    assert not (tmp_path / ".o.zip.partial").exists()
