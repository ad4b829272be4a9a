"""Reports say whose portraits they show, unless they are not to; people without one have an empty tile."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.names import RECORD
from capture_station.archive.record import ConsentRecord, SubjectRecord, as_bytes
from capture_station.commands.report import report
from capture_station.config import SubjectSettings
from capture_station.errors import ConfigError
from capture_station.locales.messages import Messages
from capture_station.release import ReleaseRule
from capture_station.reports.raster_canvas import length, shortened

from .conftest import START, Save
from .test_report import Page

SAY = Messages("en")
ADA, BO = SubjectRecord(id="20417", name="Ada Lovelace"), SubjectRecord(id="20418", name="Bo <b>")


@pytest.fixture
def roster(tmp_path: Path) -> SubjectSettings:
    path = tmp_path / "people.csv"
    path.write_text("id,name\n20418,Bo <b>\n20419,Cy\n20417,Ada Lovelace\n")
    return SubjectSettings.model_validate({"roster": str(path)})


def places(html: str, *texts: str) -> list[int]:
    listed = html[html.index(SAY("report.section.portraits")) :]
    return [listed.index(text) for text in texts]


def test_a_name_of_a_thousand_letters_without_a_space_takes_no_time(archive: Archive, save: Save) -> None:
    archive.assign(save(0).id, SubjectRecord(id="1", name="x" * 20_000), "window")
    began_s = time.process_time()
    report(archive.folder, None, "en")
    assert time.process_time() - began_s < 5


def test_portraits_are_in_the_rosters_order_with_a_place_for_the_missing(
    archive: Archive, save: Save, roster: SubjectSettings
) -> None:
    archive.assign(save(0).id, ADA, "window")
    archive.assign(save(1).id, BO, "window")
    nobodys = save(2)
    page, _ = report(archive.folder, None, "en", subjects=roster)
    html = page.read_text()
    found = places(html, "Bo &lt;b&gt;, 20418", "Cy, 20419", "Ada Lovelace, 20417", f'id="p-{nobodys.id}"')
    assert found == sorted(found)
    assert html.count('class="missing"') == 1
    assert f"<b>1</b>{SAY('report.count.missing')}" in html
    assert f"<b>3</b>{SAY('report.count.portraits')}" in html
    assert len(list(filter(None, Page(page).values("figure", "id")))) == 3


def counted(html: str, what: str) -> int:
    found = re.search(rf"<b>(\d+)</b>{SAY(f'report.count.{what}')}<", html)
    return int(found[1]) if found else 0


def test_a_person_counts_once_and_the_takes_before_are_told_as_such(
    archive: Archive, save: Save, roster: SubjectSettings
) -> None:
    doubtful = {"verdict": "review", "reasons": ("odd",)}
    retaken, earlier, newest, waiting = save(0, **doubtful), save(1, **doubtful), save(2), save(3, **doubtful)
    for capture, person in ((retaken, ADA), (earlier, ADA), (newest, ADA), (waiting, BO)):
        archive.assign(capture.id, person, "window")
    archive.set_kept(retaken.id, False)
    archive.set_kept(waiting.id, False)
    page, _ = report(archive.folder, None, "en", subjects=roster)
    html = page.read_text()
    figures = {what: counted(html, what) for what in ("portraits", "ok", "review", "not-kept", "earlier", "missing")}
    # Bo's doubtful portrait still waits for somebody to look at it, and Bo is missing until it is kept.
    assert figures == {"portraits": 1, "ok": 1, "review": 1, "not-kept": 2, "earlier": 1, "missing": 2}
    order = [f'id="p-{one.id}"' for one in (waiting, newest, retaken, earlier)]
    assert places(html, *order) == sorted(places(html, *order))
    tiles = dict(zip(Page(page).values("figure", "id"), Page(page).values("figure", "class"), strict=True))
    assert tiles[f"p-{newest.id}"] == "ok"
    assert {tiles[f"p-{one.id}"] for one in (retaken, earlier, waiting)} == {"review superseded"}
    section = html[html.index(f"<h2>{SAY('report.section.review')}") : html.index(SAY("report.section.portraits"))]
    assert [one.id in section for one in (retaken, earlier, newest, waiting)] == [False, False, False, True]


def test_of_nobodys_portraits_only_those_that_were_not_taken_again_are_to_review(archive: Archive, save: Save) -> None:
    doubtful = {"verdict": "review", "reasons": ("odd",)}
    retaken, undecided = (save(minute, **doubtful) for minute in range(2))
    for record in (retaken, undecided):
        path = archive.folder_of(record.id) / RECORD
        path.write_bytes(as_bytes(record.model_copy(update={"kept": False})))  # Nobody has decided to keep it.
    archive.set_kept(retaken.id, False)
    save(2)
    page, _ = report(archive.folder, None, "en")
    html = page.read_text()
    assert {what: counted(html, what) for what in ("portraits", "review", "not-kept")} == {
        "portraits": 1,
        "review": 1,
        "not-kept": 2,
    }
    section = html[html.index(f"<h2>{SAY('report.section.review')}") : html.index(SAY("report.section.portraits"))]
    assert [one.id in section for one in (retaken, undecided)] == [False, True]


def test_what_lacks_a_name_or_consent_is_to_review_and_not_fine(archive: Archive, save: Save) -> None:
    agreed, earlier, newest, nobodys, retaken = (save(minute) for minute in range(5))
    consent = ConsentRecord(text_sha256="0" * 64, agreed_at=START)
    archive.assign(agreed.id, BO, "window", consent)
    for capture in (earlier, newest):
        archive.assign(capture.id, ADA, "window")
    archive.set_kept(retaken.id, False)
    strict = ReleaseRule(named_only=True, wants_names=True, asks_consent=True)
    page, _ = report(archive.folder, None, "en", rule=strict)
    html = page.read_text()
    assert {what: counted(html, what) for what in ("portraits", "ok", "review")} == {
        "portraits": 3,
        "ok": 1,
        "review": 2,
    }
    section = html[html.index(f"<h2>{SAY('report.section.review')}") : html.index(SAY("report.section.portraits"))]
    assert [one.id in section for one in (agreed, earlier, newest, nobodys, retaken)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert SAY("lacks.consent") in section
    assert SAY("lacks.name-required") in section
    page, _ = report(archive.folder, None, "en")
    assert counted(page.read_text(), "ok") == 3


def test_a_long_name_is_cut_with_an_ellipsis_and_can_be_read_whole(archive: Archive, save: Save) -> None:
    name = "Maximiliane-Alexandra von Hohenzollern-Sigmaringen-Weatherby-Smythe of Nowhere-upon-Thames"
    archive.assign(save(0).id, SubjectRecord(id="20417", name=name), "window")
    page, _ = report(archive.folder, None, "en")
    assert f"{name}, 20417" in Page(page).values("b", "title")
    lines = shortened(name, 18, 196, 3, bold=True)
    assert (len(lines), lines[0], lines[-1][-1]) == (3, "Maximiliane-", "…")
    assert all(length(line, 18, bold=True) <= 196 for line in lines)
    assert shortened("Ada Lovelace", 18, 196, 3) == ("Ada Lovelace",)


def test_names_can_be_left_out(archive: Archive, save: Save, roster: SubjectSettings) -> None:
    archive.assign(save(0).id, ADA, "window")
    named, _ = report(archive.folder, None, "en")
    assert "Ada Lovelace, 20417" in named.read_text()
    unnamed, _ = report(archive.folder, None, "en", names=False, subjects=roster)
    for secret in ("Ada", "20417", "Cy", "20419"):
        assert secret not in unnamed.read_text()


def test_a_missing_roster_is_told(archive: Archive, save: Save) -> None:
    save(0)
    with pytest.raises(ConfigError, match=r"subjects\.roster"):
        report(archive.folder, None, "en", subjects=SubjectSettings())


def test_a_person_whose_id_lost_its_zeros_on_the_roster_counts_once(
    archive: Archive, save: Save, roster: SubjectSettings
) -> None:
    archive.assign(save(0).id, ADA.model_copy(update={"id": "0020417"}), "window")
    archive.assign(save(1).id, ADA, "window")
    archive.assign(save(2).id, BO.model_copy(update={"id": "0020418"}), "window")
    page, _ = report(archive.folder, None, "en", subjects=roster)
    html = page.read_text()
    assert {what: counted(html, what) for what in ("portraits", "earlier", "missing")} == {
        "portraits": 2,
        "earlier": 1,
        "missing": 1,
    }


def test_namesakes_are_told_apart_as_on_the_page(archive: Archive, save: Save, tmp_path: Path) -> None:
    path = tmp_path / "pupils.csv"
    path.write_text("id,name,class\n1,Paul,5a\n2,Paul,5b\n3,Lea,5a\n")
    archive.assign(save(0).id, SubjectRecord(id="1", name="Paul"), "window")
    page, _ = report(archive.folder, None, "en", subjects=SubjectSettings.model_validate({"roster": str(path)}))
    text = Page(page).text
    assert "1 · 5a" in text
    assert "2 · 5b" in text
    assert "3 · 5a" not in text
