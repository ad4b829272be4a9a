"""The command line: one function a command, no logic."""

from __future__ import annotations

import io
import json
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from capture_station import __version__, shipped
from capture_station.camera.attached_cameras import list_cameras
from capture_station.commands import bench, doctor
from capture_station.commands.calibrate import take_reference
from capture_station.commands.clean import clean
from capture_station.commands.endurance import endure
from capture_station.commands.purge import purge
from capture_station.commands.report import report
from capture_station.commands.run import leave, run_station, take_one
from capture_station.config import StationSettings, load
from capture_station.errors import NotRunning, StationError
from capture_station.frontends.control_socket import ask_for_shot, default_socket
from capture_station.locales.messages import Messages
from capture_station.service.journal import set_up_logging

EXIT_CODES = """Exit codes: 0 done; 1 doctor found a fault, or clean failed on a photo; 2 wrong words on the command
line; 66 no camera, or no photo; 69 no station answers or it is stopping; 70 segmentation or something unforeseen; 71 no
screen; 72 model missing or changed; 73 cannot write; 74 disk full; 75 busy; 78 configuration; 130 interrupted."""

app = typer.Typer(
    name="capture-station",
    help="Photograph people in front of anything; every portrait on the same white.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="CAPTURE_STATION_CONFIG", help="Configuration file; else the shipped one."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="Override a setting, such as camera.kind=demo. Repeatable."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def settings_of(config: Path | None, overrides: list[str] | None) -> StationSettings:
    return load(config or shipped.config_path(), overrides or [])


@app.command(epilog="Example: capture-station run --headless --set camera.kind=demo")
def run(
    config: ConfigOption = None,
    overrides: SetOption = None,
    headless: Annotated[bool, typer.Option("--headless", help="No window; a line for what happens.")] = False,
) -> None:
    """Run the station until it is stopped (ctrl+q in the window, ctrl+c, or a signal)."""
    run_station(settings_of(config, overrides), headless)


@app.command(epilog="Example: xdg-open $(capture-station capture)")
def capture(
    config: ConfigOption = None,
    overrides: SetOption = None,
    countdown: Annotated[float, typer.Option(min=0, max=30, help="Seconds before the exposure.")] = 0,
) -> None:
    """Take one portrait and print its path; a running station takes it, else the camera is opened for it."""
    settings = settings_of(config, overrides)
    try:
        shot = ask_for_shot(settings.remote.socket or default_socket(), countdown, settings.capture.deadline_s)
    except NotRunning:
        shot = take_one(settings, countdown)
    print(shot.portrait)
    messages = Messages(settings.language)
    for flaw in messages.flaws(shot.flaws):
        print(f"{messages(f'console.{shot.verdict}')}: {flaw}", file=sys.stderr)


@app.command("check-config", epilog="Example: capture-station check-config --config /etc/capture-station/config.yaml")
def check_config(config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Check the configuration and print every setting as it would be used."""
    print(settings_of(config, overrides).model_dump_json(indent=2))


@app.command("doctor", epilog="Example: capture-station doctor && capture-station run")
def examine(config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Check camera, models, reference, screen, disk, upload, clock, speed: a line each; exit code 1 if one fails."""
    failed = False
    for finding in doctor.examine(settings_of(config, overrides)):
        print(f"{finding.verdict.value:<5} {finding.subject:<11} {finding.detail}", flush=True)
        failed |= finding.verdict is doctor.Verdict.FAULT
    raise typer.Exit(int(failed))


@app.command("bench", epilog="Example: capture-station bench --json > bench.json")
def measure(
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long the live part runs.")] = 10,
    frames: Annotated[
        int | None,
        typer.Option("--endurance", min=20, metavar="FRAMES", help="Only memory, threads, files, over so many."),
    ] = None,
) -> None:
    """Measure this machine on the demo camera: time a stage, frames a second, latency, captures, memory."""
    settings = settings_of(config, overrides)
    report = bench.measure(settings, seconds) if frames is None else endure(settings, frames)
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
        return
    table = Table("what", "value", "unit", "note")
    for figure in report.figures:
        table.add_row(figure.name, f"{figure.value:.4g}", figure.unit, figure.note)
    Console().print(table)


@app.command(epilog="Example: capture-station cameras")
def cameras(as_json: JsonOption = False) -> None:
    """List the cameras that are attached and the modes they have."""
    found = list_cameras()
    if as_json:
        print(json.dumps([asdict(camera) for camera in found], indent=2))
        return
    for camera in found:
        print(*camera.lines(), sep="\n")
    if not found:
        print("no camera is attached; `capture-station run` shows the demo camera", file=sys.stderr)


@app.command(epilog="Example: capture-station calibrate grey_card.png, then set portrait.reference to it")
def calibrate(output: Path, config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Photograph a grey card for `portrait.reference`, or the empty booth for `segmentation.clean_plate`."""
    print(take_reference(settings_of(config, overrides), output))


@app.command("clean", epilog="Example: capture-station clean wedding/ --output wedding-on-white --preset square")
def clean_existing(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Photos and folders of them, also by URL.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder or URL for the results; what is there stays.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
    preset: Annotated[str | None, typer.Option(help="The same as --set portrait.preset=...")] = None,
    segmenter: Annotated[str | None, typer.Option(help="The same as --set segmentation.kind=...")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=256, help="Processes; else one a processor.")] = None,
    alpha_only: Annotated[bool, typer.Option("--alpha-only", help="Write mattes as PNG, not portraits.")] = False,
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask cluster that does the work.")] = None,
) -> None:
    """Make portraits of photos that exist already; run again, it goes on where it ended. Exit code 1 if one failed."""
    chosen = {"portrait.preset": preset, "segmentation.kind": segmenter}
    flags = [f"{key}={value}" for key, value in chosen.items() if value is not None]
    settings = settings_of(config, [*(overrides or []), *flags])
    raise typer.Exit(int(not clean(paths, output, settings, jobs, alpha_only, scheduler)))


@app.command("purge", epilog="Example: capture-station purge 30 | wc -l; capture-station purge 30 --yes")
def purge_old(
    days: Annotated[float, typer.Argument(min=0, max=36_500, metavar="DAYS", help="Captures with an older date.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them for good; without, they are only listed.")] = False,
) -> None:
    """List or remove old captures by their date, also while a station runs. The clock must be right, and have been."""
    for capture_id in purge(settings_of(config, overrides).archive, days, yes):
        print(capture_id, flush=True)


@app.command("report", epilog="Example: xdg-open $(capture-station report ~/capture-station/2026-05-01 | head -1)")
def report_session(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An archive's folder, or one day's in it.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write; else into DIR.")] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Draw a session's portraits on contact sheets (HTML, PNG), what drifts and what to review; prints their paths."""
    print(*report(folder, output, settings_of(config, overrides).language), sep="\n")


@app.command("version")
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Run a command; what a person can mend is one line on stderr and an exit code."""
    set_up_logging()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # A path need not be text, and is printed as it is.
    try:
        app(standalone_mode=True)
    except SystemExit as ended:
        leave(int(ended.code or 0))
    except StationError as error:
        print(f"capture-station: {error}", file=sys.stderr)
        leave(error.exit_code)
    except KeyboardInterrupt:
        leave(130)
    except Exception:  # Told whole, as without this; only the exit code is the one that is promised.
        traceback.print_exc()
        leave(StationError.exit_code)
