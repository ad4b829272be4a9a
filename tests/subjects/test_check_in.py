"""From a scan to the person who is photographed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from capture_station.config import SubjectSettings
from capture_station.errors import QueueFull, SubjectError, UnknownSubject
from capture_station.subjects.check_in import MOST_WAITING, CheckIn
from capture_station.subjects.roster import Roster
from capture_station.subjects.subject import Subject

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
PEOPLE = Roster([Subject("20417", "Ada Lovelace"), Subject("20418", "Bo")])
TEXT = "My picture goes on my card."


def desk(
    mode: str = "required",
    roster: Roster | None = PEOPLE,
    under_way: Callable[[], bool] = lambda: False,
    deserted: Callable[[], bool] = lambda: False,
    clock_s: Callable[[], float] = lambda: 0.0,
    **settings: Any,
) -> CheckIn:
    return CheckIn(
        SubjectSettings.model_validate({"mode": mode, **settings}),
        None if roster is None else lambda: roster,
        lambda: NOON,
        under_way,
        deserted,
        clock_s,
    )


def ids(check_in: CheckIn) -> list[str | None]:
    """Who is photographed now, None for nobody, and then who waits."""
    current, waiting = check_in.queue
    return [None if one is None else one.subject.id for one in (current, *waiting)]


def test_a_person_who_is_scanned_is_photographed_until_checked_out() -> None:
    check_in = desk()
    check_in.check_in("20417")
    named = check_in.for_capture()
    assert named is not None
    assert (named.subject.name, named.on_roster) == ("Ada Lovelace", True)
    check_in.check_out()
    with pytest.raises(SubjectError, match="scan or search a person first"):
        check_in.for_capture()


def test_without_a_roster_any_id_is_taken() -> None:
    check_in = desk(roster=None)
    assert check_in.check_in(" FQ-1 ").subject == Subject("FQ-1")


@pytest.mark.parametrize(
    ("policy", "at_once", "confirmed"), [("accept", True, True), ("ask", False, True), ("refuse", False, False)]
)
def test_an_id_that_is_not_on_the_roster_follows_the_policy(policy: str, at_once: bool, confirmed: bool) -> None:
    for said_yes, taken in ((False, at_once), (True, confirmed)):
        check_in = desk(unknown=policy)
        if taken:
            assert not check_in.check_in("999", said_yes).on_roster
        else:
            with pytest.raises(UnknownSubject, match="'999' is not on the roster") as caught:
                check_in.check_in("999", said_yes)
            assert caught.value.may_confirm == (policy == "ask")


def test_a_wrong_scan_leaves_the_person_before_the_camera() -> None:
    check_in = desk()
    check_in.check_in("20417")
    for text in ("999", "", "x" * 65):
        with pytest.raises(SubjectError):
            check_in.check_in(text)
    assert check_in.current is not None
    assert check_in.current.subject.id == "20417"


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (r"/id/(\d+)", "https://campus.example/id/20417?v=2"),
        (r"(?<=;)\d+(?=\?)", ";20417?"),
        (r"^~(.*)~$", "~20417~"),
        (r"/id/(\d+)", "20417"),
        ("", "  20417\r\n"),
        ("", "0020417"),
    ],
)
def test_the_id_is_found_in_a_code(pattern: str, code: str) -> None:
    assert desk(code_pattern=pattern).find(code).subject.id == "20417"


def test_a_code_that_does_not_fit_is_told_as_it_is() -> None:
    with pytest.raises(UnknownSubject, match="4006381333931"):
        desk(code_pattern=r"/id/(\d+)").find("4006381333931")


@pytest.mark.parametrize("pattern", ["(", "(a)(b)"])
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        desk(code_pattern=pattern)


def test_where_naming_is_optional_nobody_need_be_named() -> None:
    assert desk("optional").for_capture() is None


def test_where_naming_is_off_nobody_can_be_named() -> None:
    assert desk("off").for_capture() is None
    with pytest.raises(SubjectError, match=r"set subjects\.mode"):
        desk("off").check_in("20417")


def test_a_program_may_name_somebody_else() -> None:
    check_in = desk()
    check_in.check_in("20417")
    named = check_in.for_capture("20418")
    assert named is not None
    assert named.subject.id == "20418"


class TestConsent:
    def test_comes_before_the_first_picture_and_is_on_record(self) -> None:
        check_in = desk(consent={"en": TEXT})
        check_in.check_in("20417")
        with pytest.raises(SubjectError, match="has not agreed"):
            check_in.for_capture()
        check_in.agree("en")
        named = check_in.for_capture()
        assert named is not None
        assert named.consent is not None
        assert named.consent.text_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
        assert named.consent.agreed_at == NOON

    def test_holds_when_the_same_badge_is_scanned_again_and_for_nobody_else(self) -> None:
        check_in = desk(consent={"en": TEXT})
        check_in.check_in("20417")
        check_in.agree("en")
        check_in.check_in("20417")
        assert check_in.for_capture() is not None
        check_in.check_in("20418", replaces=True)
        with pytest.raises(SubjectError, match="has not agreed"):
            check_in.for_capture()

    def test_is_asked_again_at_the_next_check_in(self) -> None:
        check_in = desk(consent={"en": TEXT})
        check_in.check_in("20417")
        check_in.agree("en")
        check_in.check_out()
        check_in.check_in("20417")
        with pytest.raises(SubjectError, match="has not agreed"):
            check_in.for_capture()

    def test_of_somebody_who_has_left_is_not_that_of_who_comes_next(self) -> None:
        check_in = desk(consent={"en": TEXT})
        check_in.check_in("20418")
        with pytest.raises(SubjectError, match="somebody else"):
            check_in.agree("en", "20417")
        with pytest.raises(SubjectError, match="has not agreed"):
            check_in.for_capture()
        assert check_in.agree("en", "20418").consent is not None

    def test_of_a_language_without_a_text_is_to_another_one(self) -> None:
        assert desk(consent={"de": "Text"}).consent_text("en") == "Text"

    def test_of_nobody_or_to_nothing_is_refused(self) -> None:
        with pytest.raises(SubjectError, match="nobody is checked in"):
            desk(consent={"en": TEXT}).agree("en")
        with pytest.raises(SubjectError, match=r"set subjects\.consent"):
            desk().agree("en")


def test_whoever_is_scanned_while_a_portrait_is_taken_comes_after_its_person() -> None:
    taking = [False]
    check_in = desk("required", under_way=lambda: taking[0])
    ada, bo = check_in.check_in("20417"), Subject("20418", "Bo")
    taking[0] = True
    assert check_in.check_in("20418").subject == bo
    assert check_in.check_in("20417") is ada  # She scans once more: that changes nothing.
    named = check_in.for_capture()
    assert named is not None
    assert named.subject == ada.subject
    taking[0] = False
    assert check_in.current is ada  # Her portrait is looked at, and perhaps taken again.
    check_in.check_out("20417")
    current, waiting = check_in.queue
    assert current is not None
    assert (current.subject, waiting) == (bo, ())


def test_those_who_wait_come_in_their_order_and_nobody_before_the_portrait_is_taken() -> None:
    taking = [True]
    check_in = desk("optional", under_way=lambda: taking[0], unknown="accept")
    for code in ("20417", "20418", "999"):
        check_in.check_in(code)
    assert ids(check_in) == [None, "20417", "20418", "999"]
    assert check_in.for_capture() is None
    taking[0] = False
    named = check_in.for_capture()
    assert named is not None
    assert named.subject.id == "20417"
    check_in.check_out()
    assert ids(check_in) == ["20418", "999"]
    check_in.check_out()
    assert ids(check_in) == ["999"]


def test_whoever_waits_already_keeps_their_place_however_often_they_are_checked_in() -> None:
    check_in = desk(unknown="accept")
    for code in ("20417", "20418", "999", "20418", "20417", "0020418"):
        check_in.check_in(code)
    assert ids(check_in) == ["20417", "20418", "999"]


def test_a_full_queue_takes_nobody_else_and_loses_nobody() -> None:
    check_in = desk(roster=None)
    for number in range(MOST_WAITING + 1):
        check_in.check_in(f"{number}")
    with pytest.raises(QueueFull, match="50 people wait already; check in more when"):
        check_in.check_in("late")
    check_in.check_in("50")  # She waits already.
    assert ids(check_in) == [f"{number}" for number in range(MOST_WAITING + 1)]
    check_in.check_out()
    check_in.check_in("late")
    assert ids(check_in)[-1] == "late"


def test_whoever_the_newest_list_no_longer_has_or_says_no_of_does_not_come_up() -> None:
    roster = PEOPLE
    check_in = CheckIn(SubjectSettings(mode="required", unknown="accept"), lambda: roster, lambda: NOON)
    for code in ("999", "20417", "888", "20418"):
        check_in.check_in(code)
    roster = Roster([Subject("20418", "Bo", refused="Photo consent: no")])
    assert ids(check_in) == ["999", "888"]


def test_whoever_is_checked_in_takes_somebody_s_place_only_where_that_is_meant() -> None:
    taking = [False]
    check_in = desk("required", under_way=lambda: taking[0])
    first = check_in.check_in("20417")
    second = check_in.check_in("20418")
    assert check_in.queue == (first, (second,))
    check_in.check_out()
    assert check_in.queue == (second, ())
    first = check_in.check_in("20417", replaces=True)
    assert check_in.queue == (first, ())
    taking[0] = True
    second = check_in.check_in("20418", replaces=True)
    assert check_in.queue == (first, (second,))


def test_whoever_takes_somebody_s_place_comes_before_all_who_wait() -> None:
    taking = [False]
    check_in = desk(under_way=lambda: taking[0], unknown="accept")
    for code in ("20417", "998", "20418"):
        check_in.check_in(code)
    check_in.check_in("20418", replaces=True)
    assert ids(check_in) == ["20418", "998"]
    taking[0] = True
    check_in.check_in("999", replaces=True)
    assert ids(check_in) == ["20418", "999", "998"]


def test_who_has_left_is_let_go_however_many_are_checked_in_after_them() -> None:
    clock = [0.0]
    check_in = desk(clock_s=lambda: clock[0], consent={"en": TEXT})
    check_in.check_in("20417")
    for clock[0] in (30.0, 60.0):
        check_in.check_in("20418")
    current = check_in.current
    assert current is not None
    assert current.subject.id == "20418"


def test_who_waits_can_be_sent_away() -> None:
    taking = [True]
    check_in = desk("optional", under_way=lambda: taking[0])
    for code in ("20417", "20418"):
        check_in.check_in(code)
    check_in.check_out("20417")
    assert ids(check_in) == [None, "20418"]
    check_in.check_out("20418")
    taking[0] = False
    assert ids(check_in) == [None]


def test_who_has_to_agree_and_does_not_answer_has_left() -> None:
    clock = [0.0]
    check_in = desk(clock_s=lambda: clock[0], consent={"en": TEXT})
    check_in.check_in("20417")
    clock[0] = 50
    assert check_in.current is not None
    check_in.stay()  # She scrolls: it is a long text.
    clock[0] = 109
    assert check_in.current is not None
    clock[0] = 110
    with pytest.raises(SubjectError, match="nobody is checked in"):
        check_in.agree("en")
    assert check_in.current is None
    check_in.check_in("20417")
    check_in.agree("en")
    clock[0] = 1000  # Somebody stands before the camera all the time.
    assert check_in.current is not None


def test_who_is_not_before_the_camera_and_does_nothing_has_left() -> None:
    clock, nobody = [0.0], [False]
    check_in = desk(deserted=lambda: nobody[0], clock_s=lambda: clock[0])
    check_in.check_in("20417")
    clock[0] = 1000
    assert check_in.current is not None
    nobody[0] = True
    clock[0] = 1179
    assert check_in.current is not None
    clock[0] = 1180
    assert check_in.current is None


def test_who_was_photographed_goes_by_themselves_unless_somebody_looks_or_they_come_again() -> None:
    clock = [0.0]
    check_in = desk(clock_s=lambda: clock[0])
    check_in.check_in("20417")
    check_in.photographed("20418", 11)
    clock[0] = 100  # Somebody stands before the camera all the time.
    check_in.photographed("20417", 11)
    clock[0] = 110
    check_in.stay()
    clock[0] = 120
    check_in.check_in("20418")
    assert ids(check_in) == ["20417", "20418"]
    clock[0] = 121
    assert ids(check_in) == ["20418"]
    check_in.photographed("20418", 11)
    check_in.check_in("20418")
    clock[0] = 1000
    assert ids(check_in) == ["20418"]


def test_nobody_leaves_while_their_portrait_is_taken() -> None:
    clock, taking = [0.0], [True]
    check_in = desk(under_way=lambda: taking[0], deserted=lambda: True, clock_s=lambda: clock[0])
    taking[0] = False
    check_in.check_in("20417")
    taking[0] = True
    clock[0] = 1000
    assert check_in.current is not None
    check_in.check_in("20418")
    taking[0] = False
    clock[0] = 1180
    current = check_in.current
    assert current is not None
    assert current.subject.id == "20418"


def test_a_portrait_lets_go_only_who_has_been_checked_in_since_before_it() -> None:
    now = NOON
    check_in = CheckIn(SubjectSettings(mode="required"), lambda: PEOPLE, lambda: now)
    check_in.check_in("20417")
    check_in.check_in("20418")
    taken_at = now = NOON + timedelta(seconds=10)
    check_in.check_out("20418", taken_at)
    assert ids(check_in) == ["20417", "20418"]
    check_in.check_out("20417", taken_at)
    now += timedelta(seconds=10)
    assert check_in.current is not None
    assert check_in.current.subject.id == "20418"
    check_in.check_out()
    check_in.check_in("20417")
    check_in.check_out("20417", taken_at)
    assert check_in.current.subject.id == "20417"


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_clock_that_is_set_meanwhile_keeps_nobody_checked_in(step: timedelta) -> None:
    """Whoever comes next would be photographed under that name."""
    now, now_s = NOON, 0.0
    check_in = CheckIn(SubjectSettings(mode="required"), lambda: PEOPLE, lambda: now, clock_s=lambda: now_s)
    check_in.check_in("20417")
    check_in.check_in("20418")
    if step < timedelta(0):
        now += step
    now, now_s = now + timedelta(seconds=10), 10.0
    taken_at = now
    if step > timedelta(0):
        now += step
    assert check_in.since < taken_at
    check_in.check_out("20417", taken_at)
    assert ids(check_in) == ["20418"]
