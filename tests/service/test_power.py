"""Restarting the machine: only where systemd would do it without asking for a password."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from capture_station.errors import StationError
from capture_station.service.power import Power


class Logind:
    """Answers as busctl prints what systemd's logind says."""

    def __init__(self, can: str) -> None:
        self.can = can
        self.done: list[str] = []

    def __call__(self, command: Sequence[str]) -> str:
        method = command[6]
        if method.startswith("Can"):
            return f's "{self.can}"\n'
        if self.can != "yes":
            raise subprocess.CalledProcessError(1, list(command))
        self.done.append(method)
        return ""


def absent(command: Sequence[str]) -> str:
    raise FileNotFoundError(command[0])


def test_a_user_who_may_restarts_and_switches_off() -> None:
    logind = Logind("yes")
    power = Power(logind)
    assert power.allows()
    power.restart()
    power.switch_off()
    assert logind.done == ["Reboot", "PowerOff"]


@pytest.mark.parametrize("run", [Logind("challenge"), Logind("no"), absent])
def test_others_are_not_offered_it_and_get_one_clear_line(run: Logind) -> None:
    power = Power(run)
    assert not power.allows()
    with pytest.raises(StationError, match="does not let this user"):
        power.switch_off()
