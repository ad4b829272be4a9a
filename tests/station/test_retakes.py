"""What becomes of a portrait that is taken again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capture_station.station.retakes import Retakes
from capture_station.station.status import Person, Saved, Shot

ADA, BO = Person("20417", "Ada Lovelace"), Person("20418", "Bo")


class Booth:
    """Portraits by id, as a station has them."""

    def __init__(self) -> None:
        self.portraits = dict[str, Saved]()
        self.retakes = Retakes(self._mark, self.portraits.get)

    def take(self, capture_id: str, kept: bool, retakes: str | None = None) -> None:
        self.portraits[capture_id] = Saved(capture_id, None, "ok" if kept else "review", (), kept, {}, subject=ADA)
        self.retakes.taken(Shot(capture_id, "/", "", "ok", (), (), kept, retakes=retakes))

    def keep(self, capture_id: str) -> None:
        self.portraits[capture_id] = replace(self.portraits[capture_id], kept=True)
        self.retakes.kept(capture_id)

    @property
    def kept(self) -> list[str]:
        return [capture_id for capture_id, saved in self.portraits.items() if saved.kept]

    def give(self, capture_id: str, person: Person | None) -> None:
        before = self.portraits[capture_id].subject
        self.portraits[capture_id] = replace(self.portraits[capture_id], subject=person)
        self.retakes.corrected(capture_id, None if before is None else before.id)

    def _mark(self, capture_id: str, kept: bool) -> None:
        self.portraits[capture_id] = replace(self.portraits[capture_id], kept=kept)


@pytest.fixture
def booth() -> Booth:
    booth = Booth()
    booth.take("first", kept=True)
    return booth


def test_of_several_doubtful_retakes_the_one_that_is_kept_replaces_all_before(booth: Booth) -> None:
    booth.take("second", kept=False, retakes="first")
    booth.take("third", kept=False, retakes="second")
    assert booth.kept == ["first"]
    booth.keep("second")
    assert booth.kept == ["second"]
    booth.keep("third")
    assert booth.kept == ["third"]


def test_a_retake_that_turned_out_to_be_somebody_else_s_leaves_the_person_their_portrait(booth: Booth) -> None:
    booth.take("second", kept=False, retakes="first")
    booth.portraits["second"] = replace(booth.portraits["second"], subject=BO)
    booth.keep("second")
    assert booth.kept == ["first", "second"]


@pytest.mark.parametrize("whose", [BO, None])
def test_a_good_retake_that_turned_out_not_to_be_of_the_person_gives_back_the_portrait_from_before(
    booth: Booth, whose: Person | None
) -> None:
    booth.take("second", kept=False, retakes="first")
    booth.take("third", kept=True, retakes="second")
    assert booth.kept == ["third"]
    booth.give("third", whose)
    assert booth.kept == ["first", "third"]


@pytest.mark.parametrize("mistaken_for", [BO, None])
def test_a_retake_that_is_of_the_person_after_all_replaces_the_portrait_from_before_again(
    booth: Booth, mistaken_for: Person | None
) -> None:
    booth.take("second", kept=True, retakes="first")
    for _ in range(2):
        booth.give("second", mistaken_for)
        assert booth.kept == ["first", "second"]
        booth.give("second", ADA)
        assert booth.kept == ["second"]


def test_a_doubtful_retake_that_changes_its_person_replaces_nothing_until_it_is_kept(booth: Booth) -> None:
    booth.take("second", kept=False, retakes="first")
    booth.give("second", BO)
    booth.give("second", ADA)
    assert booth.kept == ["first"]
    booth.give("second", BO)
    booth.keep("second")
    assert booth.kept == ["first", "second"]
    booth.give("second", ADA)
    assert booth.kept == ["second"]


def test_a_portrait_from_before_that_is_somebody_else_s_by_now_is_not_kept_again(booth: Booth) -> None:
    booth.take("second", kept=True, retakes="first")
    booth.give("first", BO)
    booth.give("second", BO)
    assert booth.kept == ["second"]


def test_a_retake_with_a_name_replaces_a_portrait_of_nobody(booth: Booth) -> None:
    booth.portraits["first"] = replace(booth.portraits["first"], subject=None)
    booth.take("second", kept=True, retakes="first")
    assert booth.kept == ["second"]


def test_a_portrait_stays_here_while_its_doubtful_retake_may_still_be_kept(booth: Booth) -> None:
    assert not booth.retakes.undecided("first")
    booth.take("second", kept=False, retakes="first")
    assert booth.retakes.undecided("first")
    booth.keep("second")
    assert not booth.retakes.undecided("first")
