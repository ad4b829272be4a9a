"""A group of the system may read portraits, and nothing else."""

from __future__ import annotations

import grp
import os
from datetime import datetime
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import ArchiveSettings
from capture_station.errors import ConfigError


def own_group() -> str:
    """A group that this user is in, other than the one of new files where there is one."""
    ids = [*(entry.gr_gid for entry in grp.getgrall() if os.geteuid() == 0), *os.getgroups(), os.getegid()]
    return grp.getgrgid(next(number for number in ids if number != os.getegid() or number == ids[-1])).gr_name


def saved(folder: Path, group: str) -> dict[str, tuple[str, int]]:
    """Group and mode of what is in the archive after a capture, by name; the picture's role stands for its name."""
    archive = Archive.open(ArchiveSettings(folder=folder, keep_free_bytes=0, group=group))
    original, portrait = sample_pictures((64, 48))
    record = archive.save(original, portrait, datetime.now().astimezone(), SAMPLE_CIRCUMSTANCES)
    archive.close()
    found = {"archive": folder, "day": archive.folder_of(record.id).parent, "capture": archive.folder_of(record.id)}
    found |= {file.role: archive.folder_of(record.id) / file.name for file in record.files}
    found |= {"record": archive.folder_of(record.id) / "record.json", "index": folder / ".index.sqlite"}
    stats = {name: path.stat() for name, path in found.items() if path.exists()}
    return {name: (grp.getgrgid(stat.st_gid).gr_name, stat.st_mode & 0o777) for name, stat in stats.items()}


def test_a_group_may_read_portraits_and_nothing_else(tmp_path: Path) -> None:
    group = own_group()
    found = saved(tmp_path / "archive", group)
    for name, mode in (("archive", 0o750), ("day", 0o750), ("capture", 0o750), ("portrait", 0o640)):
        assert found[name] == (group, mode), name
    for name in ("original", "matte", "record"):
        assert found[name][1] == 0o600, name


def test_an_archive_that_was_private_is_opened_to_the_group(tmp_path: Path) -> None:
    assert {mode & 0o077 for _, mode in saved(tmp_path / "archive", "").values()} == {0}
    found = saved(tmp_path / "archive", own_group())
    assert [found[name][1] for name in ("archive", "day", "portrait")] == [0o750, 0o750, 0o640]


def test_a_group_that_does_not_exist_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no group 'nobody-has-this'"):
        saved(tmp_path / "archive", "nobody-has-this")
