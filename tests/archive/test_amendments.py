"""Which captures a process has changed or removed."""

from __future__ import annotations

from capture_station.archive.amendments import REMEMBERED, Amendments


def test_whoever_asks_again_hears_what_is_new_and_each_capture_once() -> None:
    amendments = Amendments()
    assert amendments.after(0) == (0, [])
    for capture_id in ("a", "b", "a"):
        amendments.add(capture_id)
    assert amendments.after(0) == (3, ["a", "b"])
    assert amendments.after(2) == (3, ["a"])
    assert amendments.after(3) == (3, [])


def test_of_very_many_only_the_newest_are_remembered() -> None:
    amendments = Amendments()
    for number in range(REMEMBERED + 2):
        amendments.add(str(number))
    count, ids = amendments.after(0)
    assert count == REMEMBERED + 2
    assert (ids[0], ids[-1], len(ids)) == ("2", str(REMEMBERED + 1), REMEMBERED)
