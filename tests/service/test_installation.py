"""Installing the service: which files are written, what the sandbox allows, and what stays."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from capture_station import shipped
from capture_station.config import StationSettings
from capture_station.service import installation
from capture_station.service.installation import Installed, InstallError, files, install, read_config, remove

PROGRAM = Path("/opt/capture-station/bin/capture-station")
UNIT = Path("etc/systemd/system/capture-station.service")
DROP_INS = Path("etc/systemd/system/capture-station.service.d")
PAGE = Path("etc/systemd/system/capture-station.socket.d/00-page.conf")
CONFIG = Path("etc/capture-station/config.yaml")


class Machine:
    """A folder that stands for a machine's root, and the commands that were run on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "run/systemd/system").mkdir(parents=True)
        self.commands: list[str] = []
        self.asked: list[Path] = []

    def run(self, command: Sequence[str]) -> None:
        self.commands.append(" ".join(command))
        if command[0] == "chmod":
            (self.root / command[2].lstrip("/")).chmod(int(command[1], 8))

    def install(self, kiosk: bool = False, replace: bool = True, **settings: Any) -> list[str]:
        def may_replace(path: Path) -> bool:
            self.asked.append(path)
            return replace

        config = self.root.with_name("config.yaml")
        config.write_text(json.dumps(settings))
        read = read_config(config)
        return list(install(list(files(PROGRAM, read, kiosk)), self.root, self.run, may_replace, read.archive))

    def read(self, path: Path) -> str:
        return (self.root / path).read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def test_an_installation_writes_the_shipped_files_and_starts_the_service(machine: Machine) -> None:
    machine.install()
    for name in installation.UNITS:
        assert machine.read(UNIT.with_name(name)).startswith((shipped.systemd_folder() / name).read_text())
    assert machine.read(CONFIG) == shipped.config_path().read_text()
    assert not (machine.root / DROP_INS).exists()
    assert machine.commands[0] == "systemd-sysusers"
    units = "capture-station.socket capture-station.service"
    assert machine.commands[-2:] == [f"systemctl stop {units}", f"systemctl start {units}"]
    assert not machine.asked


def test_the_configuration_is_read_by_root_and_the_service_only(machine: Machine) -> None:
    assert f"closed    /{CONFIG}: only root and the user capture-station may read it" in machine.install()
    owned = machine.commands.index(f"chown root:capture-station /{CONFIG}")
    assert machine.commands[owned + 1] == f"chmod 640 /{CONFIG}"
    assert machine.commands.index("systemd-sysusers") < owned < len(machine.commands) - 2, "before the start"
    machine.commands.clear()
    machine.install()
    assert not any(str(CONFIG) in command for command in machine.commands), "its group may be another one by now"


def test_in_an_image_that_is_being_built_it_starts_with_the_next_boot(machine: Machine) -> None:
    (machine.root / "run/systemd/system").rmdir()
    machine.install()
    assert machine.commands[0] == "systemd-sysusers"
    assert machine.commands[-1] == "systemctl enable capture-station.service capture-station.socket"
    assert not any("start" in command for command in machine.commands)


def test_a_second_installation_changes_nothing_and_asks_nothing(machine: Machine) -> None:
    machine.install()
    (machine.root / CONFIG).write_text("language: de\n")
    assert all(line.startswith("kept") for line in machine.install())
    assert machine.read(CONFIG) == "language: de\n"
    assert not machine.asked


@pytest.mark.parametrize("replace", [True, False])
def test_a_changed_unit_is_replaced_only_if_somebody_agrees(machine: Machine, replace: bool) -> None:
    machine.install()
    (machine.root / UNIT).write_text("[Service]\n# mine\n")
    machine.install(replace=replace)
    assert machine.asked == [Path("/") / UNIT]
    assert ("# mine" in machine.read(UNIT)) is not replace


def test_what_nobody_edited_is_brought_up_to_date_without_a_question(machine: Machine) -> None:
    machine.install(web={"listen": "127.0.0.1:8481"})
    older = Installed(Path("/") / UNIT, "[Unit]\nDescription=As an older version wrote it\n")
    (machine.root / UNIT).write_text(older.text)
    machine.install(replace=False, web={"listen": "0.0.0.0:8482"}, archive={"folder": "/srv/b"})
    assert machine.read(UNIT).startswith((shipped.systemd_folder() / UNIT.name).read_text())
    assert "ListenStream=0.0.0.0:8482\n" in machine.read(PAGE)
    assert not machine.asked


def test_a_file_of_before_the_checksums_is_not_asked_about_if_it_is_the_same(machine: Machine) -> None:
    (machine.root / UNIT).parent.mkdir(parents=True)
    (machine.root / UNIT).write_text((shipped.systemd_folder() / UNIT.name).read_text())
    machine.install()
    assert not machine.asked


def test_a_line_added_by_hand_stays_and_the_way_to_replace_it_is_told(machine: Machine) -> None:
    machine.install()
    with (machine.root / UNIT).open("a") as unit:
        unit.write("[Service]\nNice=5\n")
    told = machine.install(replace=False)
    assert machine.read(UNIT).endswith("Nice=5\n")
    assert f"left as it is /{UNIT}; `service install --yes` replaces it" in told


def test_a_window_is_installed_if_wanted(machine: Machine) -> None:
    machine.install(kiosk=True)
    assert "window.full_screen=true" in machine.read(DROP_INS / "kiosk.conf")
    assert (machine.root / UNIT.with_name("capture-station-screen.service")).exists()


@pytest.mark.parametrize("target", ["/mnt/nas/portraits", "file:///mnt/nas/portraits"])
def test_the_sandbox_allows_an_archive_and_an_upload_folder_elsewhere(machine: Machine, target: str) -> None:
    machine.install(archive={"folder": "/srv/my portraits 100%"}, upload={"url": target})
    drop_in = machine.read(DROP_INS / "folders.conf")
    assert 'ReadWritePaths=-"/srv/my portraits 100%%"\n' in drop_in
    assert 'ReadWritePaths=-"/mnt/nas/portraits"\n' in drop_in
    assert "Requires" not in drop_in, "the station itself waits for a disk that is away"
    assert "[Unit]\nAfter=remote-fs.target\n" in drop_in, "at shutdown a NAS stays until the station has ended"
    assert not (machine.root / DROP_INS / "network.conf").exists()
    machine.install()
    assert not (machine.root / DROP_INS / "folders.conf").exists()


def test_an_upload_folder_that_is_missing_at_the_start_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"upload:\n  url: {tmp_path / 'target'}\n")
    told = installation.upload_advice(read_config(config))
    assert told.startswith(f"missing   {tmp_path / 'target'}")
    assert "systemctl restart capture-station" in told
    (tmp_path / "target").mkdir()
    assert not installation.upload_advice(read_config(config))
    assert not installation.upload_advice(read_config(None))


@pytest.mark.parametrize(
    ("group", "access"), [("", "-m 700 -o capture-station"), ("daemon", "-m 750 -o capture-station -g daemon")]
)
def test_an_archive_that_is_missing_is_made_for_the_services_user_before_the_start(
    machine: Machine, group: str, access: str
) -> None:
    archive = {"folder": "/srv/our portraits", "group": group}
    assert "created   /srv/our portraits" in machine.install(archive=archive)
    made = machine.commands.index(f"install -d {access} /srv/our portraits")
    assert machine.commands.index("systemd-sysusers") < made < len(machine.commands) - 1
    machine.commands.clear()
    (machine.root / "srv/our portraits").mkdir(parents=True)
    machine.install(archive=archive)
    assert not any(command.startswith("install") for command in machine.commands)


def test_a_service_runs_in_the_group_that_may_read_portraits(machine: Machine) -> None:
    machine.install(archive={"group": "daemon"})
    drop_in = machine.read(DROP_INS / "group.conf")
    assert "\nGroup=daemon\n" in drop_in
    others = next(line for line in machine.read(UNIT).splitlines() if line.startswith("SupplementaryGroups="))
    assert others.endswith(" capture-station"), "the service reads its configuration as this group"
    machine.install()
    assert not (machine.root / DROP_INS / "group.conf").exists()


@pytest.mark.parametrize(
    ("listen", "address"),
    [("0.0.0.0:8480", "0.0.0.0:8480"), ("[::]:80", "[::]:80"), (8000, "127.0.0.1:8000")],
)
def test_systemd_opens_the_page_where_the_configuration_says(machine: Machine, listen: str | int, address: str) -> None:
    machine.install(web={"listen": listen})
    assert f"[Socket]\nListenStream=\nListenStream={address}\n" in machine.read(PAGE)
    for other in ("auto", "none", "unix:/run/capture-station/web"):
        machine.install(web={"listen": other})
        assert not (machine.root / PAGE).exists()


@pytest.mark.parametrize("listen", ["none", "unix:/run/capture-station/web"])
def test_systemd_opens_no_page_that_nobody_serves(machine: Machine, listen: str) -> None:
    machine.install()
    enabled = machine.root / "etc/systemd/system/sockets.target.wants/capture-station.socket"
    enabled.parent.mkdir()
    enabled.symlink_to("/etc/systemd/system/capture-station.socket")
    machine.commands.clear()
    assert "disabled  capture-station.socket" in machine.install(web={"listen": listen})
    enabled.unlink()
    assert machine.commands == [
        "systemd-sysusers",
        "systemctl disable --now capture-station.socket",
        "systemctl enable capture-station.service",
        "systemctl daemon-reload",
        "systemctl stop capture-station.service",
        "systemctl start capture-station.service",
    ]
    machine.commands.clear()
    machine.install(web={"listen": listen})
    assert not any("socket" in command for command in machine.commands)
    machine.install()
    assert machine.commands[-1] == "systemctl start capture-station.socket capture-station.service"


def test_addresses_that_the_operator_adds_to_the_page_are_opened_too(machine: Machine) -> None:
    machine.install(web={"listen": "0.0.0.0:8480"})
    added = machine.root / PAGE.with_name("override.conf")
    added.write_text("[Socket]\nListenStream=192.168.1.7:80\n")
    opened = list[str]()
    for drop_in in sorted(added.parent.iterdir()):  # As systemd reads them.
        for line in drop_in.read_text().splitlines():
            if line == "ListenStream=":
                opened.clear()
            elif line.startswith("ListenStream="):
                opened.append(line.removeprefix("ListenStream="))
    assert opened == ["0.0.0.0:8480", "192.168.1.7:80"]


def test_an_address_that_systemd_cannot_open_is_one_line(machine: Machine) -> None:
    with pytest.raises(InstallError, match=r"web\.listen: nobody\.invalid:8480: .*write an address such as"):
        machine.install(web={"listen": "nobody.invalid:8480"})


@pytest.mark.parametrize(
    "settings",
    [
        {"mqtt": {"host": "broker"}},
        {"lamp": {"url": "http://wled.local"}},
        {"upload": {"url": "s3://bucket/portraits"}},
        {"camera": {"kind": "stream", "url": "rtsp://camera/1"}},
        {"subjects": {"mode": "required", "roster": "https://school/people.csv"}},
    ],
)
def test_the_sandbox_allows_the_network_if_the_configuration_needs_it(
    machine: Machine, settings: dict[str, Any]
) -> None:
    machine.install(**settings)
    assert "PrivateNetwork=no" in machine.read(DROP_INS / "network.conf")


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("archive.folder", "/home/ada/portraits"),
        ("upload.url", "/run/user/1000/stick"),
        ("subjects.roster", "/home/ada/people.csv"),
        ("window.logo", "/root/logo.png"),
        ("portrait.reference", "/tmp/grey_card.png"),
        ("segmentation.clean_plate", "/tmp/empty.png"),
        ("mqtt.ca_file", "/home/ada/ca.pem"),
    ],
)
def test_nothing_is_written_where_the_sandbox_hides_what_a_setting_names(
    machine: Machine, setting: str, place: str
) -> None:
    section, key = setting.split(".")
    with pytest.raises(InstallError, match=f"{place}: the service's sandbox hides {re.escape(setting)} there"):
        machine.install(**{section: {key: place}})
    assert not (machine.root / "etc").exists()


def test_a_hidden_place_is_named_also_where_it_is_written_as_a_url(machine: Machine) -> None:
    with pytest.raises(InstallError, match=r"^/home/ada/out: .* hides upload\.url there"):
        machine.install(upload={"url": "file:///home/ada/out"})


def test_everything_that_is_hidden_is_named_at_once(machine: Machine) -> None:
    with pytest.raises(InstallError) as caught:
        machine.install(window={"logo": "/root/logo.png"}, subjects={"roster": "/home/ada/people.csv"})
    assert len(str(caught.value).splitlines()) == 2


def test_the_home_folder_is_that_of_the_services_user(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root")
    machine.install(archive={"folder": "~/portraits"}, window={"logo": "~/logo.png"})
    assert not (machine.root / DROP_INS / "folders.conf").exists()
    machine.install(upload={"url": "file://~/portraits"})
    assert f'ReadWritePaths=-"{installation.STATE}/portraits"' in machine.read(DROP_INS / "folders.conf")
    assert os.environ["HOME"] == "/root"


def test_a_program_in_somebodys_home_is_refused() -> None:
    with pytest.raises(InstallError, match="below /opt"):
        list(files(Path("/home/ada/venv/bin/capture-station"), StationSettings(), kiosk=False))


def test_removing_leaves_the_configuration(machine: Machine) -> None:
    machine.install(kiosk=True, mqtt={"host": "broker"}, web={"listen": "0.0.0.0:8480"})
    machine.commands.clear()
    remove(machine.root, machine.run)
    left = [path.relative_to(machine.root) for path in machine.root.rglob("*") if path.is_file()]
    assert left == [CONFIG]
    assert machine.commands[0].startswith("systemctl disable --now capture-station.service")


@pytest.mark.parametrize(("config", "place"), [("archive: {folder: /srv/b}", "/srv/b"), ("a: wrong", "archive.folder")])
def test_removing_says_where_the_portraits_are(machine: Machine, config: str, place: str) -> None:
    machine.install()
    (machine.root / CONFIG).write_text(config)
    remove(machine.root, machine.run)
    left = f"the configuration (/{CONFIG}) and the portraits ({place}) are still there"
    assert remove(machine.root, machine.run) == [left]


def test_a_start_that_fails_tells_what_was_done_before_and_where_the_reason_is(machine: Machine) -> None:
    def run(command: Sequence[str]) -> None:
        if command[1:2] == ["start"]:
            raise InstallError("systemctl start capture-station.service: Job for capture-station.service failed.")

    told = list[str]()
    steps = install(list(files(PROGRAM, read_config(None), False)), machine.root, run, lambda _: True, None)
    with pytest.raises(InstallError, match=r"service failed\. Its log says why: journalctl -u capture-station -n 20$"):
        told.extend(steps)
    assert f"written   /{UNIT}" in told


def test_a_command_that_fails_is_one_line() -> None:
    with pytest.raises(InstallError, match=r"sh -c .*: no such unit"):
        installation.run_command(["sh", "-c", "echo no such unit >&2; exit 4"])
