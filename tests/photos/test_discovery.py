"""Which photos are found, in which order, and where their results may be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from capture_station.errors import ArchiveError, PhotoError
from capture_station.photos.discovery import list_photos
from capture_station.photos.name_collisions import split_collisions


def targets(output: Path, *paths: Path) -> list[str]:
    return [Path(photo.target).relative_to(output.resolve()).as_posix() for photo in list_photos(paths, output)]


def test_folders_are_read_to_the_bottom_in_order_and_only_for_photos(album: Path, tmp_path: Path) -> None:
    (album / "._a.jpg").write_bytes(b"what a Mac leaves")
    (album / ".cache").mkdir()
    (album / ".cache" / "e.jpg").touch()
    (album / "F.JPEG").touch()
    (album / "g.jfif").touch()
    (album / "folder.png").mkdir()
    os.mkfifo(album / "pipe.png")
    assert targets(tmp_path / "out", album) == ["F", "a", "b", "c", "g", "day 2/d"]


def test_a_broken_link_is_listed_so_that_reading_reports_it(album: Path, tmp_path: Path) -> None:
    (album / "lost.jpg").symlink_to(tmp_path / "absent.jpg")
    assert "lost" in targets(tmp_path / "out", album)


def test_a_loop_of_links_ends(album: Path, tmp_path: Path) -> None:
    (album / "day 2" / "up").symlink_to(album)
    (album / "itself").symlink_to(album / "itself")
    assert targets(tmp_path / "out", album) == ["a", "b", "c", "day 2/d"]


def test_a_photo_named_twice_is_listed_once(album: Path, tmp_path: Path) -> None:
    assert targets(tmp_path / "out", album, album / "day 2" / "d.tif", album) == ["a", "b", "c", "day 2/d"]


def test_an_output_folder_below_the_input_is_not_read(album: Path) -> None:
    output = album / "white"
    output.mkdir()
    (output / "a.jpg").touch()
    assert targets(output, album) == ["a", "b", "c", "day 2/d"]


def test_a_name_of_dots_is_a_name(album: Path, tmp_path: Path) -> None:
    (album / "..jpg").touch()
    (photo,) = list_photos([album / "..jpg"], tmp_path / "out")
    assert photo.result(".jpg") == str(tmp_path / "out" / "..jpg")


def test_a_file_url_is_the_path_that_it_encodes(album: Path, tmp_path: Path) -> None:
    encoded = (album / "day 2").as_uri()
    assert "%20" in encoded
    (photo,) = list_photos([encoded], (tmp_path / "o ut").as_uri())
    assert photo.source == str(album / "day 2" / "d.tif")
    assert photo.target == str(tmp_path / "o ut" / "d")


def test_an_unlistable_folder_does_not_stop_the_others(album: Path, tmp_path: Path, bottomless: Path) -> None:
    unlisted: list[tuple[str, str]] = []
    photos = list_photos([album], tmp_path / "out", lambda path, reason: unlisted.append((path, reason)))
    assert [Path(photo.source).name for photo in photos] == ["a.jpg", "b.png", "c.webp", "d.tif"]
    ((path, reason),) = unlisted
    assert path.startswith(str(bottomless))
    assert reason == "cannot list this folder: File name too long"
    with pytest.raises(PhotoError, match="cannot list this folder"):
        list_photos([album], tmp_path / "out")


def test_results_are_never_written_among_originals(album: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(album)
    (tmp_path / "twin" / "day 2").mkdir(parents=True)
    (tmp_path / "twin" / "day 2" / "d.png").touch()
    for output, paths in (
        (album, [album]),
        (tmp_path / "link", [album]),
        (album, [album / "a.jpg"]),
        (tmp_path / "twin", [album, tmp_path / "twin" / "day 2"]),
    ):
        with pytest.raises(ArchiveError, match="choose another"):
            list_photos(paths, output)


def test_a_missing_path_is_reported(album: Path, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no such photo"):
        list_photos([album, tmp_path / "absent"], tmp_path / "out")
    with pytest.raises(PhotoError, match="an empty path"):
        list_photos([album, ""], tmp_path / "out")
    with pytest.raises(ArchiveError, match="no name"):
        list_photos([album], "")


def test_thumbnails_and_recycle_bins_are_passed_over_unless_they_are_named(album: Path, tmp_path: Path) -> None:
    for name in ("@eaDir/a.jpg", "#recycle", "$RECYCLE.BIN", "@Recycle", ".Trash-1000", "lost+found", "x.lrdata"):
        (album / name).mkdir(parents=True)
        (album / name / "e.jpg").touch()
    assert targets(tmp_path / "out", album) == ["a", "b", "c", "day 2/d"]
    assert targets(tmp_path / "out", album / "#recycle") == ["e"]


class FoldingDisk:
    """Makes the test's folder compare names as exFAT does: by their upper case."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._exists = os.path.lexists
        monkeypatch.setattr(os.path, "lexists", self.lexists)

    def lexists(self, path: str | Path) -> bool:
        folder, name = os.path.split(path)
        return os.path.isdir(folder) and name.upper() in map(str.upper, os.listdir(folder))


def test_names_that_the_disk_takes_for_the_same_collide(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (album / "A.png").write_bytes((album / "b.png").read_bytes())
    (album / "DAY 2").mkdir()
    (album / "DAY 2" / "D.jpg").write_bytes((album / "a.jpg").read_bytes())
    photos = list_photos([album], tmp_path / "out")
    assert split_collisions(photos) == (photos, [])
    FoldingDisk(monkeypatch)
    remaining, collisions = split_collisions(photos)
    assert len(remaining) == 4
    assert sorted(Path(outcome.source).name for outcome in collisions) == ["a.jpg", "d.tif"]
    assert all("has the same name in the output" in outcome.reasons[0] for outcome in collisions)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".name-probe*"))


def test_the_output_is_the_input_also_under_another_spelling(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FoldingDisk(monkeypatch)
    with pytest.raises(ArchiveError, match="the originals are here"):
        list_photos([album], tmp_path / "ALBUM")
