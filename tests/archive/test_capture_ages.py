"""Ages are lower bounds: whatever the clock does, no capture is ever taken for older than it is."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from capture_station.archive.capture_ages import CaptureAges, ClockReading, read_clocks

DAY_S = 86400.0
START = ClockReading("first boot", 100.0, 1.7e9, synchronised=False)


def test_the_clocks_of_this_machine_can_be_read() -> None:
    now = read_clocks()
    assert now.boot
    assert now.uptime_s > 0
    assert read_clocks().uptime_s >= now.uptime_s


@pytest.mark.parametrize("wall_s", [0.0, -1e9, 1.7e9 - 40 * 365 * DAY_S, 1.7e9 + 40 * 365 * DAY_S])
def test_a_clock_that_jumps_within_a_boot_changes_no_age(wall_s: float) -> None:
    ages = CaptureAges().advanced_to(START, ["a"]).advanced_to(replace(START, uptime_s=160.0, wall_s=wall_s), ["a"])
    assert ages.age_s("a") == 60


@pytest.mark.parametrize("wall_s", [0.0, 1.7e9 + 40 * 365 * DAY_S])
def test_time_before_a_boot_with_an_unsynchronised_clock_does_not_count(wall_s: float) -> None:
    ages = (
        CaptureAges()
        .advanced_to(START, ["a"])
        .advanced_to(ClockReading("second boot", 5000.0, wall_s, synchronised=False), ["a"])
    )
    assert ages.age_s("a") == 0


def test_time_while_off_counts_if_time_servers_confirm_both_ends() -> None:
    ages = CaptureAges().advanced_to(replace(START, synchronised=True), ["a"])
    later = ClockReading("second boot", 10.0, START.wall_s + 3 * DAY_S, synchronised=False)
    ages = ages.advanced_to(later, ["a"])
    assert ages.age_s("a") == 0
    ages = ages.advanced_to(replace(later, uptime_s=70.0, wall_s=later.wall_s + 60, synchronised=True), ["a"])
    assert ages.age_s("a") == 3 * DAY_S + 60


def test_a_synchronised_clock_that_is_set_back_reduces_no_age() -> None:
    ages = CaptureAges().advanced_to(replace(START, synchronised=True), ["a"])
    ages = ages.advanced_to(replace(START, uptime_s=160.0, wall_s=0.0, synchronised=True), ["a"])
    assert ages.age_s("a") == 60


def test_time_that_is_confirmed_later_does_not_age_later_captures() -> None:
    ages = CaptureAges().advanced_to(replace(START, synchronised=True), ["a"])
    later = ClockReading("second boot", 10.0, 0.0, synchronised=False)
    ages = ages.advanced_to(later, ["a", "b"])
    ages = ages.advanced_to(
        replace(later, uptime_s=70.0, wall_s=START.wall_s + 3 * DAY_S, synchronised=True), ["a", "b", "c"]
    )
    assert [ages.age_s(capture) for capture in ("a", "b", "c")] == [3 * DAY_S, 60, 0]


def test_a_capture_ages_from_its_first_sighting_until_it_is_removed() -> None:
    ages = CaptureAges().advanced_to(START, ["a"]).advanced_to(replace(START, uptime_s=200.0), ["a", "b"])
    ages = ages.advanced_to(replace(START, uptime_s=210.0), ["b"])
    assert (ages.age_s("a"), ages.age_s("b")) == (0, 10)
    assert ages.advanced_to(replace(START, uptime_s=300.0), ["a"]).age_s("a") == 0


@pytest.mark.parametrize("text", ["", "{", '{"counted_s": "NaN"}', '{"counted_s": 1e999}', '{"other": 1}', "[]"])
def test_a_damaged_list_starts_again(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ages"
    path.write_text(text)
    assert CaptureAges.read(path) == CaptureAges() == CaptureAges.read(tmp_path / "missing")


def test_ages_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    ages = CaptureAges().advanced_to(replace(START, synchronised=True), ["a"])
    (tmp_path / "ages").write_text(ages.model_dump_json())
    assert CaptureAges.read(tmp_path / "ages") == ages


def test_captures_that_were_first_seen_together_are_listed_oldest_first() -> None:
    ages = CaptureAges().advanced_to(START, ["2", "3"])
    ages = ages.advanced_to(replace(START, uptime_s=START.uptime_s + DAY_S), ["3", "2", "1"])
    assert ages.captures() == ["2", "3", "1"]


@dataclass
class Machine:
    """A machine with its true time; its clock may be wrong whenever time servers do not synchronise it."""

    chance: random.Random
    true_s: float = 1.7e9
    booted_s: float = 1.7e9
    boots: int = 0
    error_s: float = 0.0
    synchronised: bool = False

    def live(self) -> ClockReading:
        self.true_s += self.chance.expovariate(1 / 7200)
        if self.chance.random() < 0.3:
            self.true_s += self.chance.expovariate(1 / (2 * DAY_S))
            self.booted_s, self.boots, self.synchronised = self.true_s, self.boots + 1, False
        if self.chance.random() < 0.3:
            self.error_s = self.chance.choice([-1e9, 1e9, -60.0, 5e8])
        self.synchronised |= self.chance.random() < 0.2
        error_s = 0.0 if self.synchronised else self.error_s
        return ClockReading(f"boot {self.boots}", self.true_s - self.booted_s, self.true_s + error_s, self.synchronised)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_clock_does_no_capture_is_older_than_the_truth(seed: int) -> None:
    machine = Machine(random.Random(seed))
    ages, born_s = CaptureAges(), dict[str, float]()
    for number in range(500):
        born_s[f"capture {number}"] = machine.true_s
        ages = ages.advanced_to(machine.live(), born_s)
        assert all(ages.age_s(capture) <= machine.true_s - born_s[capture] + 1e-3 for capture in born_s)
    assert ages.age_s("capture 0") > 0.5 * (machine.true_s - born_s["capture 0"])
