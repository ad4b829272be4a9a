"""The command line: one function for each command, without logic of its own.

A command imports what it runs inside its function, so that ``--help`` and ``capture`` start without numpy, OpenCV
and FastAPI.
"""

from __future__ import annotations

import io
import json
import sys
import traceback
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from capture_station import __version__
from capture_station.commands.process_exit import exit_process
from capture_station.errors import StationError
from capture_station.service.journal import set_up_logging
from capture_station.terminal_text import printable

if TYPE_CHECKING:
    from capture_station.config import StationSettings

# The line with \b alone keeps typer from joining the lines that follow.
EXIT_CODES = """\b
Exit codes:
    0 done
    1 doctor found a fault, or clean or export could not do every picture
    2 the command line is wrong
   65 the roster is not usable
   66 no camera, or no photo
   67 nobody is checked in, or the person is not on the roster
   68 the picture is no portrait, so nothing was saved
   69 no station answers, or the station is stopping
   70 segmentation failed, or an unexpected error
   71 no screen
   72 a model is missing or was changed
   73 files cannot be written
   74 the disk is full
   75 busy: another capture or another station is running
   78 configuration error
  130 interrupted"""

app = typer.Typer(
    name="capture-station",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def start(
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take portraits on a white background, whatever is behind the person."""


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
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def settings_of(config: Path | None, overrides: list[str] | None, preset: str | None = None) -> StationSettings:
    from capture_station.config import load

    return load(config, flags_of(overrides, preset))


def flags_of(overrides: list[str] | None, preset: str | None) -> list[str]:
    return [*(overrides or []), *([] if preset is None else [f"portrait.preset={preset}"])]


@app.command(epilog="Example: capture-station run --headless --set camera.kind=demo")
def run(
    config: ConfigOption = None,
    overrides: SetOption = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Print lines of text instead of opening a window.")
    ] = False,
    preset: PresetOption = None,
) -> None:
    """Run the station with a live preview.

    It runs until it is stopped: by Ctrl+Q in the window, by Ctrl+C in the terminal, or by a signal.
    """
    from capture_station.commands.run import run_station

    run_station(settings_of(config, overrides, preset), headless)


@app.command("capture", epilog="Example: xdg-open $(capture-station capture)")
def take_portrait(
    config: ConfigOption = None,
    overrides: SetOption = None,
    countdown: Annotated[float, typer.Option(min=0, max=30, metavar="SECONDS", help="Wait before the exposure.")] = 0,
    preset: PresetOption = None,
    subject: Annotated[str | None, typer.Option(metavar="ID", help="Id of the person on the portrait.")] = None,
) -> None:
    """Take one portrait and print its path.

    A running station takes the portrait. If none is running, the camera is opened for this one picture.
    """
    from capture_station.commands.capture import capture

    shot, language = capture(config, flags_of(overrides, preset), countdown, preset, subject)
    print(shot.portrait)
    if shot.flaws:
        from capture_station.locales.messages import Messages

        messages = Messages(language)
        for flaw in messages.flaws(shot.flaws):
            print(f"{messages(f'console.{shot.verdict}')}: {flaw}", file=sys.stderr)


@app.command("check-config", epilog="Example: capture-station check-config --config config.yaml")
def check_config(config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Check the configuration and print all settings."""
    settings = settings_of(config, overrides)
    print(settings.model_dump_json(indent=2))
    print(settings.advice(), file=sys.stderr)


@app.command("doctor", epilog="Example: capture-station doctor && capture-station run")
def check_machine(
    config: ConfigOption = None,
    overrides: SetOption = None,
    archive: Annotated[
        bool, typer.Option("--archive", help="Also compare every picture in the archive with its checksum.")
    ] = False,
) -> None:
    """Check whether this machine has what a station needs.

    Prints one line each for the camera, both models, the reference, the screen, the archive's disk, the upload target
    and the clock. The exit code is 1 if any check fails.
    """
    from capture_station.commands import doctor

    failed = False
    for finding in doctor.check_machine(settings_of(config, overrides), archive):
        print(f"{finding.outcome.value:<5} {finding.subject:<11} {finding.detail}", flush=True)
        failed |= finding.outcome is doctor.Outcome.FAULT
    raise typer.Exit(int(failed))


@app.command("bench", epilog="Example: capture-station bench --json > bench.json")
def measure(
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
    seconds: Annotated[
        float, typer.Option(min=1, max=600, metavar="SECONDS", help="Length of the live measurement.")
    ] = 10,
    frames: Annotated[
        int | None,
        typer.Option(
            "--endurance",
            min=20,
            metavar="FRAMES",
            help="Instead, check over this many frames that memory, threads and open files do not grow.",
        ),
    ] = None,
) -> None:
    """Measure the speed of this machine with the demo camera.

    Reports the time of each processing stage, preview frames per second, latency, capture time and memory.
    """
    from rich.console import Console
    from rich.table import Table

    from capture_station.commands import bench
    from capture_station.commands.endurance import measure_endurance

    settings = settings_of(config, overrides)
    report = bench.measure(settings, seconds) if frames is None else measure_endurance(settings, frames)
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
        return
    table = Table("what", "value", "unit", "note")
    for figure in report.figures:
        table.add_row(figure.name, f"{figure.value:.4g}", figure.unit, figure.note)
    Console().print(table)


@app.command(epilog="Example: capture-station cameras")
def cameras(as_json: JsonOption = False) -> None:
    """List the attached cameras and their modes."""
    from capture_station.camera.attached_cameras import list_cameras

    found = list_cameras()
    if as_json:
        print(json.dumps([asdict(camera) for camera in found], indent=2))
        return
    for camera in found:
        print(*camera.lines(), sep="\n")
    if not found:
        print("no camera is attached; `capture-station run` would use the demo camera", file=sys.stderr)


@app.command(epilog="Example: capture-station calibrate grey_card.png")
def calibrate(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="The PNG file to write.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Photograph a grey card or the empty booth.

    A picture of a grey card is for `portrait.reference`, a picture of the empty booth for `segmentation.clean_plate`.
    The file is the median of several frames, so it has hardly any noise.
    """
    from capture_station.commands.calibrate import photograph_reference

    print(photograph_reference(settings_of(config, overrides), output))


@app.command("clean", epilog="Example: capture-station clean wedding --output white --preset square")
def clean_existing(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Photos, folders of photos, or their URLs.")],
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="DIR", help="Folder or URL for the results. Existing files are kept."),
    ],
    config: ConfigOption = None,
    overrides: SetOption = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Short for --set portrait.preset=NAME.")] = None,
    segmenter: Annotated[
        str | None, typer.Option(metavar="KIND", help="Short for --set segmentation.kind=KIND.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, metavar="N", help="Worker processes. Default: one per CPU.")
    ] = None,
    alpha_only: Annotated[bool, typer.Option("--alpha-only", help="Write mattes as PNG instead of portraits.")] = False,
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Let this Dask cluster do the work.")] = None,
    review_to: Annotated[
        str | None,
        typer.Option("--review-to", metavar="DIR", help="Another folder or URL for portraits that need a review."),
    ] = None,
) -> None:
    """Make portraits from existing photos.

    Results that already exist are skipped, so the same command continues an interrupted run. A photo of
    nobody, or with a head that the preset cannot frame, is refused. The exit code is 1 if any photo failed or was
    refused.
    """
    from capture_station.commands.clean import clean

    chosen = {"portrait.preset": preset, "segmentation.kind": segmenter}
    flags = [f"{key}={value}" for key, value in chosen.items() if value is not None]
    settings = settings_of(config, [*(overrides or []), *flags])
    raise typer.Exit(int(not clean(paths, output, settings, jobs, alpha_only, scheduler, review_to)))


@app.command("export", epilog="Example: capture-station export portraits.zip --state ok --max-kb 120")
def export_portraits(
    destination: Annotated[str, typer.Argument(metavar="DEST", help="A folder, a URL, or a .zip file.")],
    folder: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Export this archive or this day. Default: archive.folder."),
    ] = None,
    state: Annotated[
        Literal["ok", "review", "all"], typer.Option(help="Export only portraits with this verdict.")
    ] = "all",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Export only from this day on.")
    ] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Export only portraits with this preset.")] = None,
    image_format: Annotated[Literal["jpeg", "png"], typer.Option("--format", help="Format of the files.")] = "jpeg",
    max_kb: Annotated[
        float | None, typer.Option(min=4, metavar="KB", help="Largest file, in units of 1000 bytes.")
    ] = None,
    max_px: Annotated[
        int | None, typer.Option(min=48, metavar="PX", help="Longest side of a picture, in pixels.")
    ] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Copy the newest kept portrait of each person.

    `export.name` names the files. manifest.csv lists them; with a roster, missing.csv lists the people without a
    portrait. The same command copies only what is new when it runs again. The exit code is 1 if any portrait could not
    be exported.
    """
    from capture_station.commands.export import export
    from capture_station.export.exporter import Choice

    settings = settings_of(config, overrides)
    if image_format == "png" and max_kb is not None:
        raise typer.BadParameter("a PNG cannot be made smaller; take --format jpeg, or --max-px", param_hint="--max-kb")
    choice = Choice(
        name=settings.export.name,
        verdicts=frozenset({"ok", "review"} if state == "all" else {state}),
        since=None if since is None else since.date(),
        preset=preset,
        format=image_format,
        quality=settings.archive.jpeg_quality,
        largest_bytes=None if max_kb is None else int(max_kb * 1000),
        longest_px=max_px,
        dpi=settings.archive.dpi,
    )
    raise typer.Exit(int(not export(folder or settings.archive.folder, destination, choice, settings.subjects)))


@app.command("purge", epilog="Example: capture-station purge 30")
def purge_old(
    days: Annotated[
        float,
        typer.Argument(min=0, max=36_500, metavar="DAYS", help="Captures whose date is older than this many days."),
    ],
    config: ConfigOption = None,
    overrides: SetOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them permanently instead of listing them.")] = False,
) -> None:
    """List or remove old captures by date.

    This also works while a station runs. It trusts dates: the clock must be right now, and must have been right when
    the captures were taken.
    """
    from capture_station.commands.purge import purge

    for capture_id in purge(settings_of(config, overrides).archive, days, yes):
        print(capture_id, flush=True)


@app.command("report", epilog="Example: capture-station report ~/capture-station/2026-05-01")
def report_session(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The archive, or the folder of one day in it.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where to write the report. Default: into DIR."),
    ] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Make contact sheets of an archive or of one day.

    The report is an HTML page and a PNG picture. They show the portraits, what drifts and what to review. Prints the
    paths of both.
    """
    from capture_station.commands.report import report

    print(*report(folder, output, settings_of(config, overrides).language), sep="\n")


@app.command("version")
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Run a command. An error that a person can fix becomes one line on stderr and an exit code."""
    set_up_logging()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # A path may hold bytes that are not text.
    try:
        app(prog_name="capture-station")
    except SystemExit as ended:
        exit_process(int(ended.code or 0))
    except StationError as error:
        print(f"capture-station: {printable(str(error))}", file=sys.stderr)
        exit_process(error.exit_code)
    except KeyboardInterrupt:
        exit_process(130)
    except Exception:  # The traceback is printed as usual; only the exit code differs from Python's.
        traceback.print_exc()
        exit_process(StationError.exit_code)
