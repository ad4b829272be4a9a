"""Restarts the machine or switches it off through systemd's logind, where this user may do so without a password."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

from capture_station.errors import StationError

ANSWER_WITHIN_S = 3.0
_MANAGER = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
"""org.freedesktop.login1(5)."""

Run = Callable[[Sequence[str]], str]
"""Runs a program and returns what it prints.

Raises:
    OSError, subprocess.SubprocessError: It is missing, failed, or took too long.
"""


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, timeout=ANSWER_WITHIN_S, check=True, stdin=subprocess.DEVNULL)
    return done.stdout.decode(errors="replace")


class Power:
    """The machine's power. Its methods wait up to some seconds for logind."""

    def __init__(self, run: Run = _run) -> None:
        self._run = run

    def allows(self) -> bool:
        """Whether logind would do both without a password; False also without systemd."""
        try:
            return all("yes" in self._call(f"Can{method}") for method in ("PowerOff", "Reboot"))
        except (OSError, subprocess.SubprocessError):
            return False

    def restart(self) -> None:
        """Begin to restart the machine.

        Raises:
            StationError: logind refuses; the same for ``switch_off``.
        """
        self._do("Reboot")

    def switch_off(self) -> None:
        """Begin to switch the machine off."""
        self._do("PowerOff")

    def _do(self, method: str) -> None:
        try:
            self._call(method, "b", "false")
        except (OSError, subprocess.SubprocessError) as error:
            raise StationError(
                "systemd does not let this user switch the machine off; README, As a service, has the rule for it"
            ) from error

    def _call(self, method: str, *arguments: str) -> str:
        return self._run(["busctl", "--system", "call", *_MANAGER, method, *arguments])
