"""What the shipped units give the station: folders, groups and devices."""

from __future__ import annotations

import pytest

from capture_station import shipped

UNITS = ("capture-station.service", "capture-station-screen.service", "capture-station-kiosk.conf")
MODULES = {"video4linux": "videodev", "media": "videodev", "alsa": "snd", "drm": "drm"}
"""Device groups, and the kernel modules that name them; the kernel itself has all other groups."""


def lines(name: str) -> set[str]:
    """The lines of a shipped unit or of the list of users."""
    return set((shipped.systemd_folder() / name).read_text(encoding="utf-8").splitlines())


def test_the_current_folder_is_one_where_the_service_may_write() -> None:
    """lgpio makes a pipe there before it opens the pins of button and lamp."""
    assert lines("capture-station.service") >= {
        "StateDirectory=capture-station",
        "WorkingDirectory=%S/capture-station",
    }


def test_the_page_is_opened_at_boot_before_the_network_has_its_address() -> None:
    assert "FreeBind=yes" in lines("capture-station.socket")


def test_a_visit_starts_a_service_with_a_wrong_configuration_once_only() -> None:
    """systemd would take a connection that is still pending when the service has ended as the next visit."""
    assert "FlushPending=yes" in lines("capture-station.socket")


def test_a_window_is_heard() -> None:
    assert lines("capture-station-kiosk.conf") >= {"SupplementaryGroups=audio", "DeviceAllow=char-alsa rw"}


def test_no_group_of_a_unit_is_missing() -> None:
    """systemd does not start a service without one of its groups."""
    groups = set[str]()
    for unit in UNITS:
        for line in lines(unit):
            if line.startswith("SupplementaryGroups="):
                groups |= set(line.partition("=")[2].split())
    groups.remove("capture-station")  # It comes with the user.
    assert {f"g {group} - -" for group in groups} <= lines("capture-station.sysusers")


@pytest.mark.parametrize("unit", UNITS)
def test_a_device_that_is_plugged_in_after_the_start_may_be_opened(unit: str) -> None:
    """systemd leaves out a group of devices that the kernel does not know yet when the unit starts."""
    names = {line.partition("=char-")[2].split()[0] for line in lines(unit) if line.startswith("DeviceAllow=")}
    assert names
    for module in {MODULES[name] for name in names & MODULES.keys()}:
        for order in ("Wants=", "After="):
            loaded = {name for line in lines(unit) if line.startswith(order) for name in line.split("=")[1].split()}
            assert f"modprobe@{module}.service" in loaded
