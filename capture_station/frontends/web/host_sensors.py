"""Reads the machine's sensors from Linux's /sys: temperature, throttling, supply voltage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SYS = Path("/sys")


def temperatures_c(sys: Path = SYS) -> Iterator[tuple[str, float]]:
    """Yield the name and temperature in degrees Celsius of each thermal zone."""
    for zone in sorted(sys.glob("class/thermal/thermal_zone*")):
        name, millidegrees = _text(zone / "type"), _text(zone / "temp")
        if name and _is_number(millidegrees):
            yield name, int(millidegrees) / 1000


def cooling_levels(sys: Path = SYS) -> Iterator[tuple[str, float]]:
    """Yield the name of each cooling device and its level in [0, 1]. For a processor, 1 is the strongest throttling."""
    for device in sorted(sys.glob("class/thermal/cooling_device*")):
        name, now, most = (_text(device / file) for file in ("type", "cur_state", "max_state"))
        if name and _is_number(now) and _is_number(most) and int(most) > 0:
            yield f"{device.name.removeprefix('cooling_device')}:{name}", int(now) / int(most)


def under_voltage(sys: Path = SYS) -> bool | None:
    """Whether a Raspberry Pi reports under-voltage (driver ``rpi_volt``); None on other machines."""
    for chip in sorted(sys.glob("class/hwmon/hwmon*")):
        if _text(chip / "name") == "rpi_volt":
            return _text(chip / "in0_lcrit_alarm") == "1"
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()
