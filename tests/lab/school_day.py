"""``python -m tests.lab.school_day``: a made-up photo day at a school, against a real station on loopback.

Everybody on the roster arrives once, in random order. One in twenty shows an unknown code first, one in twenty is
retaken, one in fifty is photographed under somebody else's name, which is then corrected. The camera is unplugged
twice, and the station is killed three times in the middle of a capture. Afterwards everybody must have exactly their
own newest portrait, the export must say so, and nothing that the station acknowledged may be lost.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record
from capture_station.archive.verification import problems
from capture_station.config import ArchiveSettings
from capture_station.export.destination import open_destination
from capture_station.export.exporter import Choice, Export
from capture_station.subjects.roster import Roster
from capture_station.subjects.roster_csv import parse_roster

UNKNOWN, RETAKEN, WRONG = 0.05, 0.05, 0.02
UNPLUGGED, KILLED = 2, 3
PATIENCE_S = 60.0
TRIES = 8
OPTIONS = ("camera.kind=demo", "web.listen=127.0.0.1:0", "window.show=false", "subjects.mode=required")


@dataclass
class Day:
    """What happened, and how long the machine took."""

    people: int
    newest: dict[str, str] = field(default_factory=dict)
    """The truth: the capture that everybody must have in the end."""
    acknowledged: set[str] = field(default_factory=set)
    """Ids of all captures that the station said it has saved."""
    machine_s: list[float] = field(default_factory=list)
    """For each person, the time that requests took."""
    unknown: int = 0
    retaken: int = 0
    corrected: int = 0
    unplugged: int = 0
    killed: int = 0

    def __str__(self) -> str:
        taken = sorted(self.machine_s)
        mean_s, median_s = sum(taken) / len(taken), taken[len(taken) // 2]
        return (
            f"{self.people} people: {self.unknown} unknown codes, {self.retaken} retaken, {self.corrected} corrected, "
            f"unplugged {self.unplugged} times, killed {self.killed} times; "
            f"the machine took {mean_s:.2f} s a person, median {median_s:.2f} s, longest {taken[-1]:.2f} s"
        )


class Booth:
    """A station in a process of its own, which can be killed and started again."""

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        self._folder = folder
        self._options = options
        self.start()

    def start(self) -> None:
        words = [sys.executable, "-m", "tests.lab.school_day", "--booth", str(self._folder)]
        words += [word for option in self._options for word in ("--set", option)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(words, text=True, cwd=Path(__file__).parents[2], **pipes)
        assert self._process.stdout is not None
        url = self._process.stdout.readline().strip()
        assert url, "the station did not start"
        self.client = httpx.Client(base_url=url, timeout=PATIENCE_S)
        self.await_camera()

    def kill(self) -> None:
        self.client.close()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()

    def tell(self, word: str) -> None:
        """Unplug or plug the camera."""
        assert self._process.stdin is not None
        print(word, file=self._process.stdin, flush=True)

    def await_camera(self) -> None:
        tick = threading.Event()
        end_s = time.monotonic() + PATIENCE_S
        while self.client.get("/readyz").status_code != 200:
            assert time.monotonic() < end_s, "there is no camera"
            tick.wait(0.05)

    def ask(self, method: str, path: str, **body: object) -> tuple[int, Any, float]:
        """Status, body and duration of a request. A station that wants a pause gets one, which does not count."""
        while True:
            began_s = time.monotonic()
            answer = self.client.request(method, f"/api/v1{path}", json=body or None)
            if answer.status_code != 429:
                return answer.status_code, answer.json() if answer.content else None, time.monotonic() - began_s
            threading.Event().wait(float(answer.headers.get("Retry-After", 1)))


class Desk:
    """The person who runs the booth: scans, takes, retakes, corrects, and tries again when something breaks."""

    def __init__(self, booth: Booth, day: Day, dice: random.Random) -> None:
        self._booth, self._day, self._dice = booth, day, dice
        self._machine_s = 0.0

    def photograph(self, person: str, somebody_else: str, breaks: str) -> None:
        """Everything about one person.

        Args:
            somebody_else: Under whose name the person may be photographed by mistake.
            breaks: ``unplug``, ``kill``, or nothing.
        """
        self._machine_s = 0.0
        if self._dice.random() < UNKNOWN:
            self._day.unknown += 1
            assert self._ask("PUT", "/check-in", subject=f"X{self._dice.randrange(10**6)}")[0] == 404
        # What a station saved just before it was killed was reviewed by nobody, so nobody could correct its name.
        wrong = self._dice.random() < WRONG and breaks != "kill"
        named = somebody_else if wrong else person
        if breaks == "unplug":
            self._unplugged(named)
        elif breaks == "kill":
            self._killed(named)
        taken = self._take(named)
        if self._dice.random() < RETAKEN:
            self._day.retaken += 1
            before, taken = taken, self._take(named)
            assert self._ask("POST", f"/captures/{before}/retake")[0] == 200
        if wrong:
            self._day.corrected += 1
            assert self._ask("PUT", f"/captures/{taken}/subject", subject=person)[0] == 200
        assert self._ask("POST", f"/captures/{taken}/keep")[0] == 200
        self._ask("DELETE", f"/check-in?subject={named}")
        self._day.newest[person] = taken
        self._day.machine_s.append(self._machine_s)

    def _take(self, person: str) -> str:
        for _ in range(TRIES):
            assert self._ask("PUT", "/check-in", subject=person)[0] == 200
            status, answer = self._ask("POST", "/captures", countdown_s=0, wait=True)
            if status == 201:
                assert answer["subject"]["id"] == person
                self._day.acknowledged.add(answer["id"])
                return str(answer["id"])
            self._booth.await_camera()
        raise AssertionError(f"no portrait after {TRIES} tries: {answer}")

    def _unplugged(self, person: str) -> None:
        self._day.unplugged += 1
        self._ask("PUT", "/check-in", subject=person)
        self._booth.tell("unplug")
        tick = threading.Event()
        while self._booth.client.get("/readyz").status_code == 200:
            tick.wait(0.02)
        assert self._booth.ask("POST", "/captures", countdown_s=0, wait=True)[0] == 503
        self._booth.tell("plug")
        self._booth.await_camera()

    def _killed(self, person: str) -> None:
        """The station dies during a capture: it has saved the portrait or it has not."""
        self._day.killed += 1
        self._ask("PUT", "/check-in", subject=person)
        taking = threading.Thread(target=self._take_until_killed)
        taking.start()
        taking.join(self._dice.uniform(0.0, 1.0))
        self._booth.kill()
        taking.join()
        self._booth.start()

    def _take_until_killed(self) -> None:
        with suppress(httpx.TransportError, RuntimeError):
            status, answer, _ = self._booth.ask("POST", "/captures", countdown_s=0, wait=True)
            if status == 201:
                self._day.acknowledged.add(answer["id"])

    def _ask(self, method: str, path: str, **body: object) -> tuple[int, Any]:
        status, answer, took_s = self._booth.ask(method, path, **body)
        self._machine_s += took_s
        return status, answer


def school_day(folder: Path, people: int, seed: int, options: tuple[str, ...] = ()) -> Day:
    """Run a day in an empty folder and check everything that must hold after it.

    Raises:
        AssertionError: Something does not hold.
    """
    dice = random.Random(seed)
    ids = [str(20400 + number) for number in range(people)]
    roster_file = folder / "roster.csv"
    roster_file.write_text("id,name\n" + "".join(f"{one},Person {one}\n" for one in ids))
    arrivals = dice.sample(ids, people)
    broken = dice.sample(range(people), UNPLUGGED + KILLED)
    breaks = {index: "unplug" if number < UNPLUGGED else "kill" for number, index in enumerate(broken)}
    day = Day(people)
    booth = Booth(folder / "archive", (*OPTIONS, f"subjects.roster={roster_file}", *options))
    try:
        desk = Desk(booth, day, dice)
        for index, person in enumerate(arrivals):
            others = [one for one in ids if one != person]
            desk.photograph(person, dice.choice(others), breaks.get(index, ""))
        _, missing, _ = booth.ask("GET", "/subjects?state=missing")
        assert missing["total"] == 0, f"{missing['total']} people are missing"
    finally:
        booth.kill()
    check(folder, day, Roster(parse_roster(roster_file.read_bytes())[0]))
    return day


def check(folder: Path, day: Day, roster: Roster) -> None:
    """Compare archive and export with the truth."""
    archive = Archive.open(ArchiveSettings(folder=folder / "archive", keep_free_bytes=0))
    try:
        for capture_id in day.acknowledged:
            record = archive.find(capture_id)
            assert isinstance(record, Record), f"{capture_id} was acknowledged and is lost"
            assert not any(problems([archive.folder_of(record.id)])), f"{capture_id} is damaged"
        assert not list((archive.folder / ".unfinished").iterdir())
        newest = archive.query(lambda index: index.newest_kept_captures())
        assert {subject: capture for subject, (capture, _) in newest.items()} == day.newest
    finally:
        archive.close()
    destination = open_destination(str(folder / "out"))
    for _ in range(2):  # Run twice, it must do nothing twice.
        run = Export(folder / "archive", destination, Choice(), roster)
        results = [outcome.result for outcome in run.run()]
        assert run.missing == 0
    assert set(results) == {"unchanged"}
    rows = list(csv.DictReader((folder / "out" / "manifest.csv").read_text("utf-8-sig").splitlines()))
    assert {row["id"]: row["capture"] for row in rows} == day.newest
    assert {row["file"] for row in rows} == {f"portraits/{one.id}.jpg" for one in roster}
    assert len(list((folder / "out" / "portraits").iterdir())) == day.people


def run_booth(folder: Path, options: list[str]) -> None:
    """A station with a page and a camera cable that its standard input pulls. It runs until it is killed."""
    from capture_station.camera.fault_injection import FaultInjector
    from capture_station.config import load
    from capture_station.frontends.web.server import WebServer
    from capture_station.station.station import Station

    settings = load(None, [f"archive.folder={folder}", "archive.keep_free_bytes=0", *options])
    faults = FaultInjector()
    with Station(settings, faults) as station:
        server = WebServer(station, settings)
        threading.Thread(target=server.run, args=(threading.Event(),), daemon=True).start()
        print(server.listeners[0].url, flush=True)
        for word in sys.stdin:
            {"unplug": faults.unplug, "plug": faults.plug}[word.strip()]()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--booth", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--set", action="append", default=[], dest="options", help="as of `capture-station run`")
    chosen = parser.parse_args()
    if chosen.booth is not None:
        run_booth(chosen.booth, chosen.options)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        print(school_day(Path(folder), chosen.people, chosen.seed, tuple(chosen.options)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
