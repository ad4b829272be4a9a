"""README's kiosk under a real systemd: the window opens, and opens again after the screen has crashed.

The compositor draws into memory, since there is no monitor.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tests.lab.readme import CHECKOUT, commands
from tests.lab.unit import eventually, journal, show, systemctl, take_portrait

SCREEN = "capture-station-screen.service"
WITHOUT_MONITOR = """[Service]
Environment=WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1
"""


def window_is_shown() -> bool:
    looked = subprocess.run(
        ["runuser", "-u", "capture-station", "--", "env", "DISPLAY=:0", "xwininfo", "-name", "Capture station"],
        capture_output=True,
        text=True,
    )
    return "IsViewable" in looked.stdout and "Width: 1280" in looked.stdout


def screen_pid() -> int:
    return int(systemctl("show", "--value", "--property=MainPID", SCREEN).stdout)


def test_readme_opens_a_window_on_the_screen() -> None:
    dropin = Path("/etc/systemd/system") / f"{SCREEN}.d" / "lab.conf"
    dropin.parent.mkdir(parents=True)
    dropin.write_text(WITHOUT_MONITOR)
    script = [commands(name) for name in ("packages", "service", "kiosk")]
    for part in [*script, "sudo apt-get install --no-install-recommends x11-utils"]:
        done = subprocess.run(["sh", "-ec", part], cwd=CHECKOUT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:] + journal()
    assert systemctl("is-active", SCREEN).stdout == "active\n"
    eventually(lambda: show("StatusText").startswith("running: demo"))
    eventually(window_is_shown, within_s=120)
    assert take_portrait().exists()


def test_a_crash_of_the_screen_does_not_stop_the_station() -> None:
    station, screen = show("MainPID"), screen_pid()
    os.kill(screen, signal.SIGKILL)
    assert take_portrait().exists()
    eventually(lambda: screen_pid() not in (0, screen))
    took_s = eventually(window_is_shown, within_s=180)
    print(f"{took_s:.1f} s until the window was back")
    assert show("MainPID") == station


def test_station_and_screen_stop_in_time() -> None:
    begun = eventually(lambda: systemctl("stop", "capture-station", SCREEN).returncode == 0)
    print(f"{begun:.1f} s to stop")
    assert begun < 10
