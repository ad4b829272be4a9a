"""Installs the station as a service of systemd, and removes it again: which files belong where, and what they say."""

from __future__ import annotations

import hashlib
import os
import pwd
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from capture_station import shipped
from capture_station.config import ArchiveSettings, SecretUrl, StationSettings, load
from capture_station.errors import ConfigError, StationError
from capture_station.urls import local_folder

USER = "capture-station"
CONFIG = Path("/etc/capture-station/config.yaml")
STATE = shipped.SERVICE_STATE
PROGRAM = "/opt/capture-station/bin/capture-station"
"""As the shipped units name it."""
SERVICE, SOCKET = UNITS = ("capture-station.service", "capture-station.socket")
SCREEN = "capture-station-screen.service"
SCREEN_PACKAGES = "sudo apt-get install --no-install-recommends cage seatd xwayland alsa-utils"
_SYSTEMD = Path("/etc/systemd/system")
_DROP_INS = _SYSTEMD / "capture-station.service.d"
_FOLDERS, _NETWORK, _GROUP = (_DROP_INS / name for name in ("folders.conf", "network.conf", "group.conf"))
_PAGE = _SYSTEMD / "capture-station.socket.d" / "00-page.conf"
"""It empties the list of addresses, so it comes before those that `systemctl edit` adds in override.conf."""
_CONFIGURED = (_FOLDERS, _NETWORK, _GROUP, _PAGE)
"""Drop-ins that there are only where the configuration asks for them."""
_MARK = "# `service install` replaces this file without asking, unless it was edited: sha256 "
_HIDDEN = ("/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/")
"""The units' sandbox hides what lies there."""

Run = Callable[[Sequence[str]], None]


class InstallError(StationError):
    """The service cannot be installed or removed."""

    exit_code = 73


@dataclass(frozen=True, slots=True)
class Installed:
    """One file of the service."""

    path: Path
    content: str
    ours: bool = True
    """``remove`` deletes it, and ``install`` replaces an older one; the configuration belongs to the user."""

    @property
    def text(self) -> str:
        """What is written: one of ours ends with the checksum that tells whether somebody edited it."""
        return self.content + _last_line(self.content) if self.ours else self.content

    def was_edited(self, text: str) -> bool:
        """Whether the file with this text is neither as an installation wrote it nor as this one would write it."""
        content, mark, rest = text.rpartition(_MARK)
        return text != self.content and mark + rest != _last_line(content)


def files(program: Path, settings: StationSettings, kiosk: bool) -> Iterator[Installed]:
    """Everything that an installation writes.

    Args:
        program: The command that the service runs.
        settings: What the service will read, for the folders and the network that its sandbox has to allow.
        kiosk: Also show a full-screen window on a machine without a desktop.

    Raises:
        InstallError: The sandbox hides the program or what a setting names, or web.listen is no address.
    """
    if _is_hidden(program):
        way = "install it below /opt, as README says"
        raise InstallError(f"{program}: the service's sandbox hides the program there; {way}")
    refuse_hidden(settings)
    yield Installed(CONFIG, shipped.config_path().read_text(encoding="utf-8"), ours=False)
    yield Installed(Path("/etc/sysusers.d/capture-station.conf"), _shipped("capture-station.sysusers"))
    for unit in UNITS if _has_socket(settings.web.listen) else (SERVICE,):
        yield Installed(_SYSTEMD / unit, _shipped(unit).replace(PROGRAM, str(program)))
    if kiosk:
        yield Installed(_SYSTEMD / SCREEN, _shipped(SCREEN))
        drop_in = _shipped("capture-station-kiosk.conf").replace(PROGRAM, str(program))
        yield Installed(_DROP_INS / "kiosk.conf", drop_in)
    if drop_in := _folders_drop_in(settings):
        yield Installed(_FOLDERS, drop_in)
    if _needs_network(settings):
        yield Installed(_NETWORK, NETWORK)
    if group := settings.archive.group:
        yield Installed(_GROUP, GROUP.format(group=group))
    if address := _page_address(settings.web.listen):
        yield Installed(_PAGE, PAGE.format(address=address))


def read_config(path: Path | None) -> StationSettings:
    """Read a configuration as the service's user does, whose home folder is ``STATE``.

    Raises:
        ConfigError: As ``load``.
    """
    with _home_of_service():
        return load(path)


@contextmanager
def _home_of_service() -> Iterator[None]:
    home = os.environ.get("HOME")
    os.environ["HOME"] = str(STATE)
    try:
        yield
    finally:
        del os.environ["HOME"]
        if home is not None:
            os.environ["HOME"] = home


def refuse_hidden(settings: StationSettings) -> None:
    """Refuse a configuration that names files or folders which the service cannot see.

    Raises:
        InstallError: One line for each.
    """
    hidden = [
        f"{path}: the service's sandbox hides {name} there; choose a place below /srv"
        for name, path in _paths(settings)
        if _is_hidden(path)
    ]
    if hidden:
        raise InstallError("\n".join(hidden))


def upload_advice(settings: StationSettings) -> str:
    """One line about a missing upload folder, which the sandbox opens only if it is there at the start; or nothing."""
    folder = _local_path(settings.upload.url)
    if folder is None or folder.is_dir():
        return ""
    return (
        f"missing   {folder}, of upload.url: mount its disk, or make it for the user {USER} "
        f"and then run `sudo systemctl restart {Path(SERVICE).stem}`"
    )


def install(
    wanted: Sequence[Installed],
    root: Path,
    run: Run,
    may_replace: Callable[[Path], bool],
    archive: ArchiveSettings | None,
) -> Iterator[str]:
    """Write the files, make the archive's folder, and start the service; with the next boot where systemd does not run.

    Args:
        root: ``/``, or a folder that stands for it.
        run: Runs a command; raises ``InstallError`` if it fails.
        may_replace: Asks whether a file that somebody edited may be replaced.
        archive: Where its folder is missing, it is made for the service's user; None while its disk is away.

    Yields:
        One line for each file or folder as soon as it is done: what became of it.

    Raises:
        InstallError: A file cannot be written, or a command failed.
    """
    for file in wanted:
        path = root / file.path.relative_to("/")
        try:
            before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
            if before == file.text or (before is not None and not file.ours):
                yield f"kept      {file.path}"
                continue
            if before is not None and file.was_edited(before) and not may_replace(file.path):
                yield f"left as it is {file.path}; `service install --yes` replaces it"
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
            path.chmod(0o644)
        except OSError as error:
            raise InstallError(f"{file.path}: cannot be written: {error.strerror}") from error
        yield f"{'written' if before is None else 'replaced':<9} {file.path}"
    # The configuration no longer asks for them.
    for path in sorted({*_CONFIGURED} - {file.path for file in wanted}):
        if (root / path.relative_to("/")).exists():
            _delete(root, path)
            yield f"deleted   {path}"
    run(["systemd-sysusers"])
    # The configuration may hold the operator's PIN and passwords.
    if (root / CONFIG.relative_to("/")).stat().st_mode & stat.S_IROTH:
        run(["chown", f"root:{USER}", str(CONFIG)])
        run(["chmod", "640", str(CONFIG)])
        yield f"closed    {CONFIG}: only root and the user {USER} may read it"
    # The service's user may not create it there, and the sandbox opens only what exists.
    if archive is not None and _is_elsewhere(archive) and not (root / archive.folder.relative_to("/")).exists():
        group = ["-g", archive.group] if archive.group else []
        mode = "750" if archive.group else "700"
        run(["install", "-d", "-m", mode, "-o", USER, *group, str(archive.folder)])
        yield f"created   {archive.folder}"
    units = [unit for unit in UNITS if _SYSTEMD / unit in {file.path for file in wanted}]
    if SOCKET not in units and SOCKET in enabled_units(root):
        # Browsers would wait for ever at a socket that nobody serves.
        run(["systemctl", "disable", *(["--now"] if is_booted(root) else []), SOCKET])
        yield f"disabled  {SOCKET}"
    run(["systemctl", "enable", *units])
    if is_booted(root):
        run(["systemctl", "daemon-reload"])
        # Not `restart`: systemd opens no socket while the service that it belongs to still runs.
        run(["systemctl", "stop", *reversed(units)])
        try:
            run(["systemctl", "start", *reversed(units)])
        except InstallError as error:
            raise InstallError(f"{error} Its log says why: journalctl -u {Path(SERVICE).stem} -n 20") from error


def remove(root: Path, run: Run) -> list[str]:
    """Stop the service and delete its files. The configuration, the portraits and the user stay.

    Returns:
        One line for each file that was deleted, and one about what is left.

    Raises:
        InstallError: A file cannot be deleted, or a command failed.
    """
    units = [_SYSTEMD / name for name in (*UNITS, SCREEN)]
    ours = [*units, _DROP_INS / "kiosk.conf", *_CONFIGURED, Path("/etc/sysusers.d/capture-station.conf")]
    there = [path for path in ours if (root / path.relative_to("/")).exists()]
    if running := [path.name for path in units if path in there]:
        run(["systemctl", "disable", "--now", *running])
    for path in there:
        _delete(root, path)
    run(["systemctl", "daemon-reload"])
    try:
        portraits = str(read_config(root / CONFIG.relative_to("/")).archive.folder)
    except ConfigError:
        portraits = "archive.folder"
    return [
        *(f"deleted   {path}" for path in there),
        f"the configuration ({CONFIG}) and the portraits ({portraits}) are still there",
    ]


def enabled_units(root: Path = Path("/")) -> tuple[str, ...]:
    """The service, and its socket where systemd opens that with the machine."""
    opened = os.path.lexists(root / "etc/systemd/system/sockets.target.wants" / SOCKET)
    return UNITS if opened else (SERVICE,)


def is_booted(root: Path = Path("/")) -> bool:
    """Whether systemd runs this machine (sd_booted(3)). It does not while an image is built."""
    return (root / "run/systemd/system").is_dir()


def run_command(command: Sequence[str]) -> None:
    """Run a command of the system.

    Raises:
        InstallError: It is missing or failed.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise InstallError(f"{command[0]} cannot run: {error.strerror}; this needs a system with systemd") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise InstallError(f"{' '.join(command)}: {said[0] if said else f'exit code {done.returncode}'}")


def require_root() -> None:
    """Refuse everybody but root.

    Raises:
        InstallError: This user is not root.
    """
    if os.geteuid() != 0:
        raise InstallError(f"{pwd.getpwuid(os.geteuid()).pw_name} may not change services; run this command with sudo")


NETWORK = """\
# The configuration names a stream, a broker or an upload on the network.
[Service]
PrivateNetwork=no
IPAddressDeny=
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
"""


GROUP = """\
# The group of archive.group, in which the service creates its files.
[Service]
Group={group}
StateDirectoryMode=0750
"""


PAGE = """\
# The address of web.listen, where systemd opens the page for the service.
[Socket]
ListenStream=
ListenStream={address}
"""


def _last_line(content: str) -> str:
    return f"{_MARK}{hashlib.sha256(content.encode()).hexdigest()}\n"


def _delete(root: Path, path: Path) -> None:
    try:
        (root / path.relative_to("/")).unlink()
    except OSError as error:
        raise InstallError(f"{path}: cannot be deleted: {error.strerror}") from error


def _shipped(name: str) -> str:
    return (shipped.systemd_folder() / name).read_text(encoding="utf-8")


def _folders_drop_in(settings: StationSettings) -> str:
    """What the sandbox has to open for an archive or an upload folder elsewhere; empty if there is none."""
    folders = []
    if _is_elsewhere(settings.archive):
        folders.append(settings.archive.folder)
    if (target := _local_path(settings.upload.url)) is not None:
        folders.append(target)
    if not folders:
        return ""
    # No RequiresMountsFor=: systemd would stop the station with the mount, where it waits for the disk by itself.
    # After= also lets the station end its writing before a NAS is unmounted.
    paths = "".join(f"ReadWritePaths=-{_quoted(folder)}\n" for folder in folders)
    return f"# Folders of the configuration outside of {STATE}.\n[Unit]\nAfter=remote-fs.target\n[Service]\n{paths}"


def _is_elsewhere(archive: ArchiveSettings) -> bool:
    return STATE not in archive.folder.parents


def _has_socket(listen: str) -> bool:
    """Whether systemd opens the page for the service."""
    return listen != "none" and not listen.startswith("unix:")


def _page_address(listen: str) -> str:
    """The address of ``web.listen`` in numbers, since ``ListenStream=`` takes no names; empty if it says none."""
    if listen == "auto" or not _has_socket(listen):
        return ""
    host, _, port = listen.rpartition(":")
    try:
        number = str(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise InstallError(f"web.listen: {listen}: {error.strerror}; write an address such as 0.0.0.0:8480") from error
    return f"[{number}]:{port}" if ":" in number else f"{number}:{port}"


def _quoted(path: Path) -> str:
    """A path for a unit file (systemd.unit(5)): percent signs doubled, in quotes."""
    text = str(path).replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _is_hidden(path: Path) -> bool:
    return f"{path}/".startswith(_HIDDEN)


def _paths(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Every setting that names a file or folder, and what it names."""
    for name, value in section:
        if isinstance(value, BaseModel):
            yield from _paths(value, f"{prefix}{name}.")
        elif isinstance(value, Path):
            yield f"{prefix}{name}", value
        elif isinstance(value, SecretUrl) and (path := _local_path(value)) is not None:
            yield f"{prefix}{name}", path


def _local_path(url: SecretUrl) -> Path | None:
    """What a URL or path names on this machine; None for a place on the network, and for nothing."""
    with _home_of_service():  # It may begin with ~.
        return local_folder(url.get_secret_value()) if url else None


def _needs_network(settings: StationSettings) -> bool:
    urls = [settings.upload.url, settings.subjects.roster]
    if settings.camera.kind == "stream":
        urls.append(settings.camera.url)
    return bool(settings.mqtt.host or settings.lamp.url) or any(url and _local_path(url) is None for url in urls)
