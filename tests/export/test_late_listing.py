"""Who came onto the list after the picture gets its name in exports, downloads and captions."""

from __future__ import annotations

import json
from pathlib import Path

from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.export.download import Download
from capture_station.export.template import as_listed, template_values
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject
from tests.export.exporting import BO, export, files, manifest, take

TEMPLATE = "{family}_{given}_{subject}"
LISTED = Roster([Subject("00009999", "Änne Grünwald", {"class": "3b"})])


def test_a_later_export_has_the_name_and_takes_the_nameless_file_back(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    take(archive, SubjectRecord(id="00009999"))
    export(archive, out, Roster([Subject("1", "Ada")]), name=TEMPLATE)
    assert "portraits/00009999.jpg" in files(out)
    for outcome in ("exported", "unchanged"):
        assert [one.result for one in export(archive, out, LISTED, name=TEMPLATE)] == [outcome]
        assert files(out) == {"manifest.csv", "missing.csv", "portraits/Grünwald_Änne_00009999.jpg"}
        assert [(row["id"], row["name"]) for row in manifest(out)] == [("00009999", "Änne Grünwald")]


def test_a_new_portrait_under_the_new_name_replaces_the_nameless_one(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    take(archive, SubjectRecord(id="00009999"))
    export(archive, out, Roster([Subject("1", "Ada")]))
    newer = take(archive, SubjectRecord(id="00009999"), 1)
    assert [one.result for one in export(archive, out, LISTED)] == ["exported"]
    assert files(out) == {"manifest.csv", "missing.csv", "portraits/00009999.jpg"}
    assert [(row["name"], row["capture"]) for row in manifest(out)] == [("Änne Grünwald", newer.id)]


def test_a_nameless_file_stays_if_its_picture_in_the_archive_is_damaged(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    record = take(archive, SubjectRecord(id="00009999"))
    export(archive, out, Roster([Subject("1", "Ada")]), name=TEMPLATE)
    archive.path(record, "portrait").write_bytes(b"damaged")
    assert [one.result for one in export(archive, out, LISTED, name=TEMPLATE)] == ["failed"]
    assert "portraits/00009999.jpg" in files(out)


def test_a_portrait_of_the_next_person_with_an_id_is_not_named_after_the_one_before(
    archive: Archive, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    take(archive, SubjectRecord(id="20417", name="Ada Lovelace"))
    export(archive, out, name=TEMPLATE)
    take(archive, SubjectRecord(id="20417", name="Bob Stone"), 1)
    for outcome in ("exported", "unchanged"):
        assert [one.result for one in export(archive, out, name=TEMPLATE)] == [outcome]
        assert files(out) == {"manifest.csv", "portraits/Stone_Bob_20417.jpg"}


def test_a_name_that_differs_by_its_capitals_only_keeps_its_file(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    take(archive, SubjectRecord(id="20417", name="ada lovelace"))
    export(archive, out, name=TEMPLATE)
    newer = take(archive, SubjectRecord(id="20417", name="Ada Lovelace"), 1)
    export(archive, out, name=TEMPLATE)
    assert files(out) == {"manifest.csv", "portraits/lovelace_ada_20417.jpg"}
    assert [(row["name"], row["capture"]) for row in manifest(out)] == [("Ada Lovelace", newer.id)]


def test_two_spellings_are_one_person_who_is_not_missing(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    take(archive, SubjectRecord(id="9999"))
    newer = take(archive, SubjectRecord(id="00009999"), 1)
    export(archive, out)
    assert files(out) == {"manifest.csv", "portraits/9999.jpg", "portraits/00009999.jpg"}
    export(archive, out, LISTED)
    assert files(out) == {"manifest.csv", "missing.csv", "portraits/00009999.jpg"}
    assert [row["capture"] for row in manifest(out)] == [newer.id]
    assert (out / "missing.csv").read_text("utf-8-sig").splitlines() == ["id,name"]


def test_a_roster_whose_ids_lost_their_zeros_makes_nobody_two_people(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ada = SubjectRecord(id="0041", name="Ada Lovelace")
    take(archive, ada)
    take(archive, SubjectRecord(id="0042", name="Bo"), 1)
    export(archive, out, Roster([Subject("0041", "Ada Lovelace"), Subject("0042", "Bo")]), name="{name}-{subject}")
    newer = take(archive, ada.model_copy(update={"id": "41"}), 2)
    roster = Roster([Subject("41", "ADA LOVELACE"), Subject("42", "Cy")])
    export(archive, out, roster, name="{name}-{subject}")
    assert files(out) == {
        "manifest.csv",
        "missing.csv",
        "portraits/Ada Lovelace-41.jpg",
        "portraits/Bo-0042.jpg",
    }
    assert {row["id"]: row["capture"] for row in manifest(out)}["41"] == newer.id
    assert (out / "missing.csv").read_text("utf-8-sig").splitlines() == ["id,name"]


def test_a_file_keeps_its_name_where_only_the_zeros_of_the_id_are_gone(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    take(archive, SubjectRecord(id="0041", name="Ada Lovelace"))
    for subject_id in ("0041", "41"):
        export(archive, out, Roster([Subject(subject_id, "Ada Lovelace")]), name="{name}")
        assert files(out) == {"manifest.csv", "missing.csv", "portraits/Ada Lovelace.jpg"}
        assert [row["id"] for row in manifest(out)] == [subject_id]


def test_a_download_and_a_caption_have_the_name(archive: Archive) -> None:
    record = take(archive, SubjectRecord(id="9999"))
    place = Download(TEMPLATE, lambda: LISTED).place
    assert place(json.loads(record.model_dump_json()), b"", "1/1.jpg") == "portraits/Grünwald_Änne_00009999.jpg"
    assert template_values(as_listed(record, LISTED))["name"] == "Änne Grünwald"


def test_who_was_on_the_list_keeps_the_name_of_that_day(archive: Archive) -> None:
    record = take(archive, BO)
    assert as_listed(record, Roster([Subject("20418", "Barbara")])) is record
