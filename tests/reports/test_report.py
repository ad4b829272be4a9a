"""The report as a photographer sees it: its pages, its sentences, and how it handles damaged captures."""

from __future__ import annotations

import itertools
import os
import stat
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import cv2
import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import Role
from capture_station.archive.report_files import remove_report
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.errors import ArchiveError, PhotoError
from capture_station.frames import Flaw
from capture_station.release import ReleaseRule
from capture_station.reports import writing
from capture_station.reports.session import read_session
from capture_station.reports.writing import write_report
from tests.reports.conftest import START, Save

VOID = {"meta", "img"}


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails unless tags are closed in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data + "\n"

    def values(self, tag: str, attribute: str) -> list[str]:
        return [attributes.get(attribute, "") for name, attributes in self.tags if name == tag]


def test_every_portrait_is_shown_and_linked_to_its_file(archive: Archive, save: Save) -> None:
    flaws = {"verdict": "review", "reasons": ("the face is not sharp",), "flaws": (Flaw("face-blurred"),)}
    records = [save(0), save(1, **flaws), save(2)]
    archive.set_kept(records[2].id, False)
    html, png = write_report(read_session(archive.folder), archive.folder, "en")
    page = Page(html)
    assert {f"p-{record.id}" for record in records} <= set(page.values("figure", "id"))
    linked = {unquote(link) for link in page.values("a", "href") if not link.startswith("report")}
    assert linked == {archive.path(record, "portrait").relative_to(archive.folder).as_posix() for record in records}
    assert Counter(page.values("img", "alt")) == {
        "Portrait of 09:00, fine": 1,
        "Portrait of 09:01, to review": 2,
        "Portrait of 09:02, fine": 1,
    }
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.values("img", "src"))
    assert "not kept" in page.text
    assert "retaken" not in page.text  # Nobody took another one instead.
    assert "2026-05-04, 09:00 to 09:02" in page.text
    sheet = cv2.imread(str(png))
    assert sheet is not None
    assert sheet.shape[1] == 2000
    assert {stat.S_IMODE(path.stat().st_mode) for path in (html, png)} == {0o600}


@pytest.mark.parametrize(
    ("language", "sentence", "flaw"),
    [
        ("en", "Fell from 140 to 110 at 09:30.", "the face is too dark"),
        ("de", "Um 09:30 von 140 auf 110 gefallen.", "das Gesicht ist zu dunkel"),
    ],
)
def test_a_failing_lamp_is_reported_with_its_time(
    archive: Archive, save: Save, language: str, sentence: str, flaw: str
) -> None:
    dark = {"verdict": "review", "reasons": ("the face is too dark",), "flaws": (Flaw("face-dark"),)}
    for minute in range(50):
        save(minute, exposure=140.0 if minute < 30 else 110.0, **(dark if minute == 40 else {}))
    html, _ = write_report(read_session(archive.folder / "2026-05-04"), archive.folder, language)
    page = Page(html)
    assert sentence in page.text
    assert any(sentence in label for label in page.values("svg", "aria-label"))
    assert flaw in page.text
    assert page.values("figure", "class").count("drifting") == 1


def test_damaged_captures_are_listed_and_the_others_shown(archive: Archive, save: Save) -> None:
    records = [save(minute, exposure=float("nan")) for minute in range(4)]
    (archive.folder_of(records[0].id) / "record.json").write_text("<script>")
    archive.path(records[1], "portrait").write_bytes(b"")
    archive.path(records[2], "portrait").unlink()
    html, _ = write_report(read_session(archive.folder), archive.folder, "en")
    page = Page(html)
    assert page.text.count("no longer what was saved") == 2  # at its tile, and in the list
    for record in records[:3]:
        assert record.id in page.text
    assert page.values("img", "alt") == ["Portrait of 09:03, fine"]


def test_who_is_deleted_while_the_report_is_made_is_neither_damaged_nor_shown(
    archive: Archive, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 2)
    odd = {"verdict": "review", "reasons": ("odd",)}
    before, first, stays, gone, last = (save(minute, **odd) for minute in range(5))
    session = read_session(archive.folder)
    archive.remove(before.id)
    made = itertools.count(1)

    def advance() -> None:
        if next(made) == 5:  # All others are on their pages by now, and the first page waits until they are written.
            archive.remove(first.id)
            archive.remove(gone.id)

    html, png = write_report(session, archive.folder, "en", advance)
    assert next(made) == 6  # One step for each portrait.
    shown = Page(html)
    assert "damaged" not in shown.values("figure", "class")
    written = "".join(path.read_text() for path in archive.folder.glob("report*.html"))
    assert [one.id in written for one in (before, first, stays, gone, last)] == [False, False, True, False, True]
    assert "<b>2</b>Portraits" in written
    assert "<b>0</b>Damaged" in written
    assert cv2.imread(str(png)) is not None


def test_a_report_whose_captures_are_all_gone_is_refused(archive: Archive, save: Save) -> None:
    record = save(0)
    session = read_session(archive.folder)
    archive.remove(record.id)
    with pytest.raises(ArchiveError, match="no capture is left here"):
        write_report(session, archive.folder, "en")
    assert not (archive.folder / "report.html").exists()


def test_pages_keep_their_portraits_where_the_archives_disk_goes_away(
    archive: Archive, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 1)
    last = [save(minute) for minute in range(2)][1]
    made = itertools.count(1)

    def advance() -> None:
        if next(made) == 2:
            archive.folder.rename(tmp_path / "away")

    with pytest.raises(ArchiveError, match="no capture is left here"):
        write_report(read_session(archive.folder), tmp_path / "output", "en", advance)
    assert last.id in (tmp_path / "output" / "report-2.html").read_text()


@pytest.mark.parametrize("role", ["original", "matte"])
def test_damage_of_any_file_is_reported_and_the_portrait_still_shown(archive: Archive, save: Save, role: Role) -> None:
    records = [save(minute) for minute in range(2)]
    path = archive.path(records[0], role)
    path.write_bytes(path.read_bytes()[:-1])
    html, _ = write_report(read_session(archive.folder), archive.folder, "en")
    page = Page(html)
    assert page.text.count(f"{path.name} is damaged") == 2  # at its tile, and in the list
    assert page.values("img", "alt") == ["Portrait of 09:00, damaged", "Portrait of 09:01, fine"]


def test_the_first_page_pictures_only_some_of_many_portraits_to_review_and_links_all(
    archive: Archive, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 3)
    monkeypatch.setattr(writing, "REVIEWS_PICTURED", 2)
    records = [save(minute, verdict="review", reasons=("odd",)) for minute in range(5)]
    html, _ = write_report(read_session(archive.folder), archive.folder, "en")
    links = Page(html).values("a", "href")
    pages = ["report.html"] * 3 + ["report-2.html"] * 2
    for page, record in zip(pages, records, strict=True):
        assert links.count(f"{page}#p-{record.id}") == 1
    assert len(Page(html).values("img", "src")) == 3 + 2


def test_a_session_of_damaged_captures_only_is_still_a_report(archive: Archive, save: Save) -> None:
    record = save(0)
    (archive.folder_of(record.id) / "record.json").unlink()
    html, png = write_report(read_session(archive.folder), archive.folder, "en")
    assert record.id in Page(html).text
    assert cv2.imread(str(png)) is not None


def test_text_in_a_record_is_never_markup(archive: Archive, save: Save) -> None:
    save(0, verdict="review", reasons=('<script>alert("x")</script>',))
    html, _ = write_report(read_session(archive.folder), archive.folder, "en")
    page = Page(html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert '<script>alert("x")</script>' in page.text


def test_many_portraits_are_split_into_linked_pages_which_a_smaller_report_removes(
    archive: Archive, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 2)
    odd = {"verdict": "review", "reasons": ("odd",)}
    records = [save(minute, **(odd if minute == 4 else {})) for minute in range(5)]
    out = tmp_path / "out"
    counted: list[int] = []
    write_report(read_session(archive.folder), out, "en", lambda: counted.append(1))
    assert len(counted) == 5
    names = {f"report{number}.{kind}" for number in ("", "-2", "-3") for kind in ("html", "png")}
    assert {path.name for path in out.iterdir()} == names
    assert f"report-3.html#p-{records[4].id}" in Page(out / "report.html").values("a", "href")
    assert Page(out / "report-3.html").values("a", "href").count("report.html") == 2
    (out / "report-notes.html").write_text("mine")
    for record in records[2:]:
        archive.remove(record.id)
    write_report(read_session(archive.folder), out, "en")
    assert {path.name for path in out.iterdir()} == {"report.html", "report.png", "report-notes.html"}


@pytest.mark.parametrize("name", ["report.html", "report.png"])
def test_files_that_report_did_not_write_are_neither_replaced_nor_removed(
    archive: Archive, save: Save, tmp_path: Path, name: str
) -> None:
    save(0)
    mine = {"report-2.html": "notes", "report-2025.png": "chart"}
    for stranger, text in mine.items():
        (tmp_path / stranger).write_text(text)
    for _ in range(2):
        write_report(read_session(archive.folder), tmp_path, "en")
    (tmp_path / name).unlink()
    (tmp_path / name).write_text("mine")
    with pytest.raises(ArchiveError, match=rf"{name}: .* --output") as told:
        write_report(read_session(archive.folder), tmp_path, "en")
    assert "\n" not in str(told.value)
    assert {stranger: (tmp_path / stranger).read_text() for stranger in (*mine, name)} == {**mine, name: "mine"}


def test_a_page_that_cannot_be_written_is_an_error_however_many_follow(
    archive: Archive, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 1)
    for minute in range(12):
        save(minute)
    # A folder stands where the second page is written before it gets its name.
    (tmp_path / ".report-2.html.partial").mkdir()
    with pytest.raises(ArchiveError, match=f"{tmp_path}: the report cannot be written here: .* --output"):
        write_report(read_session(archive.folder), tmp_path, "en")
    assert not (tmp_path / "report.html").exists()


def test_a_report_that_is_interrupted_ends_soon(
    archive: Archive, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 1)
    for minute in range(12):
        save(minute)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report(read_session(archive.folder), tmp_path / "out", "en", interrupt)
    assert not list((tmp_path / "out").iterdir())


def test_a_report_that_is_cut_off_between_page_and_sheet_leaves_no_face_that_no_page_names(
    archive: Archive, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 1)
    save(1)
    second = save(2)
    write_report(read_session(archive.folder), archive.folder, "en")
    save(0)  # The second one moves from the second page to the third.
    # Folders stand where the second sheet and the third page, which names it, are written before they get their names.
    (archive.folder / ".report-2.png.partial").mkdir()
    (archive.folder / ".report-3.html.partial").mkdir()
    with pytest.raises(ArchiveError, match="cannot be written here"):
        write_report(read_session(archive.folder), archive.folder, "en")
    remove_report(archive.folder, {second.id})
    assert not list(archive.folder.glob("report-2.png"))


def test_a_report_can_cover_a_single_day(archive: Archive, save: Save) -> None:
    save(0)
    tomorrow = save(24 * 60)
    assert [capture.record for capture in read_session(archive.folder / "2026-05-05").captures] == [tomorrow]
    assert len(read_session(archive.folder).captures) == 2


def test_a_demo_that_stood_in_for_a_camera_is_only_counted(archive: Archive, save: Save) -> None:
    demo = SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": "demo"})
    circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"camera": demo})
    made_up = archive.save(*sample_pictures((32, 40)), START, circumstances)
    with pytest.raises(PhotoError, match=r"camera\.kind=demo"):
        read_session(archive.folder, ReleaseRule(demo_too=False))
    real = save(5)
    page = Page(write_report(read_session(archive.folder, ReleaseRule(demo_too=False)), archive.folder, "en")[0])
    assert page.values("figure", "id").count(f"p-{real.id}") == 1
    assert f"p-{made_up.id}" not in page.values("figure", "id")
    assert "Demo camera" in page.text
    assert len(read_session(archive.folder).captures) == 2


def test_a_folder_without_captures_is_an_error(archive: Archive, save: Save, tmp_path: Path) -> None:
    for folder in (tmp_path / "absent", archive.folder):
        with pytest.raises(PhotoError):
            read_session(folder)
    save(0)
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match="--output"):
        write_report(read_session(archive.folder), tmp_path / "file" / "out", "en")


def test_the_command_prints_paths_even_if_they_are_not_valid_unicode(
    archive: Archive, save: Save, tmp_path: Path
) -> None:
    record = save(0)
    odd = tmp_path / os.fsdecode(b"portr\xe4ts")
    archive.folder.rename(odd)
    for output in (tmp_path / "out", odd):
        done = subprocess.run(
            [sys.executable, "-m", "capture_station", "report", odd, "-o", output],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [os.fsencode(output / name) for name in ("report.html", "report.png")]
    (link,) = set(Page(tmp_path / "out" / "report.html").values("a", "href"))
    portrait = odd / "2026-05-04" / record.id / record.file("portrait").name
    assert os.path.normpath(tmp_path / "out" / unquote(link, errors="surrogateescape")) == str(portrait)


def test_a_measure_that_scatters_is_not_called_steady(archive: Archive, save: Save) -> None:
    for minute in range(25):
        save(minute, exposure=115.0 if minute % 5 in (1, 4) else 101.0)
    page, _ = write_report(read_session(archive.folder), archive.folder, "en")
    text = Page(page).text
    assert "Scatters between 101 and 115." in text
    assert "Steady at 101" not in text
    assert "Outliers: " not in text
