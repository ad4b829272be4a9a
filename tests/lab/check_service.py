"""README's service under a real systemd: installation, watchdog, crashes, bad configuration, stopping."""

from __future__ import annotations

import json
import os
import pwd
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tests.lab.readme import CHECKOUT, commands
from tests.lab.unit import (
    ARCHIVE,
    UNIT,
    ask_for_portrait,
    eventually,
    journal,
    restart,
    show,
    systemctl,
    take_portrait,
)


def main_pid() -> int:
    return int(show("MainPID"))


def restarted(after: int) -> bool:
    return main_pid() not in (0, after) and show("ActiveState") == "active"


def test_readme_installs_and_starts_it() -> None:
    for name in ("packages", "service"):
        done = subprocess.run(["sh", "-ec", commands(name)], cwd=CHECKOUT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr + journal()
    assert show("ActiveState") == "active"
    assert show("UnitFileState") == "enabled"
    # There is no camera in a container.
    eventually(lambda: show("StatusText").startswith("running: demo"))


def test_the_service_has_its_own_user() -> None:
    restart()
    user = pwd.getpwnam("capture-station")
    assert os.stat(f"/proc/{main_pid()}").st_uid == user.pw_uid
    assert user.pw_shell.endswith("nologin")


def test_the_service_is_ready_only_when_the_camera_delivers() -> None:
    """systemctl returns when the service is ready. Its status text must then be that of a running station."""
    systemctl("stop", UNIT)
    assert systemctl("start", UNIT).returncode == 0
    assert show("StatusText").startswith("running: ")


def test_readmes_command_takes_a_portrait() -> None:
    restart()
    portrait = take_portrait()
    assert portrait.is_relative_to(ARCHIVE)
    assert stat.S_IMODE(portrait.stat().st_mode) == 0o600
    assert portrait.owner() == "capture-station"
    eventually(lambda: show("StatusText").endswith("1 captures"))
    assert str(portrait) in journal()


def test_other_users_have_no_access() -> None:
    restart()
    for path in ("/run/capture-station", ARCHIVE):
        assert subprocess.run(["runuser", "-u", "nobody", "--", "ls", path], capture_output=True).returncode != 0


def test_the_watchdog_restarts_a_frozen_service() -> None:
    restart()
    frozen = main_pid()
    os.kill(frozen, signal.SIGSTOP)
    took_s = eventually(lambda: restarted(frozen), within_s=120)
    print(f"{took_s:.1f} s from the freeze to the new process")
    assert "Watchdog timeout" in journal()
    eventually(lambda: show("StatusText").startswith("running: "))
    assert take_portrait().exists()


def test_a_killed_service_is_restarted() -> None:
    restart()
    killed = main_pid()
    os.kill(killed, signal.SIGKILL)
    took_s = eventually(lambda: restarted(killed))
    print(f"{took_s:.1f} s from the kill to readiness")
    assert take_portrait().exists()


def test_a_service_killed_repeatedly_is_always_restarted() -> None:
    restart()
    for _ in range(7):
        killed = main_pid()
        os.kill(killed, signal.SIGKILL)
        eventually(lambda killed=killed: main_pid() not in (0, killed))  # type: ignore[misc]
    eventually(lambda: show("ActiveState") == "active")


@pytest.mark.parametrize(
    ("config", "exit_code", "words"),
    [
        ("camera: {knd: demo}\n", 78, "camera.knd"),
        ("segmentation: {preview_model: /nowhere.tflite}\n", 72, "/nowhere.tflite"),
    ],
    ids=["configuration", "model"],
)
def test_permanent_errors_are_not_restarted(config: str, exit_code: int, words: str) -> None:
    restart()
    try:
        with pytest.raises(AssertionError):
            restart(config)
        eventually(lambda: show("ActiveState") == "failed")
        # Longer than RestartSec.
        time.sleep(4)
        assert show("ActiveState") == "failed", journal()
        assert show("ExecMainStatus") == str(exit_code)
        assert show("NRestarts") == "0"
        assert words in journal()
    finally:
        restart()


def test_temporary_errors_are_retried() -> None:
    """The archive is on a disk that is not mounted yet."""
    try:
        with pytest.raises(AssertionError):
            restart("archive: {folder: /srv/portraits}\n")
        eventually(lambda: int(show("NRestarts")) >= 2)
        assert "/srv/portraits" in journal()
    finally:
        restart()


def test_the_service_stops_at_once() -> None:
    restart()
    begun_s = time.monotonic()
    systemctl("stop", UNIT)
    took_s = time.monotonic() - begun_s
    print(f"{took_s:.2f} s")
    assert took_s < 5
    assert show("Result") == "success"


@pytest.mark.parametrize("delay_s", [0, 0.2, 0.5, 1])
def test_the_service_stops_soon_during_a_capture(delay_s: float) -> None:
    restart()
    with ask_for_portrait() as asked:
        time.sleep(delay_s)
        begun_s = time.monotonic()
        systemctl("stop", UNIT)
        took_s = time.monotonic() - begun_s
        answer = asked.makefile("rb").readline()
    print(f"{took_s:.2f} s, {answer.decode()}")
    assert took_s < 5
    assert show("Result") == "success"
    told = json.loads(answer) if answer else {}
    if "shot" in told:
        assert os.path.exists(told["shot"]["portrait"])
    assert not list((ARCHIVE / ".unfinished").iterdir())


def test_a_stopped_service_leaves_nothing_behind() -> None:
    restart()
    systemctl("stop", UNIT)
    assert not os.path.exists("/run/capture-station")
    user = pwd.getpwnam("capture-station").pw_uid
    assert not [process for process in Path("/proc").glob("[0-9]*") if process.stat().st_uid == user]
