"""What the shipped units give the station: folders, groups and devices."""

from __future__ import annotations

from capture_station import shipped


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


def test_a_window_is_heard() -> None:
    assert lines("capture-station-kiosk.conf") >= {"SupplementaryGroups=audio", "DeviceAllow=char-alsa rw"}


def test_no_group_of_a_unit_is_missing() -> None:
    """systemd does not start a service without one of its groups."""
    groups = set[str]()
    for unit in ("capture-station.service", "capture-station-screen.service", "capture-station-kiosk.conf"):
        for line in lines(unit):
            if line.startswith("SupplementaryGroups="):
                groups |= set(line.partition("=")[2].split())
    assert {f"g {group} - -" for group in groups} <= lines("capture-station.sysusers")
