"""The operator starts the station again: by itself, or as a service by systemd."""

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
