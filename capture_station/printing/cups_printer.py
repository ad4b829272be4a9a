"""A print queue of CUPS, through the system's own programs ``lp``, ``lpstat`` and ``cancel``.

They find the server, its socket and its passwords as every other program on the machine does, and need no library to
be built. What they print for people is read in the C locale; the problems among it are keywords of RFC 8011.
"""

from __future__ import annotations

import os
import re
import subprocess

from capture_station.errors import PrintError
from capture_station.printing.printer import PrinterState

ANSWER_WITHIN_S = 10.0
_HARMLESS = frozenset({"none", "cups-waiting-for-job-completed", "connecting-to-device"})


class CupsPrinter:
    """The queue of this name, as ``lpstat -e`` lists it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def submit(self, pdf: bytes, title: str, copies: int, media: str) -> str:
        options = ["-o", f"media={media}", "-o", "print-scaling=none"]
        answer = self._run(["lp", "-d", self._name, "-n", str(copies), "-t", title, *options, "-"], pdf)
        match = re.search(r"request id is (\S+)", answer)
        if match is None:
            raise PrintError(f"printer {self._name}: lp gave no request id: {answer.strip()!r}")
        return match[1]

    def state(self) -> PrinterState:
        answer = self._run(["lpstat", "-l", "-p", self._name])
        alerts = re.search(r"^\s*Alerts: (.*)$", answer, re.MULTILINE)
        words = alerts[1].split() if alerts else []
        problems = [re.sub(r"-(error|warning|report)$", "", word) for word in words if word not in _HARMLESS]
        # CUPS takes a queue's name in any case and answers with the one that it was given.
        named = rf"^printer {re.escape(self._name)} (is|now|disabled)"
        enabled = re.search(named, answer, re.MULTILINE | re.IGNORECASE)
        if enabled is None:
            raise PrintError(f"printer {self._name}: lpstat says {answer.strip()!r}")
        if enabled[1] == "disabled" and "paused" not in problems:
            problems.append("paused")
        jobs = self._run(["lpstat", "-W", "not-completed", "-o", self._name])
        return PrinterState(
            tuple(dict.fromkeys(problems)),
            frozenset(line.split()[0] for line in jobs.splitlines() if line.strip()),
        )

    def cancel(self, job: str) -> None:
        self._run(["cancel", job])

    def _run(self, command: list[str], data: bytes = b"") -> str:
        """What a program prints.

        Raises:
            PrintError: It is missing, failed, or took too long.
        """
        environment = {**os.environ, "LC_ALL": "C"}
        try:
            done = subprocess.run(
                command, input=data, capture_output=True, timeout=ANSWER_WITHIN_S, env=environment, check=False
            )
        except FileNotFoundError as error:
            raise PrintError(f"the program {command[0]} is missing; install CUPS (Debian: cups)") from error
        except subprocess.TimeoutExpired as error:
            raise PrintError(
                f"printer {self._name}: {command[0]} did not answer within {ANSWER_WITHIN_S:g} s"
            ) from error
        except OSError as error:
            raise PrintError(f"printer {self._name}: {command[0]} cannot run: {error.strerror}") from error
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip().removeprefix(f"{command[0]}: ")
            raise PrintError(f"printer {self._name}: {reason or f'{command[0]} failed'}")
        return done.stdout.decode(errors="replace")
