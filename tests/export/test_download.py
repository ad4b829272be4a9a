"""The portraits of a download have the names that an export gives them."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from capture_station.archive.archive import Archive
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.export.download import Download


def record(archive: Archive, subject: SubjectRecord | None) -> dict[str, Any]:
    circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject})
    taken = archive.save(*sample_pictures((64, 80)), datetime(2026, 5, 4, tzinfo=timezone.utc), circumstances)
    found: dict[str, Any] = json.loads(taken.model_dump_json())
    return found


def test_each_person_has_one_name_and_no_two_share_one(archive: Archive) -> None:
    ada = SubjectRecord(id="1", name="Ada Lovelace", columns={"class": "5/b"})
    namesake = SubjectRecord(id="2", name="ADA Lovelace", columns={"class": "5/b"})
    place = Download("{class}_{family}_{given}").place
    assert place(record(archive, ada), b"", "1/1.jpg") == "portraits/5_b_Lovelace_Ada.jpg"
    assert place(record(archive, ada), b"", "2/2.jpg") == ""
    assert place(record(archive, namesake), b"", "3/3.png") == "portraits/5_b_Lovelace_ADA-2.png"
    assert place(record(archive, SubjectRecord(id="007")), b"", "4/4.jpg") == "portraits/007.jpg", "no class is known"


def test_who_is_not_known_has_no_name(archive: Archive) -> None:
    place = Download("{n}_{subject}").place
    for nobodys in (record(archive, None), {}, {"id": "damaged"}):
        assert place(nobodys, b"", "1/1.jpg") == ""
    assert place(record(archive, SubjectRecord(id="8")), b"", "2/2.jpg") == "portraits/1_8.jpg"
