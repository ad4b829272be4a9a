"""Reports say whose portraits they show, unless they are not to; people without one have an empty tile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.commands.report import report
from capture_station.config import SubjectSettings
from capture_station.errors import ConfigError
from capture_station.locales.messages import Messages

from .conftest import Save
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
