"""The desk follows its roster, however long it takes to count who has a portrait."""

from __future__ import annotations

import itertools
import threading
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.config import SubjectSettings
from capture_station.station import subject_desk
from capture_station.station.status import Person, Shot
from capture_station.station.subject_desk import SubjectDesk


class Pauses(threading.Event):
    """Ends after ten pauses, and writes a list in the first one."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__()
        self._path, self._text = path, text
        self.lengths_s: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        if not self.lengths_s:
            self._path.write_text(self._text)
        self.lengths_s.append(timeout)
        return len(self.lengths_s) == 10


def test_a_new_list_is_used_soon_also_while_counting_takes_minutes(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = tmp_path / "people.csv"
    roster.write_text("id,name\n1,Ada\n")
    desk = SubjectDesk(SubjectSettings.model_validate({"mode": "required", "roster": str(roster)}), archive)
    pauses = Pauses(roster, "id,name\n1,Ada\n2,Bo\n")
    looks = itertools.count()
    monkeypatch.setattr(subject_desk, "time", SimpleNamespace(monotonic=lambda: 300.0 * next(looks)))
    desk.run(pauses)
    assert desk.status().roster_size == 2
    assert sum(pauses.lengths_s) < 60


def test_who_was_photographed_is_let_go_also_while_the_disk_is_away(archive: Archive) -> None:
    desk = SubjectDesk(SubjectSettings(mode="required"), archive)
    desk.check_in("1")
    desk.check_in("2")
    taken = names.new_id(datetime.now().astimezone())
    archive.folder.rename(archive.folder.with_name("away"))
    desk.check_out("2", taken)
    assert [one.id for one in desk.status().waiting] == ["2"]
    desk.check_out("1", taken)
    current = desk.status().current
    assert current is not None
    assert current.id == "2"
    desk.check_out("2", taken)
    assert desk.status().current == current, "who comes up after a portrait stays"


def test_a_badge_is_read_again_once_who_was_photographed_has_left_the_picture(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, now_s = threading.Event(), [100.0]
    monkeypatch.setattr(subject_desk, "time", SimpleNamespace(monotonic=lambda: now_s[-1]))
    settings = SubjectSettings(mode="required", camera_codes=True)
    desk = SubjectDesk(settings, archive, deserted=empty.is_set, hands_free=True)
    desk.code_read("1")
    shot_id = names.new_id(datetime.now().astimezone())
    desk.taken(Shot(shot_id, "/", "", "ok", (), subject=Person("1")))
    desk.check_out("1", shot_id)
    desk.code_read("1")
    assert desk.status().current is None
    for pause_s in (0.9, 0.9, 1.1):
        assert desk.status().current is None, "whoever bends down for a moment has not left"
        empty.set()
        desk.status()  # As the watch for codes asks all the time.
        now_s.append(now_s[-1] + pause_s)
        desk.status()
        empty.clear()
        desk.code_read("1")
    current = desk.status().current
    assert current is not None
    assert current.id == "1"


def test_where_a_button_takes_portraits_a_badge_counts_again_at_once(archive: Archive) -> None:
    desk = SubjectDesk(SubjectSettings(mode="required", camera_codes=True), archive)
    desk.code_read("1")
    shot_id = names.new_id(datetime.now().astimezone())
    desk.taken(Shot(shot_id, "/", "", "ok", (), subject=Person("1")))
    desk.check_out("1", shot_id)
    desk.code_read("1")
    current = desk.status().current
    assert current is not None
    assert current.id == "1"


def test_hands_free_a_badge_counts_again_at_once_after_its_portrait_was_deleted(archive: Archive) -> None:
    settings = SubjectSettings(mode="required", camera_codes=True)
    desk = SubjectDesk(settings, archive, hands_free=True)
    desk.code_read("1")
    shot_id = names.new_id(datetime.now().astimezone())
    desk.taken(Shot(shot_id, "/", "", "ok", (), subject=Person("1")))
    desk.discarded(shot_id)
    assert desk.status().current is None, "only then the camera looks for badges"
    desk.code_read("1")
    current = desk.status().current
    assert current is not None
    assert current.id == "1"
    assert desk.awaits_portrait()
    desk.discarded(shot_id)  # Marked and then deleted.
    assert desk.status().current == current


def test_the_badge_of_a_confirmed_walk_in_asks_nothing_again_while_they_stay(archive: Archive, tmp_path: Path) -> None:
    roster = tmp_path / "people.csv"
    roster.write_text("id,name\n1,Ada\n")
    settings = {"mode": "required", "roster": str(roster), "unknown": "ask", "camera_codes": True}
    desk = SubjectDesk(SubjectSettings.model_validate(settings), archive, hands_free=True)
    desk.code_read("9999")
    asked = desk.status().camera_code
    desk.check_in("9999", confirmed=True)
    shot_id = names.new_id(datetime.now().astimezone())
    desk.taken(Shot(shot_id, "/", "", "ok", (), subject=Person("9999")))
    desk.check_out("9999", shot_id)
    desk.code_read("9999")
    assert desk.status().camera_code == asked


def test_who_is_scanned_twice_while_their_portrait_is_developed_goes_with_it(archive: Archive) -> None:
    under_way = threading.Event()
    desk = SubjectDesk(SubjectSettings(mode="required"), archive, under_way=under_way.is_set)
    desk.check_in("1")
    under_way.set()
    taken = names.new_id(datetime.now().astimezone())
    assert not desk.check_in("1").waits
    under_way.clear()
    desk.check_out("1", taken)
    assert desk.status().current is None
