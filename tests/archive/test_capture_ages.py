"""Ages are lower bounds: whatever the clock does, no capture is ever counted older than it is."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from capture_station.archive.capture_ages import Ages, Moment, moment

DAY_S = 86400.0
START = Moment("first boot", 100.0, 1.7e9, synchronised=False)


def test_this_machine_tells_its_time() -> None:
    now = moment()
    assert now.boot
    assert now.uptime_s > 0
    assert moment().uptime_s >= now.uptime_s


@pytest.mark.parametrize("wall_s", [0.0, -1e9, 1.7e9 - 40 * 365 * DAY_S, 1.7e9 + 40 * 365 * DAY_S])
def test_a_clock_that_jumps_within_a_boot_changes_nothing(wall_s: float) -> None:
    ages = Ages().at(START, ["a"]).at(replace(START, uptime_s=160.0, wall_s=wall_s), ["a"])
    assert ages.of("a") == 60


@pytest.mark.parametrize("wall_s", [0.0, 1.7e9 + 40 * 365 * DAY_S])
def test_a_boot_with_a_wrong_clock_counts_nothing(wall_s: float) -> None:
    ages = Ages().at(START, ["a"]).at(Moment("second boot", 5000.0, wall_s, synchronised=False), ["a"])
    assert ages.of("a") == 0


def test_time_switched_off_counts_once_time_servers_vouch_for_both_ends() -> None:
    ages = Ages().at(replace(START, synchronised=True), ["a"])
    later = Moment("second boot", 10.0, START.wall_s + 3 * DAY_S, synchronised=False)
    ages = ages.at(later, ["a"])
    assert ages.of("a") == 0
    ages = ages.at(replace(later, uptime_s=70.0, wall_s=later.wall_s + 60, synchronised=True), ["a"])
    assert ages.of("a") == 3 * DAY_S + 60


def test_a_synchronised_clock_that_is_set_back_takes_nothing_away() -> None:
    ages = Ages().at(replace(START, synchronised=True), ["a"])
    ages = ages.at(replace(START, uptime_s=160.0, wall_s=0.0, synchronised=True), ["a"])
    assert ages.of("a") == 60


def test_time_found_out_later_does_not_age_what_came_after_it() -> None:
    ages = Ages().at(replace(START, synchronised=True), ["a"])
    later = Moment("second boot", 10.0, 0.0, synchronised=False)
    ages = ages.at(later, ["a", "b"])
    ages = ages.at(replace(later, uptime_s=70.0, wall_s=START.wall_s + 3 * DAY_S, synchronised=True), ["a", "b", "c"])
    assert [ages.of(capture) for capture in ("a", "b", "c")] == [3 * DAY_S, 60, 0]


def test_a_capture_ages_from_when_it_is_seen_and_is_forgotten_when_gone() -> None:
    ages = Ages().at(START, ["a"]).at(replace(START, uptime_s=200.0), ["a", "b"])
    ages = ages.at(replace(START, uptime_s=210.0), ["b"])
    assert (ages.of("a"), ages.of("b")) == (0, 10)
    assert ages.at(replace(START, uptime_s=300.0), ["a"]).of("a") == 0


@pytest.mark.parametrize("text", ["", "{", '{"counted_s": "NaN"}', '{"counted_s": 1e999}', '{"other": 1}', "[]"])
def test_a_damaged_list_begins_again(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ages"
    path.write_text(text)
    assert Ages.read(path) == Ages() == Ages.read(tmp_path / "missing")


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    ages = Ages().at(replace(START, synchronised=True), ["a"])
    (tmp_path / "ages").write_text(ages.model_dump_json())
    assert Ages.read(tmp_path / "ages") == ages


@dataclass
class Machine:
    """A machine and the truth about it; its clock lies whenever time servers do not hold it."""

    chance: random.Random
    true_s: float = 1.7e9
    booted_s: float = 1.7e9
    boots: int = 0
    error_s: float = 0.0
    synchronised: bool = False

    def live(self) -> Moment:
        self.true_s += self.chance.expovariate(1 / 7200)
        if self.chance.random() < 0.3:
            self.true_s += self.chance.expovariate(1 / (2 * DAY_S))
            self.booted_s, self.boots, self.synchronised = self.true_s, self.boots + 1, False
        if self.chance.random() < 0.3:
            self.error_s = self.chance.choice([-1e9, 1e9, -60.0, 5e8])
        self.synchronised |= self.chance.random() < 0.2
        error_s = 0.0 if self.synchronised else self.error_s
        return Moment(f"boot {self.boots}", self.true_s - self.booted_s, self.true_s + error_s, self.synchronised)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_clock_does_no_capture_is_older_than_the_truth(seed: int) -> None:
    machine = Machine(random.Random(seed))
    ages, born_s = Ages(), dict[str, float]()
    for number in range(500):
        born_s[f"capture {number}"] = machine.true_s
        ages = ages.at(machine.live(), born_s)
        assert all(ages.of(capture) <= machine.true_s - born_s[capture] + 1e-3 for capture in born_s)
    assert ages.of("capture 0") > 0.5 * (machine.true_s - born_s["capture 0"])
