"""Commands that set a station up: its configuration, and its service of systemd."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from capture_station.cli.application import app


@app.command("setup", epilog="Example: capture-station setup && capture-station run --config station.yaml")
def set_up_station(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The configuration to write.")] = Path("station.yaml"),
) -> None:
    """Ask a few questions and write a configuration.

    It asks for the camera, the kind of portraits, their folder, the language, the list of people, what a booth needs
    that people use by themselves, the page and the service. The file has a comment for every setting.
    """
    from capture_station.commands.asking import ask
    from capture_station.commands.setup import Terminal, set_up

    try:
        set_up(path, Terminal(ask, print))
    except EOFError:
        print("nobody answers; run this in a terminal", file=sys.stderr)
        raise typer.Exit(2) from None


service = typer.Typer(no_args_is_help=True, help="Install or remove the station as a service of systemd.")
app.add_typer(service, name="service")

YesOption = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]


@service.command("install", epilog="Example: sudo /opt/capture-station/bin/capture-station service install")
def install_service(
    kiosk: Annotated[
        bool, typer.Option("--kiosk", help="Show a full-screen window on a machine without a desktop.")
    ] = False,
    yes: YesOption = False,
) -> None:
    """Install the service and start it. It then starts with the machine.

    The configuration is /etc/capture-station/config.yaml. Run this again after you changed web.listen, the archive's
    folder, an upload, MQTT, a stream, a roster on the web or a lamp's address there: systemd opens the page, and the
    service's sandbox has to allow the others. Files of yours that differ are replaced only if you agree.
    """
    from capture_station.commands.service import install

    for line in install(kiosk, yes):
        print(line)


@service.command("status", epilog="Example: capture-station service status")
def service_status() -> None:
    """Show what systemd says about the service."""
    from capture_station.commands.service import status

    raise typer.Exit(status())


@service.command("remove", epilog="Example: sudo /opt/capture-station/bin/capture-station service remove")
def remove_service(yes: YesOption = False) -> None:
    """Stop the service and remove it. The configuration and the portraits stay."""
    from capture_station.commands.service import remove

    for line in remove(yes):
        print(line)
