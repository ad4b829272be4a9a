"""Whose portrait it is, from the check-in to the record."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from capture_station.archive.record import Record
from capture_station.errors import ArchiveError, NotPermitted, SubjectError, UnknownSubject
from capture_station.station.station import Station
from capture_station.station.status import Person, Shot, State
from capture_station.subjects.shared_state import SharedState
from tests.station.conftest import PATIENCE_S, StartStation, until


@pytest.fixture
def roster(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_text("id,name,class\n20417,Ada Lovelace,3b\n20418,Bo,3a\n")
    return str(path)


@pytest.fixture
def station(start: StartStation, roster: str) -> Station:
    station = start(subjects={"mode": "required", "roster": roster})
    until(station, lambda status: status.state is State.RUNNING)
    return station


def take(station: Station, subject_id: str | None = None) -> Shot:
    return station.capture(subject_id=subject_id).result(PATIENCE_S)


def record(station: Station, shot: Shot) -> Record:
    found = station.archive.find(shot.id)
    assert isinstance(found, Record)
    return found


def test_a_portrait_has_the_person_who_is_checked_in(station: Station) -> None:
    station.subjects.check_in("20417")
    assert station.status().subjects.current == Person("20417", "Ada Lovelace")
    shot = take(station)
    assert shot.subject == Person("20417", "Ada Lovelace")
    subject = record(station, shot).subject
    assert subject is not None
    assert (subject.id, subject.name, subject.columns) == (
        "20417", "Ada Lovelace", {"name": "Ada Lovelace", "class": "3b"},
    )  # fmt: skip


def test_a_shot_says_where_the_head_is_and_what_its_preset_allows(start: StartStation) -> None:
    station = start(portrait={"preset": "portrait-4x5", "gate": "off"}, camera={"size_px": [1280, 720]})
    until(station, lambda status: status.framing.ready)
    shot = take(station)
    assert shot.portrait_px is not None
    assert shot.portrait_px[0] / shot.portrait_px[1] == pytest.approx(0.8, abs=0.01)
    guide = shot.guide
    assert guide is not None
    assert guide.eye_lines == (0.34, 0.47)
    assert guide.head_heights == (0.38, 0.62)
    assert guide.eye_lines[0] <= guide.eye_line <= guide.eye_lines[1]
    assert guide.head_heights[0] <= guide.head_height <= guide.head_heights[1]
    assert guide.centre == pytest.approx(0.5, abs=0.05)


def test_hands_free_waits_for_the_check_in(start: StartStation, roster: str, caplog: pytest.LogCaptureFixture) -> None:
    station = start(
        subjects={"mode": "required", "roster": roster},
        capture={"auto": True, "auto_hold_s": 0},
        portrait={"preset": "portrait-4x5", "gate": "off"},
        camera={"size_px": [1280, 720]},
    )
    ready = until(station, lambda status: status.framing.ready)
    later = until(station, lambda status: status.live.previews > ready.live.previews + 20)
    assert later.captures.taken == later.captures.failed == 0
    assert later.captures.held == 0
    assert "no capture" not in caplog.text
    station.subjects.check_in("20417")
    shot = until(station, lambda status: status.captures.taken == 1).captures.last_shot
    assert shot is not None
    assert shot.subject == Person("20417", "Ada Lovelace")


def test_hands_free_takes_nobody_twice_at_one_check_in(station: Station) -> None:
    """Whoever comes next would be photographed under the name of the person before."""
    station.subjects.check_in("20417")
    assert station.subjects.awaits_portrait()
    take(station)
    assert not station.subjects.awaits_portrait()
    assert not station.subjects.comes_again()
    station.subjects.check_in("20417", replaces=True)
    assert station.subjects.awaits_portrait()
    assert station.subjects.comes_again()
    station.subjects.check_in("20418", replaces=True)
    assert station.subjects.awaits_portrait()
    assert not station.subjects.comes_again()


def test_nobody_is_photographed_unnamed_where_a_name_is_required(station: Station) -> None:
    with pytest.raises(SubjectError, match="scan or search a person first"):
        station.capture()
    assert station.status().captures.taken == 0


def test_a_request_may_name_the_person(station: Station) -> None:
    assert take(station, "20418").subject == Person("20418", "Bo")
    with pytest.raises(UnknownSubject):
        station.capture(subject_id="999")


def test_namesakes_are_told_apart_by_a_column_of_the_roster(start: StartStation, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name,class\n1,Anna,3b\n2,Anna,3a\n3,Bo,3a\n")
    station = start(subjects={"mode": "required", "roster": str(tmp_path / "people.csv")})
    until(station, lambda status: status.state is State.RUNNING)
    assert [one.detail for one in station.subjects.search("anna")] == ["3b", "3a"]
    missing = station.subjects.people("missing")
    assert [one.detail for one in missing.people] == ["3b", "3a", "3a"]
    table = b"".join(station.subjects.table("missing")).decode("utf-8-sig").splitlines()
    assert table == ["id,name,class", "1,Anna,3b", "2,Anna,3a", "3,Bo,3a"]
    assert station.subjects.check_in("2").detail == "3a"
    shot = take(station, "2")
    saved = station.find(shot.id)
    assert saved is not None
    assert [one.subject for one in (shot, saved, *station.saved(9))] == 3 * [Person("2", "Anna", detail="3a")]


def test_a_class_is_found_and_who_needs_a_portrait_comes_first(start: StartStation, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name,class\n1,Anna,3b\n2,Bo,3a\n3,Cy,3a\n")
    station = start(subjects={"mode": "required", "roster": str(tmp_path / "people.csv")})
    until(station, lambda status: status.state is State.RUNNING)
    station.subjects.learn({"2": SharedState("2", "ok", "x", datetime.now(timezone.utc), "booth-2")})
    assert [(one.name, one.detail, one.state) for one in station.subjects.search("3A")] == [
        ("Cy", "3a", "missing"),
        ("Bo", "3a", "ok"),
    ]
    assert station.subjects.check_in("3").detail == ""


def test_who_must_not_be_photographed_is_not_and_is_not_missing(start: StartStation, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name,Photo consent\n1,Anna,yes\n2,Bo,no\n")
    station = start(subjects={"mode": "required", "roster": str(tmp_path / "people.csv"), "unknown": "accept"})
    until(station, lambda status: status.state is State.RUNNING)
    for ask in (station.subjects.check_in, lambda text: station.capture(subject_id=text)):
        with pytest.raises(NotPermitted, match="Bo, 2 must not be photographed: the list says 'Photo consent: no'"):
            ask("2")
    station.subjects.code_read("2")
    code = station.status().subjects.camera_code
    assert code is not None
    assert (code.outcome, code.person, code.says) == ("not-permitted", "Bo, 2", "Photo consent: no")
    missing = station.subjects.people("missing")
    assert ([one.id for one in missing.people], missing.total) == (["1"], 1)
    assert station.status().subjects.roster_size == 1
    assert [one.refused for one in station.subjects.search("bo")] == ["Photo consent: no"]


def test_whoever_the_list_says_no_of_meanwhile_is_not_taken_again(start: StartStation, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("id,name,Photo consent\n1,Anna,yes\n2,Bo,yes\n")
    station = start(subjects={"mode": "required", "roster": str(people)})
    until(station, lambda status: status.state is State.RUNNING)
    station.subjects.check_in("2")
    shot = take(station)
    people.write_text("id,name,Photo consent\n1,Anna,yes\n2,Bo,no\n3,Cy,yes\n4,Di,yes\n")
    now = until(station, lambda status: status.subjects.roster_size == 3).subjects.current
    assert now is not None
    assert now.refused == "Photo consent: no"
    for retakes in (None, shot.id):
        with pytest.raises(NotPermitted, match="Bo, 2 must not be photographed"):
            station.capture(retakes=retakes)
    assert station.status().captures.taken == 1


def test_after_keep_the_station_is_free_for_the_next(station: Station) -> None:
    station.subjects.check_in("20417")
    shot = take(station)
    station.retake(shot.id)
    assert station.status().subjects.current is not None
    again = take(station)
    station.keep(again.id)
    assert station.status().subjects.current is None


def test_a_portrait_from_before_does_not_let_go_who_has_come_again(station: Station) -> None:
    station.subjects.check_in("20417")
    shot = take(station)
    station.subjects.check_out("20417", "20260131-120000-000000-00000000")  # There is no such capture.
    assert station.status().subjects.current is not None
    station.subjects.check_out("20417", shot.id)
    assert station.status().subjects.current is None
    station.subjects.check_in("20417")
    station.subjects.check_out("20417", shot.id)
    assert station.status().subjects.current is not None


def test_an_older_portrait_that_is_kept_leaves_its_person_waiting(station: Station) -> None:
    shot = take(station, "20417")
    station.subjects.check_in("20418")
    station.subjects.check_in("20417")
    station.keep(shot.id)
    following = station.status().subjects.next
    assert following is not None
    assert following.id == "20417"


def test_a_kept_portrait_of_somebody_else_leaves_the_person_before_the_camera(station: Station) -> None:
    first = take(station, "20418")
    station.subjects.check_in("20417")
    station.keep(first.id)
    assert station.status().subjects.current == Person("20417", "Ada Lovelace")


def test_the_wrong_person_is_corrected_and_the_correction_recorded(station: Station) -> None:
    shot = take(station, "20417")
    before, _ = station.changes(0)
    station.subjects.assign(shot.id, "20418", "window")
    assert station.changes(before) == (before + 1, [shot.id])
    found = record(station, shot)
    assert found.subject is not None
    assert (found.subject.id, found.subject.name) == ("20418", "Bo")
    assert [(change.from_id, change.to_id, change.by) for change in found.assignments] == [("20417", "20418", "window")]
    with pytest.raises(UnknownSubject):
        station.subjects.assign(shot.id, "999", "window")
    with pytest.raises(ArchiveError):
        station.subjects.assign("none", "20418", "window")


def test_a_correction_lets_go_who_was_checked_in_for_it_and_nobody_who_came_later(station: Station) -> None:
    station.subjects.check_in("20417")
    shot = take(station)
    station.subjects.assign(shot.id, "20418", "web")
    assert station.status().subjects.current is None
    station.subjects.assign(shot.id, "20417", "web")
    station.subjects.check_in("20418")
    station.subjects.check_in("20417")
    station.subjects.assign(shot.id, "20418", "web")
    waiting = station.status().subjects.next
    assert waiting is not None
    assert waiting.id == "20417"
    station.subjects.check_out("20418")
    station.subjects.assign(shot.id, "20417", "web")
    station.subjects.assign(shot.id, None, "web")
    assert station.status().subjects.current == Person("20417", "Ada Lovelace")


def test_consent_stands_in_the_record(start: StartStation, roster: str) -> None:
    station = start(subjects={"mode": "required", "roster": roster, "consent": {"en": "My picture goes on my card."}})
    until(station, lambda status: status.state is State.RUNNING)
    assert station.subjects.check_in("20417").must_agree
    with pytest.raises(SubjectError, match="has not agreed"):
        station.capture()
    assert not station.subjects.agree("en").must_agree
    consent = record(station, take(station)).consent
    assert consent is not None
    assert len(consent.text_sha256) == 64


def agreed_portrait(start: StartStation, roster: str) -> tuple[Station, Shot]:
    """A station that asks for consent, and a portrait of somebody who gave it."""
    station = start(subjects={"mode": "required", "roster": roster, "consent": {"en": "My picture goes on my card."}})
    until(station, lambda status: status.state is State.RUNNING)
    station.subjects.check_in("20417")
    station.subjects.agree("en")
    return station, take(station)


def test_consent_does_not_pass_to_another_person(start: StartStation, roster: str) -> None:
    station, shot = agreed_portrait(start, roster)
    given = record(station, shot).consent
    station.subjects.check_out()
    person = station.subjects.assign(shot.id, "20418", "window")
    assert person is not None
    assert person.must_agree
    assert record(station, shot).consent is None
    person = station.subjects.assign(shot.id, "20417", "window")  # It was hers after all.
    assert person is not None
    assert not person.must_agree
    assert record(station, shot).consent == given


def test_a_portrait_says_whether_its_person_has_agreed(start: StartStation, roster: str) -> None:
    station, shot = agreed_portrait(start, roster)

    def must_agree() -> list[bool | None]:
        found = [station.find(shot.id), *station.saved(1)]
        return [None if one is None or one.subject is None else one.subject.must_agree for one in found]

    assert must_agree() == [False, False]
    station.subjects.assign(shot.id, "20418", "web")
    assert must_agree() == [True, True]


def test_a_retake_is_of_the_same_person_with_the_same_consent(start: StartStation, roster: str) -> None:
    station, shot = agreed_portrait(start, roster)
    station.subjects.check_in("20418")
    taking = station.capture(30, retakes=shot.id)
    assert station.status().captures.subject == Person("20417", "Ada Lovelace")
    assert station.status().captures.retakes == shot.id
    station.cancel()
    until(station, lambda status: taking.cancelled() and status.captures.subject is None)
    again = record(station, station.capture(retakes=shot.id).result(PATIENCE_S))
    assert again.subject is not None
    assert again.subject.id == "20417"
    assert again.consent == record(station, shot).consent


def test_people_are_searched_and_counted(station: Station) -> None:
    assert station.subjects.search("love") == [Person("20417", "Ada Lovelace", state="missing")]
    assert station.status().subjects.roster_size == 2


def test_a_scan_says_who_has_taken_the_person_already(station: Station) -> None:
    taken = SharedState("20417", "ok", "x", datetime.now(timezone.utc), "booth-1")
    station.subjects.learn({"20417": taken})
    assert (station.subjects.check_in("20417").state, station.subjects.check_in("20417").station) == ("ok", "booth-1")
    current = station.status().subjects.current
    assert current is not None
    assert current.station == "booth-1"
    station.subjects.learn({})
    take(station, "20418")
    until(station, lambda _: station.subjects.check_in("20418").state in ("ok", "review"))


def test_who_has_a_portrait_is_known_from_the_records_alone(station: Station) -> None:
    first = take(station, "20417")
    assert {(one.id, one.state) for one in station.subjects.search("a")} >= {("20417", first.verdict)}
    assert [one.id for one in station.subjects.people("missing").people] == ["20418"]
    station.retake(first.id)
    missing = station.subjects.people("missing").people
    assert [(one.id, one.has_captures) for one in missing] == [("20417", True), ("20418", False)]
    again = take(station, "20417")
    assert station.subjects.captures_of("20417") == [again.id, first.id]
    until(station, lambda status: status.subjects.photographed == 1)
    assert station.subjects.remove("20417", "web") == [again.id, first.id]
    assert b",web,20417,2" in station.subjects.deletions()
    assert station.subjects.captures_of("20417") == []
    until(station, lambda status: status.subjects.photographed == 0)


def test_whoever_is_scanned_during_the_countdown_is_next_and_not_in_the_picture(
    start: StartStation, roster: str
) -> None:
    station = start(subjects={"mode": "required", "roster": roster})
    until(station, lambda status: status.state is State.RUNNING)
    ada, bo = Person("20417", "Ada Lovelace"), Person("20418", "Bo", waits=True)
    station.subjects.check_in("20417")
    portrait = station.capture(countdown_s=0.5)
    assert station.subjects.check_in("20418") == bo
    subjects = station.status().subjects
    assert (subjects.current, subjects.next) == (ada, bo)
    shot = portrait.result(PATIENCE_S)
    assert shot.subject == ada
    until(station, lambda status: not status.captures.in_progress)
    subjects = station.status().subjects
    assert (subjects.current and subjects.current.id, subjects.next) == ("20417", bo)
    station.keep(shot.id)
    subjects = station.status().subjects
    assert (subjects.current, subjects.next) == (Person("20418", "Bo"), None)


def test_those_who_wait_come_in_their_order_and_whoever_is_deleted_does_not(station: Station) -> None:
    for subject_id in ("20417", "20418", "888", "999"):
        station.subjects.check_in(subject_id, confirmed=True)
    assert station.subjects.check_in("888", confirmed=True).waits
    waiting = station.status().subjects.waiting
    assert [(one.id, one.waits) for one in waiting] == [("20418", True), ("888", True), ("999", True)]
    station.subjects.remove("888", "web")
    station.keep(take(station).id)
    subjects = station.status().subjects
    assert subjects.current == Person("20418", "Bo")
    assert [one.id for one in subjects.waiting] == ["999"]


def test_a_code_held_up_during_the_countdown_is_next_as_well(start: StartStation, roster: str) -> None:
    station = start(subjects={"mode": "required", "roster": roster})
    until(station, lambda status: status.state is State.RUNNING)
    station.subjects.check_in("20417")
    portrait = station.capture(countdown_s=10)
    station.subjects.code_read("20418")
    subjects = station.status().subjects
    assert subjects.camera_code is not None
    assert subjects.camera_code.outcome == "waits"
    assert subjects.next is not None
    assert subjects.next.id == "20418"
    station.cancel()
    until(station, lambda _: portrait.cancelled())
    subjects = station.status().subjects
    assert subjects.current is not None  # Her countdown is begun again, or she is let go.
    station.subjects.check_out()
    subjects = until(station, lambda status: status.subjects.current is not None).subjects
    assert subjects.current == Person("20418", "Bo")
