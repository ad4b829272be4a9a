"""Booths with one target know whom the others have photographed, through outages, restarts and corrections."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.deletions import delete_subject
from capture_station.archive.record import SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.config import ArchiveSettings
from capture_station.config.values import SecretUrl
from capture_station.subjects.shared_state import SharedState
from capture_station.upload import shared_states
from capture_station.upload.shared_states import SharedStates

ORIGINAL, PORTRAIT = sample_pictures((32, 24))
NINE = datetime(2026, 5, 4, 9, tzinfo=timezone.utc)


class Booth:
    """A booth without threads. Its clock stands still until it is moved on."""

    def __init__(self, folder: Path, name: str, target: str) -> None:
        self.archive = Archive.open(ArchiveSettings(folder=folder / name, keep_free_bytes=0))
        self.name, self._target = name, target
        self.now = NINE
        self.elsewhere: Mapping[str, SharedState] = {}
        self.restart()

    def restart(self) -> None:
        def learn(states: Mapping[str, SharedState]) -> None:
            self.elsewhere = states

        self.elsewhere = {}
        self._states = SharedStates(self.archive, SecretUrl(self._target), self.name, learn, lambda: self.now)

    def take(self, subject: str) -> str:
        self.now += timedelta(seconds=10)
        whose = SAMPLE_CIRCUMSTANCES.model_copy(update={"subject": SubjectRecord(id=subject, name="Ada Lovelace")})
        return self.archive.save(ORIGINAL, PORTRAIT, self.now, whose).id

    def run(self, stop: threading.Event) -> None:
        self._states.run(stop)

    def exchange(self) -> None:
        self._states.exchange()

    def knows(self, subject: str) -> str:
        """The other booth that has taken the newest portrait of this person."""
        return self.elsewhere[subject].station if subject in self.elsewhere else ""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def booths(tmp_path: Path, target: Path) -> tuple[Booth, Booth]:
    one, two = (Booth(tmp_path, f"booth-{number}", str(target)) for number in (1, 2))
    return one, two


def exchange(*booths: Booth) -> None:
    """Until everybody knows everything: one more round than there are booths."""
    for _ in range(3):
        for booth in booths:
            booth.exchange()


def test_the_other_booth_knows_who_was_photographed_and_no_name_leaves(
    booths: tuple[Booth, Booth], target: Path
) -> None:
    one, two = booths
    one.take("A/../17 é")
    exchange(one, two)
    assert (one.knows("A/../17 é"), two.knows("A/../17 é")) == ("", "booth-1")
    (file,) = (target / "subjects").iterdir()
    assert b"Ada" not in file.read_bytes()


def test_the_newest_portrait_counts_wherever_it_was_taken(booths: tuple[Booth, Booth]) -> None:
    one, two = booths
    one.take("20417")
    two.now = one.now
    two.take("20417")
    exchange(one, two)
    assert (one.knows("20417"), two.knows("20417")) == ("booth-2", "")
    one.now = two.now
    one.take("20417")
    exchange(two, one)
    assert (one.knows("20417"), two.knows("20417")) == ("", "booth-1")


def test_what_is_withdrawn_or_deleted_is_missing_again(booths: tuple[Booth, Booth]) -> None:
    one, two = booths
    retaken, wrong = one.take("1"), one.take("2")
    one.take("3")
    exchange(one, two)
    assert set(two.elsewhere) == {"1", "2", "3"}
    one.archive.set_kept(retaken, kept=False)
    one.archive.assign(wrong, SubjectRecord(id="4"), "window")
    delete_subject(one.archive, "3", "web")
    exchange(one, two)
    assert set(two.elsewhere) == {"4"}


def test_who_was_purged_for_age_has_a_portrait_all_the_same(booths: tuple[Booth, Booth]) -> None:
    one, two = booths
    old = one.take("20417")
    exchange(one, two)
    one.archive.remove(old)
    exchange(one, two)
    assert two.knows("20417") == "booth-1"


def test_a_portrait_that_was_here_before_counts_again_when_the_newer_one_is_withdrawn(
    booths: tuple[Booth, Booth],
) -> None:
    one, two = booths
    one.take("20417")
    two.now = one.now
    newer = two.take("20417")
    exchange(one, two)
    two.archive.set_kept(newer, kept=False)
    exchange(one, two)
    assert (one.knows("20417"), two.knows("20417")) == ("", "booth-1")


def test_an_outage_delays_and_loses_nothing(booths: tuple[Booth, Booth], target: Path, tmp_path: Path) -> None:
    one, two = booths
    one.take("1")
    exchange(one, two)
    target.rename(tmp_path / "unplugged")
    one.take("2")
    two.take("3")
    for booth in booths:
        booth.restart()
        with pytest.raises(FileNotFoundError):
            booth.exchange()
    assert two.knows("1") == "booth-1"
    (tmp_path / "unplugged").rename(target)
    exchange(one, two)
    assert (two.knows("1"), two.knows("2"), one.knows("3")) == ("booth-1", "booth-1", "booth-2")


class Pauses(threading.Event):
    """Ends after as many pauses as it is given actions, one for each."""

    def __init__(self, *before: Callable[[], object]) -> None:
        super().__init__()
        self._before = list(before)
        self.lengths_s: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.lengths_s.append(timeout)
        self._before.pop(0)()
        return not self._before


def test_nobody_is_deaf_for_long_after_a_slow_start_or_an_outage(
    booths: tuple[Booth, Booth], target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count()
    monkeypatch.setattr(shared_states, "time", SimpleNamespace(monotonic=lambda: 120.0 * next(looks)))
    pauses = Pauses(lambda: target.rename(tmp_path / "unplugged"), lambda: None)
    booths[0].run(pauses)
    assert pauses.lengths_s == [shared_states.LONGEST_PAUSE_S, shared_states.EVERY_S]


def test_a_damaged_file_is_left_alone(booths: tuple[Booth, Booth], target: Path) -> None:
    one, two = booths
    (target / "subjects").mkdir()
    (target / "subjects" / "0.json").write_text('{"subject": 5}')
    one.take("20417")
    exchange(one, two)
    assert two.knows("20417") == "booth-1"
    assert (target / "subjects" / "0.json").read_text() == '{"subject": 5}'


def test_an_hour_of_arrivals_at_two_booths_ends_in_one_truth(booths: tuple[Booth, Booth]) -> None:
    dice = random.Random(7)
    people = [str(20400 + number) for number in range(60)]
    newest: dict[str, tuple[Booth, str]] = {}
    taken: list[tuple[Booth, str, str]] = []
    for second in range(0, 3600, 30):
        booth = dice.choice(booths)
        for one in booths:
            one.now = NINE + timedelta(seconds=second + 20 * (one is booth))
        subject = dice.choice(people)
        taken.append((booth, subject, booth.take(subject)))
        newest[subject] = taken[-1][0], taken[-1][2]
        if dice.random() < 0.5:
            dice.choice(booths).exchange()  # The other one has an outage just now.
        if dice.random() < 0.05:
            dice.choice(booths).restart()
    exchange(*booths)
    for booth in booths:
        others = {subject for subject, (at, _) in newest.items() if at is not booth}
        assert set(booth.elsewhere) == others
        assert all(booth.elsewhere[subject].capture == newest[subject][1] for subject in others)
