"""Commands about the station and its camera."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from capture_station import __version__
from capture_station.cli.application import app
from capture_station.cli.options import ConfigOption, JsonOption, PresetOption, SetOption, flags_of, settings_of


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
    from capture_station.camera.picture_limit import limit_decoders

    limit_decoders()
    from capture_station.commands.process_exit import drop_unwritten, start_again
    from capture_station.commands.run import load_with_kept, run_station
    from capture_station.config import load

    flags = flags_of(overrides, preset)
    if run_station(load_with_kept(config, flags), headless, lambda: load(config, flags)):
        start_again()
    drop_unwritten()  # The station has done its work also where its log was lost.


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
    from capture_station.commands.capture import take_and_print

    take_and_print(config, flags_of(overrides, preset), countdown, preset, subject)


@app.command(
    "phone",
    epilog="Example: capture-station phone; of the service: sudo /opt/capture-station/bin/capture-station phone",
)
def let_phone_in(config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Print a QR code that lets a phone into the page.

    It works once, for one phone, within five minutes. The station has to run, and phones have to reach its page.
    """
    from capture_station.commands.phone import print_phone_code

    print_phone_code(settings_of(config, overrides).remote.socket, sys.stdout)


@app.command("check-config", epilog="Example: capture-station check-config --config config.yaml")
def check_config(config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Check the configuration and print all settings."""
    settings = settings_of(config, overrides)
    print(settings.model_dump_json(indent=2))
    from capture_station.camera.demo_fallback import stand_in_advice
    from capture_station.camera.factory import expected_size_wh, expects_demo
    from capture_station.frontends.kept_settings import kept_advice

    print(settings.advice(expected_size_wh(settings.camera), expects_demo(settings.camera)), file=sys.stderr)
    if advice := stand_in_advice(settings.camera):
        print(advice, file=sys.stderr)
    if advice := kept_advice(config, flags_of(overrides, None), settings):
        print(advice, file=sys.stderr)
    if settings.subjects.roster:
        from capture_station.export.template import template_advice
        from capture_station.subjects.name_letters import letters_advice
        from capture_station.subjects.namesakes import namesake_advice
        from capture_station.subjects.roster_source import open_roster

        source = open_roster(settings.subjects)
        print(f"roster: {source.description}", file=sys.stderr)
        told = (*template_advice(settings.export.name, source.roster), namesake_advice(source.roster))
        for advice in (source.encoding_advice, *told, letters_advice(source.roster)):
            if advice:
                print(advice, file=sys.stderr)
    if settings.subjects.asks_consent:
        from capture_station.subjects.consent_texts import consent_advice

        if advice := consent_advice(settings.subjects.consent, settings.languages):
            print(advice, file=sys.stderr)
    if settings.window.logo is not None or settings.window.accent is not None:
        from capture_station.frontends.window.appearance import problems

        for problem in problems(settings.window):
            print(problem, file=sys.stderr)
    if settings.window.voice:
        from capture_station.frontends.window.voice import voice_advice

        if advice := voice_advice(settings.window):
            print(advice, file=sys.stderr)
    # What follows only tells what is missing.
    if settings.archive.group:
        from capture_station.archive.shared_disk import group_id_of

        group_id_of(settings.archive.group)
    if settings.mqtt.host:
        from capture_station.frontends.mqtt import read_secrets

        read_secrets(settings.mqtt)
    if settings.subjects.reads_codes:
        from capture_station.subjects.code_reader import CodeReader

        CodeReader()


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


@app.command("version")
def version() -> None:
    """Print the version."""
    print(__version__)
