"""Nobody looks at a screen: whose name the next portrait gets all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_station.errors import Busy, SubjectError
from capture_station.station import subject_desk
from capture_station.station.station import Station
from capture_station.station.status import Person, State
from tests.station.conftest import PATIENCE_S, StartStation, until

BO = Person("20418", "Bo")


def begin(
    start: StartStation, tmp_path: Path, review_s: float, gate: str = "off", mode: str = "required", **settings: object
) -> Station:
    """Ada is checked in; ``settings``: further ones of the people."""
    roster = tmp_path / "people.csv"
    roster.write_text("id,name\n20417,Ada\n20418,Bo\n")
    subjects = {"mode": mode, "roster": str(roster), **settings}
    portrait = {"preset": "portrait-4x5", "gate": gate}
    station = start(subjects=subjects, window={"review_s": review_s}, portrait=portrait)
    until(station, lambda status: status.state is State.RUNNING)
    station.subjects.check_in("20417")
    return station


def current(station: Station) -> str | None:
    person = station.status().subjects.current
    return None if person is None else person.id


def test_who_was_photographed_goes_and_the_next_press_takes_who_waits(
    start: StartStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject_desk, "LATE_S", 0)
    station = begin(start, tmp_path, review_s=0)
    assert station.capture().result(PATIENCE_S).kept
    until(station, lambda status: status.subjects.current is None)
    with pytest.raises(SubjectError, match="nobody is checked in"):
        station.capture()
    station.subjects.check_in("20418")
    assert station.capture().result(PATIENCE_S).subject == BO


def test_until_they_go_the_press_of_who_waits_is_refused(start: StartStation, tmp_path: Path) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    again = station.capture().result(PATIENCE_S)  # Nobody waits: she may want another.
    assert again.subject == shot.subject
    station.subjects.check_in("20418")
    with pytest.raises(Busy, match="the portrait before"):
        station.capture()
    assert station.capture(retakes=again.id).result(PATIENCE_S).subject == shot.subject
    assert station.capture(subject_id="20418").result(PATIENCE_S).subject == BO
    station.subjects.check_out("20417", again.id)  # A screen has ended its review.
    assert station.capture().result(PATIENCE_S).subject == BO


@pytest.mark.parametrize("discarded", ["deleted", "retake"])
def test_who_needs_another_portrait_is_photographed_though_somebody_waits(
    start: StartStation, tmp_path: Path, discarded: str
) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.check_in("20418")
    with pytest.raises(Busy, match="the portrait before"):
        station.capture()
    if discarded == "deleted":
        assert station.remove(shot.id)
    else:
        station.retake(shot.id)  # On another screen.
    assert not station.subjects.awaits_portrait()  # Hands free: she may have walked off.
    assert not station.subjects.comes_again()
    again = station.capture().result(PATIENCE_S)
    assert again.subject == shot.subject
    with pytest.raises(Busy, match="the portrait before"):
        station.capture()
    station.keep(again.id)
    assert station.capture().result(PATIENCE_S).subject == BO


def test_who_does_not_come_back_after_their_portrait_was_deleted_is_let_go(
    start: StartStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    monkeypatch.setattr(subject_desk, "UNDECIDED_S", 0)
    station.remove(shot.id)
    assert current(station) is None


def test_who_has_come_again_before_their_portrait_is_deleted_awaits_another(
    start: StartStation, tmp_path: Path
) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.check_in("20417")
    station.remove(shot.id)
    assert station.subjects.awaits_portrait()
    assert station.subjects.comes_again()


@pytest.mark.parametrize("mode", ["required", "optional"])
def test_a_portrait_without_a_name_is_not_taken_again_under_the_name_of_who_has_come_up(
    start: StartStation, tmp_path: Path, mode: str
) -> None:
    station = begin(start, tmp_path, review_s=120, mode=mode)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.check_in("20418")
    station.subjects.assign(shot.id, None, "window")
    assert current(station) == "20418"
    if mode == "required":
        with pytest.raises(SubjectError, match="say whose it is"):
            station.capture(retakes=shot.id)
        station.remove(shot.id)
        with pytest.raises(SubjectError, match="say whose it is"):
            station.capture(retakes=shot.id)
    else:
        assert station.capture(retakes=shot.id).result(PATIENCE_S).subject is None


def test_who_is_scanned_during_a_portrait_is_not_queued_under_its_name(start: StartStation, tmp_path: Path) -> None:
    station = begin(start, tmp_path, review_s=120)
    station.capture(countdown_s=30)
    station.subjects.check_in("20418")
    with pytest.raises(Busy):
        station.capture()


def test_a_portrait_corrected_to_who_stands_there_is_theirs_and_they_go_with_it(
    start: StartStation, tmp_path: Path
) -> None:
    """Bo had a friend's badge."""
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.assign(shot.id, "20418", "window")
    station.subjects.stand_in(shot.id)
    assert current(station) == "20418"
    assert not station.subjects.awaits_portrait()
    assert not station.subjects.comes_again()
    station.subjects.check_out("20418", shot.id)  # It is kept.
    assert current(station) is None
    station.subjects.check_in("20418")
    assert station.subjects.awaits_portrait()
    assert station.subjects.comes_again()


@pytest.mark.parametrize("scanned", [False, True])
def test_who_waited_already_when_the_portrait_turned_out_to_be_theirs_awaits_no_other(
    start: StartStation, tmp_path: Path, scanned: bool
) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.check_in("20418")
    if scanned:
        station.subjects.check_in("999", confirmed=True)
    station.subjects.assign(shot.id, "20418", "window")
    station.subjects.stand_in(shot.id)
    assert not station.subjects.awaits_portrait()
    station.subjects.check_out("20418", shot.id)
    assert current(station) == ("999" if scanned else None)


def test_who_came_up_after_the_portrait_that_turned_out_to_be_theirs_awaits_no_other(
    start: StartStation, tmp_path: Path
) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.check_in("20418")
    station.subjects.check_out("20417", shot.id)  # It is kept.
    assert station.subjects.awaits_portrait()
    station.subjects.assign(shot.id, "20418", "web")
    assert not station.subjects.awaits_portrait()
    assert not station.subjects.comes_again()


def test_who_comes_long_after_the_last_portrait_that_turned_out_to_be_theirs_awaits_another(
    start: StartStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject_desk, "LAST_CORRECTED_S", 0)
    station = begin(start, tmp_path, review_s=0)
    shot = station.capture().result(PATIENCE_S)
    station.keep(shot.id)
    station.subjects.check_in("20418")
    station.subjects.assign(shot.id, "20418", "web")
    assert station.subjects.awaits_portrait()
    station.subjects.check_out("20418", shot.id)  # A page that shows it ends its review.
    assert current(station) == "20418"


def test_who_waits_is_there_as_before_when_the_last_portrait_was_theirs_by_mistake_only(
    start: StartStation, tmp_path: Path
) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.check_in("20418")
    station.subjects.assign(shot.id, "20418", "window")
    station.subjects.stand_in(shot.id)
    assert not station.subjects.awaits_portrait()
    station.subjects.assign(shot.id, "20417", "window")
    assert current(station) == "20418"
    assert station.subjects.awaits_portrait()
    station.subjects.check_out("20418", shot.id)
    assert current(station) == "20418"


def test_an_older_portrait_that_turned_out_to_be_somebodys_does_not_replace_the_one_they_came_for(
    start: StartStation, tmp_path: Path
) -> None:
    station = begin(start, tmp_path, review_s=120)
    older = station.capture().result(PATIENCE_S)
    station.keep(station.capture().result(PATIENCE_S).id)
    station.subjects.check_in("20418")
    station.subjects.assign(older.id, "20418", "web")
    assert station.subjects.awaits_portrait()


def test_a_retake_that_turned_out_to_be_somebody_elses_leaves_the_person_the_portrait_from_before(
    start: StartStation, tmp_path: Path
) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    again = station.capture(retakes=shot.id).result(PATIENCE_S)
    station.keep(again.id)
    station.subjects.assign(again.id, "20418", "window")
    before = station.find(shot.id)
    assert before is not None
    assert before.kept
    station.subjects.assign(again.id, "20417", "window")
    before = station.find(shot.id)
    assert before is not None
    assert not before.kept, "it was hers after all"


def test_who_agrees_after_a_portrait_turned_out_to_be_theirs_is_photographed_though_somebody_waits(
    start: StartStation, tmp_path: Path
) -> None:
    station = begin(start, tmp_path, review_s=120, consent={"en": "My picture goes on my card."})
    station.subjects.agree("en")
    shot = station.capture().result(PATIENCE_S)
    station.subjects.assign(shot.id, "20418", "window")
    station.subjects.stand_in(shot.id)
    station.subjects.check_in("20417")
    with pytest.raises(SubjectError, match="has not agreed"):
        station.capture(retakes=shot.id)
    station.subjects.agree("en")
    assert station.capture().result(PATIENCE_S).subject == BO


def test_somebody_else_who_comes_up_keeps_their_place(start: StartStation, tmp_path: Path) -> None:
    station = begin(start, tmp_path, review_s=120)
    shot = station.capture().result(PATIENCE_S)
    station.subjects.check_in("999", confirmed=True)
    station.subjects.assign(shot.id, "20418", "window")
    station.subjects.stand_in(shot.id)
    assert current(station) == "999"
    assert station.subjects.awaits_portrait()
