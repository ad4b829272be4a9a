"""Commands on an archive that belongs to another user: one line, which says so."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capture_station.archive import names
from capture_station.commands import doctor
from capture_station.commands.export import export
from capture_station.commands.print import print_sheets
from capture_station.commands.purge import purge
from capture_station.config import StationSettings
from capture_station.errors import ArchiveError
from capture_station.export.exporter import Choice
from capture_station.printing.sheet import SheetChoice
from capture_station.reports.session import read_session

NOBODY = 65_534


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[StationSettings]:
    """The settings of a station into whose archive this user may not look."""
    archive = tmp_path / "service" / "archive"
    settings = StationSettings.model_validate({"archive": {"folder": str(archive)}})
    (archive / names.UNFINISHED).mkdir(parents=True)
    archive.parent.chmod(0o700 if os.geteuid() == 0 else 0)
    if os.geteuid() != 0:
        yield settings
    else:
        os.seteuid(NOBODY)
        try:
            yield settings
        finally:
            os.seteuid(0)
    archive.parent.chmod(0o700)


@pytest.mark.parametrize(
    "look",
    [
        doctor._archive,
        doctor._pictures,
        lambda settings: list(purge(settings.archive, 1, remove=False)),
        lambda settings: export(settings.archive.folder, "/nowhere", Choice(), settings.subjects),
        lambda settings: print_sheets(settings, [], [], None, SheetChoice(), 1, Path("sheet.pdf")),
        lambda settings: read_session(settings.archive.folder),
    ],
    ids=["doctor", "doctor --archive", "purge", "export", "print", "report"],
)
def test_it_is_said_whose_archive_it_is(foreign: StationSettings, look: Callable[[StationSettings], object]) -> None:
    folder = foreign.archive.folder
    with pytest.raises(ArchiveError, match=f"^{folder}: belongs to another user; run this command as that user$"):
        look(foreign)
