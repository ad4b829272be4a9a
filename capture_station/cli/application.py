"""The command line's application: its name, its exit codes and its start."""

from __future__ import annotations

from typing import Annotated

import typer

from capture_station import __version__
from capture_station.commands.native_output import filter_remarks
from capture_station.commands.process_exit import run_and_exit

# The line with \b alone keeps typer from joining the lines that follow.
EXIT_CODES = """\b
Exit codes:
    0 done
    1 doctor found a fault, or a command could not do every picture
    2 the command line is wrong
   65 the roster is not usable
   66 no camera, or no photo
   67 nobody is checked in, or nobody has this id
   68 the picture is no portrait, so nothing was saved
   69 no station answers, or the station is stopping
   70 segmentation failed, or an unexpected error
   71 no screen
   72 a model is missing or was changed
   73 files cannot be written
   74 the disk is full
   75 busy: another capture or another station is running
   76 nothing can be printed, or the printer does not take it
   77 the portrait has another shape than its print
   78 configuration error
   79 not printed: not kept, without its name, or from the demo camera
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


def main() -> None:
    """Run the command that the command line names."""
    filter_remarks()
    run_and_exit(lambda: app(prog_name="capture-station"))
