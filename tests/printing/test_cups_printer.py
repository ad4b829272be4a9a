"""A queue of CUPS, whose programs are stood in for by scripts that answer as theirs do."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_station.errors import PrintError
from capture_station.printing.cups_printer import CupsPrinter

IDLE = "printer Booth is idle.  enabled since Sat Nov 28 21:01:29 2026\n\tDescription: Booth\n\tAlerts: none\n"
STOPPED = "printer Booth disabled since Sat Nov 28 21:01:29 2026 -\n\tPaused\n\tAlerts: paused media-empty-error\n"


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What ``lpstat -p`` prints; no jobs wait."""
    program = tmp_path / "lpstat"
    text = tmp_path / "answer"
    program.write_text(f'#!/bin/sh\ncase "$*" in *-p*) exec cat "{text}";; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return text


@pytest.mark.parametrize("name", ["Booth", "booth"])
def test_a_queue_is_known_by_its_name_in_any_case(answer: Path, name: str) -> None:
    answer.write_text(IDLE)
    state = CupsPrinter(name).state()
    assert not state.problems


def test_a_stopped_queue_says_why(answer: Path) -> None:
    answer.write_text(STOPPED)
    state = CupsPrinter("Booth").state()
    assert state.problems == ("paused", "media-empty")


def test_another_queue_is_not_taken_for_it(answer: Path) -> None:
    answer.write_text(IDLE)
    with pytest.raises(PrintError, match="Booth2"):
        CupsPrinter("Booth2").state()
