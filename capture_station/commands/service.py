"""The ``service`` commands: install the station as a service of systemd, look at it, remove it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from capture_station.archive.mount_points import missing_mount
from capture_station.archive.shared_disk import group_id_of
from capture_station.commands.asking import ask
from capture_station.service import installation


def install(kiosk: bool, yes: bool) -> Iterator[str]:
    """Install and start the service; yields what was done, one line each.

    Raises:
        InstallError: This user is not root, or a file or command failed.
        ConfigError: The service's configuration is wrong.
    """
    installation.require_root()
    if kiosk and shutil.which("cage") is None:
        raise installation.InstallError(f"the window needs cage, which is missing: {installation.SCREEN_PACKAGES}")
    program = Path(sys.prefix) / "bin" / "capture-station"
    settings = installation.read_config(installation.CONFIG if installation.CONFIG.exists() else None)
    if settings.archive.group:
        group_id_of(settings.archive.group)  # systemd would start no service in a group that is missing.
    wanted = list(installation.files(program, settings, kiosk))
    # Below an empty mount point, its folder would be on the wrong disk.
    archive = None if missing_mount(settings.archive.folder) else settings.archive
    root, run = Path("/"), installation.run_command
    yield from installation.install(wanted, root, run, lambda path: yes or _asked(path), archive)
    if advice := installation.upload_advice(settings):
        yield advice
    runs = "runs" if installation.is_booted() else "starts with the next boot"
    yield f"the service {runs}; its configuration is {installation.CONFIG}, its log `journalctl -u capture-station`"


def remove(yes: bool) -> Iterator[str]:
    """Stop and remove the service; yields what was done, one line each.

    Raises:
        InstallError: This user is not root, or a file or command failed.
    """
    installation.require_root()
    if not yes and not _agreed("Stop the station and remove its service?"):
        yield "nothing was changed"
        return
    yield from installation.remove(Path("/"), installation.run_command)


def status() -> int:
    """Print what systemd says about the service; its exit code, 0 while the service runs (systemctl(1))."""
    command = ["systemctl", "--no-pager", "status", *installation.enabled_units()]
    try:
        return subprocess.run(command, check=False).returncode
    except OSError as error:
        raise installation.InstallError(f"systemctl cannot run: {error.strerror}") from error


def _asked(path: Path) -> bool:
    return _agreed(f"{path} was edited. Replace it?")


def _agreed(question: str) -> bool:
    """Ask on the terminal; without one the answer is no."""
    return sys.stdin.isatty() and ask(f"{question} [y/N] ").strip().lower() in ("y", "yes", "j", "ja")
