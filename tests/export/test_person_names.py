"""The portraits of a download have the names that an export gives them."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.export.person_names import PersonNames


def record(archive: Archive, subject: SubjectRecord | None) -> dict[str, Any]:
    circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject})
    taken = archive.save(*sample_pictures((64, 80)), datetime(2026, 5, 4, tzinfo=timezone.utc), circumstances)
    found: dict[str, Any] = json.loads(taken.model_dump_json())
    return found


def test_each_person_has_one_name_and_no_two_share_one(archive: Archive) -> None:
    ada = SubjectRecord(id="1", name="Ada Lovelace", columns={"class": "5/b"})
    namesake = SubjectRecord(id="2", name="ADA Lovelace", columns={"class": "5/b"})
    name = PersonNames("{class}_{family}_{given}").name
    assert name(record(archive, ada)) == "5_b_Lovelace_Ada"
    assert name(record(archive, ada)) == ""
    assert name(record(archive, namesake)) == "5_b_Lovelace_ADA-2"
    assert name(record(archive, SubjectRecord(id="007"))) == "007", "no class is known"


def test_who_is_not_known_has_no_name(archive: Archive) -> None:
    name = PersonNames("{n}_{subject}").name
    assert name(record(archive, None)) == name({}) == name({"id": "damaged"}) == ""
    assert name(record(archive, SubjectRecord(id="8"))) == "1_8"
