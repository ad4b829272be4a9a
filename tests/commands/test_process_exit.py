"""How a process ends: started again by itself or by systemd, and with all that it has printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from capture_station.commands.run import operator_services
from capture_station.config import StationSettings
from capture_station.frontends.kept_settings import KeptSettings

START = """
import os
from capture_station.commands.process_exit import start_again
print("started")
if os.environ.pop("FIRST", ""):
    start_again()
"""


@pytest.mark.parametrize(
    ("service", "starts"),
    [({}, 2), ({"NOTIFY_SOCKET": "/run/systemd/notify"}, 1)],
    ids=["started by a desktop", "service"],
)
def test_only_a_service_leaves_the_new_start_to_systemd(tmp_path: Path, service: dict[str, str], starts: int) -> None:
    """A desktop's autostart runs in a unit, too, and writes to the journal."""
    with (tmp_path / "journal").open("w") as journal:
        stream = os.fstat(journal.fileno())
        environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
        environment |= {"JOURNAL_STREAM": f"{stream.st_dev}:{stream.st_ino}", "FIRST": "yes", **service}
        command = [sys.executable, "-c", START]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=journal, text=True, check=True)
    assert done.stdout.split() == ["started"] * starts


def test_only_a_service_cannot_be_quit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def may_quit() -> bool:
        return operator_services(StationSettings(), None, None, KeptSettings(tmp_path / "kept")).may_quit

    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert may_quit()
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    assert not may_quit()


def test_what_the_terminal_cannot_show_is_printed_as_an_escape() -> None:
    program = "from capture_station.commands.process_exit import run_and_exit\n"
    program += r"run_and_exit(lambda: print('\u00e4\u2026\udce4'))"
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    assert done.stdout == b"\xe4\\u2026\xe4\n"


def test_the_station_starts_again_although_its_log_is_full(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START + f"else: open({str(tmp_path / 'again')!r}, 'w')"]
    unlike = {"NOTIFY_SOCKET", "PYTHONUNBUFFERED"}
    environment = {name: value for name, value in os.environ.items() if name not in unlike} | {"FIRST": "yes"}
    with Path("/dev/full").open("w") as full:
        subprocess.run(command, env=environment, stdout=full, check=False)
    assert (tmp_path / "again").exists()


def test_a_station_without_output_starts_again(tmp_path: Path) -> None:
    program = START + f"else: open({str(tmp_path / 'again')!r}, 'w')"
    environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"} | {"FIRST": "yes"}
    command = ["sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, program]
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr == ""
    assert (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("body", "exit_code"),
    [
        ("raise ConfigError('a mistake')", 78),
        ("print('a table')", 0),
        ("print('advice', file=sys.stderr)", 74),
        ("1 / 0", 70),
    ],
    ids=["a mistake", "output only", "advice", "a fault of the program"],
)
def test_messages_on_a_full_disk_hide_no_exit_code(body: str, exit_code: int) -> None:
    program = f"""
import sys
from capture_station.commands.process_exit import run_and_exit
from capture_station.errors import ConfigError
def command():
    {body}
run_and_exit(command)
"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=full, check=False)
    assert done.returncode == exit_code


@pytest.mark.parametrize(
    ("body", "exit_code", "said"),
    [
        ("tell('Running.'); drop_unwritten()", 0, ""),
        ("print('a table')", 74, "capture-station: the output is incomplete: No space left on device\n"),
        ("tell('Starting.'); raise ConfigError('a mistake')", 78, "capture-station: a mistake\n"),
    ],
    ids=["station", "another command", "an error"],
)
def test_output_on_a_full_disk_hides_no_exit_code(body: str, exit_code: int, said: str) -> None:
    program = f"""
from capture_station.commands.process_exit import drop_unwritten, run_and_exit
from capture_station.errors import ConfigError
from capture_station.frontends.console import tell
def command():
    {body}
run_and_exit(command)
"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (exit_code, said)
