"""Photos and portraits behind URLs, in fsspec's in-memory file system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import numpy as np
import pytest

from capture_station import urls
from capture_station.commands.submitted import by_name, file_stems
from capture_station.commands.submitted_table import Earlier, write_table
from capture_station.errors import ArchiveError, ConfigError, PhotoError
from capture_station.export.destination import open_destination
from capture_station.photos.cleaning import CleaningOptions, clean_photo
from capture_station.photos.discovery import Photo, list_photos
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject


@pytest.fixture
def cloud(album: Path) -> Iterator[fsspec.AbstractFileSystem]:
    """The album at memory://album, with a hidden file that is not a photo."""
    files = fsspec.filesystem("memory")
    files.put(str(album), "/album", recursive=True)
    files.pipe_file("/album/.trash/e.jpg", b"hidden")
    yield files
    files.rm("/", recursive=True)
    files.pseudo_dirs[:] = [""]


def results(files: fsspec.AbstractFileSystem) -> list[str]:
    return sorted(files.find("/out"))


@pytest.fixture
def web_folder(album: Path) -> Iterator[str]:
    """The address of the album's parent, and below it a page that links to one photo twice, and above itself."""
    (album / "a.jpg").rename(album / "Ada Lovelace.jpg")
    (album / "b.png").unlink()
    page = album.parent / "shared" / "index.html"
    page.parent.mkdir()
    (page.parent / "Groß.webp").write_bytes((album / "c.webp").read_bytes())
    links = ("Gro%C3%9F.webp?download=1", "Gro%C3%9F.webp", "..%2F..%2Fabove.jpg")
    page.write_text(" ".join(f'<a href="{link}">photo</a>' for link in links))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(album.parent)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_photos_on_a_web_server_have_the_names_that_people_gave_them(
    web_folder: str, tmp_path: Path, options: CleaningOptions
) -> None:
    output = f"{tmp_path}/out"
    photos = list_photos([f"{web_folder}/album"], output)
    assert [photo.target.removeprefix(output) for photo in photos] == ["/Ada Lovelace", "/c", "/day 2/d"]
    roster = Roster([Subject("20417", "Ada Lovelace"), Subject("20418", "Groß"), Subject("20419", "album")])
    stem_of = {"20417": "20417", "20418": "20418", "20419": "20419"}
    signed = list_photos([f"{web_folder}/album/Ada%20Lovelace.jpg?name=album/Cy.jpg&signature=S3cret%2F"], output)
    shared = list_photos([f"{web_folder}/shared/"], output)
    assert [photo.target for photo in shared] == [f"{output}/Groß"]
    for found, person in ((photos, "20417"), (signed, "20417"), (shared, "20418")):
        matched = by_name(found, roster, stem_of, output, None)
        (photo,) = matched.photos
        assert photo.target == f"{output}/{person}"
        assert clean_photo(photo, options).verdict in ("ok", "review", "skipped")
        write_table(open_destination(output), roster, matched.people, [photo], [], ".jpg", Earlier())
        assert "S3cret" not in (tmp_path / "out" / "people.csv").read_text("utf-8-sig")
    assert [photo.target for photo in by_name(signed, roster, stem_of, output, None, folders=True).photos] == [
        f"{output}/20419"
    ]


def test_photos_that_only_the_query_names_are_listed_by_that_name(web_folder: str, album: Path, tmp_path: Path) -> None:
    links = ("get.php", "get.php?file=1.jpg", "get.php?file=in%2F20417.jpg&key=S3cret", "get.php?of=2&file=1.jpg")
    (album.parent / "shared" / "index.html").write_text(" ".join(f'<a href="{link}">photo</a>' for link in links))
    output = f"{tmp_path}/out"
    photos = list_photos([f"{web_folder}/shared/"], output)
    assert [one.target.removeprefix(output) for one in photos] == ["/1", "/20417", "/get.php?of=2&file=1"]
    roster = Roster([Subject("20417", "Ada Lovelace")])
    (ada,) = by_name(photos, roster, {"20417": "20417"}, output, None).photos
    assert ada.source.endswith("/get.php?file=in%2F20417.jpg&key=S3cret")
    (album.parent / "shared" / "get.php").write_bytes((album / "c.webp").read_bytes())
    (alone,) = list_photos([f"{web_folder}/shared/get.php?file=20417.jpg"], output)
    assert alone.target == f"{output}/20417"


@pytest.mark.parametrize("whole_at_once", [True, False])
def test_an_album_behind_a_url_is_cleaned_beside_it(
    cloud: fsspec.AbstractFileSystem, options: CleaningOptions, monkeypatch: pytest.MonkeyPatch, whole_at_once: bool
) -> None:
    if not whole_at_once:
        monkeypatch.setattr(urls, "_ATOMIC_PROTOCOLS", frozenset())
    photos = list_photos(["memory://album/"], "memory://out")
    assert [clean_photo(photo, options).verdict for photo in photos] == ["review", "ok", "ok", "ok"]
    assert results(cloud) == ["/out/a.jpg", "/out/b.jpg", "/out/c.jpg", "/out/day 2/d.jpg"]
    before = {name: cloud.cat_file(name) for name in results(cloud)}
    assert {clean_photo(photo, options).verdict for photo in photos} == {"skipped"}
    assert {name: cloud.cat_file(name) for name in results(cloud)} == before


def test_portraits_in_a_bucket_stay_their_peoples(cloud: fsspec.AbstractFileSystem) -> None:
    cloud.pipe_file("/out/Ada.jpg", b"a portrait of nobody knows whom")
    cloud.pipe_file("/look/Ada-2.jpg", b"another one")
    roster, destination = Roster([Subject("1", "Ada")]), open_destination("memory://out")
    earlier = Earlier.read(destination, roster, "memory://look")
    assert (earlier.files, earlier.in_review) == ({"Ada.jpg"}, {"Ada-2.jpg"})
    assert file_stems(roster, "{name}", earlier) == {"1": "Ada-3"}
    assert Earlier.read(open_destination("memory://absent"), roster, None) == Earlier()


def test_a_local_and_a_remote_photo_give_the_same_result(
    cloud: fsspec.AbstractFileSystem, album: Path, tmp_path: Path, options: CleaningOptions
) -> None:
    options = replace(options, alpha_only=True)
    for photo in (*list_photos([album], tmp_path / "out"), *list_photos(["memory://album"], "memory://out")):
        clean_photo(photo, options)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.png")} == {
        Path(name).name: cloud.cat(name) for name in results(cloud) if "day" not in name
    }


def test_urls_and_paths_mix(
    cloud: fsspec.AbstractFileSystem, album: Path, tmp_path: Path, options: CleaningOptions
) -> None:
    (photo,) = list_photos(["memory://album/b.png"], f"file://{tmp_path}/out")
    assert clean_photo(photo, options).verdict == "ok"
    assert (tmp_path / "out" / "b.jpg").exists()
    (photo,) = list_photos([f"file://{album}/c.webp"], "memory://out")
    assert clean_photo(photo, options).verdict == "ok"
    assert results(cloud) == ["/out/c.jpg"]


def test_results_are_never_written_among_originals(cloud: fsspec.AbstractFileSystem) -> None:
    for path, output in (("memory://album", "memory://album/"), ("memory://album/a.jpg", "memory://album")):
        with pytest.raises(ArchiveError, match="choose another"):
            list_photos([path], output)
    cloud.pipe_file("/album/white/a.jpg", b"a result")
    assert len(list_photos(["memory://album"], "memory://album/white")) == 4
    cloud.pipe_file("/twin/day 2/d.png", b"an original")
    with pytest.raises(ArchiveError, match="an original has this name"):
        list_photos(["memory://album", "memory://twin/day 2"], "memory://twin")


@pytest.mark.usefixtures("cloud")
def test_a_missing_url_is_reported(options: CleaningOptions) -> None:
    with pytest.raises(PhotoError, match="memory://absent"):
        list_photos(["memory://absent"], "memory://out")
    with pytest.raises(ConfigError, match="no-such-thing"):
        list_photos(["no-such-thing://album"], "memory://out")
    photo = replace(list_photos(["memory://album/a.jpg"], "memory://out")[0], source="memory://album/gone.jpg")
    outcome = clean_photo(photo, options)
    assert (outcome.verdict, outcome.reasons[0][:15]) == ("failed", "cannot be read:")


def test_a_damaged_object_fails_alone(cloud: fsspec.AbstractFileSystem, options: CleaningOptions) -> None:
    cloud.pipe_file("/album/a.jpg", np.arange(100, dtype=np.uint8).tobytes())
    outcomes = [clean_photo(photo, options).verdict for photo in list_photos(["memory://album"], "memory://out")]
    assert outcomes == ["failed", "ok", "ok", "ok"]


class Refusing(fsspec.AbstractFileSystem):
    """A service that repeats the whole address in its errors, as many libraries do."""

    protocol = "refusing"

    def cat_file(self, path: str, *_: object, **__: object) -> bytes:
        raise PermissionError(f"403 for refusing://me:S3cret@host/{path}")

    exists = find = pipe_file = cat_file


def test_no_message_repeats_a_password(tmp_path: Path, options: CleaningOptions) -> None:
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    url = "refusing://me:S3cret@host/album"
    with pytest.raises(PhotoError, match="refusing://host: cannot be listed: PermissionError: 403") as listing:
        list_photos([url], tmp_path)
    photo = Photo(f"{url}/d.jpg", f"{tmp_path}/d")
    failed = clean_photo(photo, options)
    with pytest.raises(ArchiveError, match=r"refusing://host/…/d.jpg: no answer") as asking:
        clean_photo(replace(photo, target=f"{url}/d"), options)
    exported = open_destination(url)
    with pytest.raises(ArchiveError, match="refusing://host: the destination does not answer") as exporting:
        exported.read("d.jpg")
    for told in (str(listing.value), str(asking.value), str(exporting.value), *failed.reasons):
        assert "S3cret" not in told
