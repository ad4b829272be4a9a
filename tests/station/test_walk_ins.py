"""Who was photographed without standing on the list is found, deleted whole, and named once the list has them."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.index import CHUNK
from capture_station.archive.record import ConsentRecord, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import SubjectSettings
from capture_station.errors import UnknownSubject
from capture_station.release import ALL_KEPT, ReleaseRule
from capture_station.station.people_lists import PeopleLists
from capture_station.station.saved_captures import listed
from capture_station.station.status import Person, Shot
from capture_station.station.subject_desk import SubjectDesk
from capture_station.subjects.check_in import CheckIn
from capture_station.subjects.roster import Roster
from capture_station.subjects.shared_state import SharedState
from capture_station.subjects.subject import Subject

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("id,name\n1,Ada\n")
    return path


def take(archive: Archive, subject_id: str | None, minutes: int = 0, **changes: object) -> str:
    subject = None if subject_id is None else SubjectRecord(id=subject_id)
    circumstances = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": subject, **changes})
    return archive.save(*sample_pictures((32, 24)), NOON + timedelta(minutes=minutes), circumstances).id


def desk_of(archive: Archive, roster: Path, rule: ReleaseRule = ALL_KEPT) -> SubjectDesk:
    """A desk that has counted once."""
    desk = SubjectDesk(SubjectSettings.model_validate({"mode": "required", "roster": str(roster)}), archive, rule)
    count(desk)
    return desk


def count(desk: SubjectDesk) -> None:
    once = threading.Event()
    once.set()
    desk.run(once)


def test_who_is_not_on_the_list_is_searched_listed_and_in_the_table(archive: Archive, roster: Path) -> None:
    take(archive, "00009999")
    desk = desk_of(archive, roster)
    walk_in = Person("00009999", on_roster=False, state="ok")
    assert desk.search("9999") == [walk_in]
    assert list(desk.people("ok").people) == [replace(walk_in, has_captures=True)]
    assert list(desk.people("missing").people) == [Person("1", "Ada", state="missing")]
    assert b"".join(desk.table("ok")).decode("utf-8-sig").splitlines() == ["id,name", "00009999,"]
    assert desk.status().photographed == 0, "only people of the list are counted"


def test_people_are_found_while_the_disk_is_away(archive: Archive, roster: Path) -> None:
    for person in ("1", "00009999"):
        take(archive, person)
    desk = desk_of(archive, roster)
    archive.folder.rename(archive.folder.with_name("stick"))
    assert desk.search("ada") == [Person("1", "Ada", state="ok")]
    assert desk.search("9999") == [Person("00009999", on_roster=False, state="ok")]


def test_a_search_among_those_of_a_state_and_among_everybody_is_complete(archive: Archive, roster: Path) -> None:
    with roster.open("a") as file:
        file.writelines(f"a{number},Ada Bee\n" for number in range(CHUNK + 1))
    take(archive, "a7")
    take(archive, "a8888")
    desk = desk_of(archive, roster)
    missing = desk.people("missing", CHUNK - 1, 9, query="bee")
    assert ([one.id for one in missing.people], missing.total) == ([f"a{CHUNK}"], CHUNK)
    assert [one.id for one in desk.people("ok", query="a").people] == ["a7", "a8888"]
    assert desk.people(None).total == CHUNK + 3
    assert len(desk.search("bee", 2 * CHUNK)) == CHUNK + 1


def test_the_name_that_the_list_has_later_is_shown(archive: Archive, roster: Path) -> None:
    capture = take(archive, "9999")
    with roster.open("a") as file:
        file.write("00009999,Änne Grünwald\n")
    desk = desk_of(archive, roster)
    assert [one.subject for one in listed(archive, 9, None, desk.recorded, ALL_KEPT)] == [
        Person("9999", "Änne Grünwald")
    ]
    assert desk.search("grün") == [Person("00009999", "Änne Grünwald", state="ok")]
    assert desk.search("9999") == desk.search("grün")
    assert desk.status().photographed == 1
    assert desk.captures_of("00009999") == [capture]


@pytest.mark.parametrize("spelling", ["8888", "00008888"])
def test_another_spelling_of_an_id_is_the_same_person(archive: Archive, roster: Path, spelling: str) -> None:
    take(archive, "00008888")
    with pytest.raises(UnknownSubject, match="'00008888' is not on the roster") as caught:
        desk_of(archive, roster).check_in(spelling)
    assert caught.value.subject_id == "00008888"
    assert desk_of(archive, roster).check_in(spelling, confirmed=True).id == "00008888"


def test_whom_another_booth_has_photographed_under_another_spelling_has_a_portrait(
    archive: Archive, roster: Path
) -> None:
    roster.write_text("id,name\n41,Ada\n42,Bo\n")
    desk = desk_of(archive, roster)
    desk.learn({one: SharedState(one, "ok", "x", NOON, "booth-2") for one in ("0041", "0042", "007")})
    elsewhere = Person("41", "Ada", state="ok", station="booth-2")
    assert desk.people("missing").total == 0
    assert desk.check_in("41").station == "booth-2"
    assert desk.search("ada") == [elsewhere]
    assert [one.id for one in desk.people("ok").people] == ["41", "42", "007"]
    take(archive, "42")
    count(desk)
    assert desk.status().photographed == 2
    assert [one.station for one in desk.people("ok").people] == ["booth-2", "", "booth-2"], "the one from here counts"


def test_who_is_checked_in_while_a_list_with_other_zeros_comes_still_has_a_portrait(archive: Archive) -> None:
    rosters = [Roster([Subject("0041", "Ada"), Subject("0042", "Bo")])]
    people = PeopleLists(archive, ALL_KEPT, lambda: rosters[-1])
    take(archive, "0042")
    people.learn({"0041": SharedState("0041", "ok", "x", NOON, "booth-2")})
    rosters.append(Roster([Subject("41", "Ada"), Subject("42", "Bo")]))
    people.count()
    ada, bo = Person("0041", "Ada"), Person("0042", "Bo")  # They were checked in before.
    assert people.with_state(ada) == replace(ada, state="ok", station="booth-2")
    assert people.with_state(bo) == replace(bo, state="ok")


def test_somebody_else_on_the_list_is_not_taken_for_a_walk_in(archive: Archive, roster: Path) -> None:
    roster.write_text("id,name\n8888,Ada\n08888,Bo\n")
    take(archive, "8888")
    with pytest.raises(UnknownSubject, match="'008888'"):
        desk_of(archive, roster).check_in("008888")


def test_who_was_photographed_under_another_spelling_can_be_deleted_from_the_list(
    archive: Archive, roster: Path
) -> None:
    take(archive, "8888")
    with roster.open("a") as file:
        file.write("00008888,Bo\n")
    everybody = desk_of(archive, roster).people(None).people
    assert [(one.id, one.has_captures) for one in everybody] == [("1", False), ("00008888", True)]


def test_all_spellings_are_deleted_where_the_list_says_that_they_are_one_person(archive: Archive, roster: Path) -> None:
    first, second, other = take(archive, "8888"), take(archive, "00008888", 1), take(archive, "1", 2)
    with roster.open("a") as file:
        file.write("00008888,Bo\n")
    desk = desk_of(archive, roster)
    desk.check_in("00008888")
    assert set(desk.remove("8888", "web")) == {first, second}
    assert list(archive.ids()) == [other]
    assert desk.status().current is None


def test_a_retake_of_a_portrait_with_another_spelling_is_of_who_is_checked_in(archive: Archive, roster: Path) -> None:
    roster.write_text("id,name\n41,Ada\n")
    settings = {"mode": "required", "roster": str(roster), "consent": {"en": "Agreed?"}}
    desk = SubjectDesk(SubjectSettings.model_validate(settings), archive)
    before = take(archive, "0041")
    desk.check_in("41")
    desk.agree("en")
    person = desk.for_retake(before)
    assert person is not None
    assert person.subject.id == "0041", "it replaces the portrait of this spelling"
    retake = names.new_id(datetime.now().astimezone())
    desk.taken(Shot(retake, "/", "", "ok", (), subject=Person("0041")))
    assert not desk.awaits_portrait()
    desk.check_out("0041", retake)
    assert desk.status().current is None


def test_whoever_is_scanned_again_after_a_new_list_does_not_wait_behind_themselves() -> None:
    lists = [Roster([Subject("0041", "Ada")])]
    check_in = CheckIn(SubjectSettings(mode="required"), lambda: lists[-1])
    ada = check_in.check_in("0041")
    lists.append(Roster([Subject("41", "Ada")]))
    check_in.check_in("41")
    assert check_in.queue == (ada, ())


def test_a_portrait_of_the_stand_in_is_no_portrait_of_the_person(archive: Archive, roster: Path) -> None:
    take(archive, "1", camera=SAMPLE_CIRCUMSTANCES.camera.model_copy(update={"kind": "demo"}))
    desk = desk_of(archive, roster, ReleaseRule(demo_too=False))
    assert [one.id for one in desk.people("missing").people] == ["1"]
    assert list(desk.people("ok").people) == []
    assert [one.state for one in desk.search("Ada")] == ["missing"]
    assert (desk.status().photographed, desk.check_in("1").state) == (0, None)
    assert desk_of(archive, roster).status().photographed == 1, "a station may show its demo on purpose"


def test_who_has_not_agreed_is_to_review_and_so_is_a_portrait_without_a_name(archive: Archive, roster: Path) -> None:
    take(archive, "1")
    nobodys = take(archive, None, minutes=1)
    desk = desk_of(archive, roster, ReleaseRule(wants_names=True, asks_consent=True))
    assert list(desk.people("ok").people) == []
    assert [(one.name, one.must_agree) for one in desk.people("review").people] == [("Ada", True)]
    assert desk.nameless(9) == [nobodys]
    assert desk.status().photographed == 1
    agreed = ConsentRecord(text_sha256="0" * 64, agreed_at=NOON)
    take(archive, "1", minutes=2, consent=agreed)
    assert [(one.name, one.must_agree) for one in desk.people("ok").people] == [("Ada", False)]
    assert list(desk.people("review").people) == []


def test_no_other_id_is_found_in_the_id_of_a_portrait_or_of_a_correction(archive: Archive) -> None:
    settings = {"mode": "required", "code_pattern": r"^(\d+)\d$"}  # The last digit checks the others.
    desk = SubjectDesk(SubjectSettings.model_validate(settings), archive)
    taken = take(archive, "7654321")
    assert desk.check_in("12345674").id == "1234567"
    desk.check_out()
    desk.stand_in(taken)
    current = desk.status().current
    assert current is not None
    assert current.id == "7654321"
    corrected = desk.assign(taken, "1234567", "web", is_id=True)
    assert corrected is not None
    assert (corrected.id, desk.captures_of("1234567")) == ("1234567", [taken])
