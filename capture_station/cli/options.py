"""Options that several commands share, and the settings that follow from them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from capture_station.config import StationSettings

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar="CAPTURE_STATION_CONFIG", help="Read this configuration instead of the defaults."
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="Set one key, such as camera.kind=demo. Repeatable."),
]
PresetOption = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", help="Short for --set portrait.preset=NAME.")
]
DAY = "YYYY-MM-DD|today|yesterday"
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def day_of(text: str) -> date:
    """The day that somebody typed, by this machine's clock; the ``parser`` of options with the metavar ``DAY``.

    Raises:
        BadParameter: It is no day.
    """
    days_ago = {"today": 0, "yesterday": 1}.get(text.strip().lower())
    if days_ago is not None:
        return date.today() - timedelta(days=days_ago)
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no day; give a date such as 2026-11-29, or today, or yesterday"
        ) from None


def settings_of(config: Path | None, overrides: list[str] | None) -> StationSettings:
    from capture_station.config import load

    return load(config, overrides or [])


def flags_of(overrides: list[str] | None, preset: str | None) -> list[str]:
    return [*(overrides or []), *([] if preset is None else [f"portrait.preset={preset}"])]
