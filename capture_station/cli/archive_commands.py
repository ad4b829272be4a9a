"""Commands about pictures that exist: photos, and what is in the archive."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from capture_station.cli.application import app
from capture_station.cli.options import DAY, ConfigOption, SetOption, day_of, settings_of


@app.command("clean", epilog="Example: capture-station clean wedding --output white --preset square")
def clean_existing(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Photos, folders of photos, or their URLs.")],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder or URL for the results. Existing files are kept."),
    ] = None,
    into_archive: Annotated[
        bool, typer.Option("--archive", help="Save them in the archive instead, as captures of the roster's people.")
    ] = False,
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
    roster: Annotated[
        str | None, typer.Option(metavar="CSV", help="The people in the photos; results are named by export.name.")
    ] = None,
    by: Annotated[
        Literal["filename", "folder"],
        typer.Option(help="What tells whom of the roster a photo shows: its name, or that of its folder."),
    ] = "filename",
) -> None:
    """Make portraits from existing photos.

    Results that already exist are skipped, so the same command continues an interrupted run. A photo of
    nobody, or with a head that the preset cannot frame, is refused. With --roster, a photo whose name means nobody
    on it, or several people, is unmatched, and people.csv lists everybody. The exit code is 1 if any photo failed, was
    refused or is unmatched. With --archive, the configuration says where the archive is and, without --roster, who
    is on the roster; portraits that need a review are not kept until somebody says so.
    """
    from capture_station.commands.clean import clean
    from capture_station.commands.file_photos import file_photos
    from capture_station.subjects.roster_source import open_roster

    # No matte is refused for what a portrait would lack.
    gate = "advise" if alpha_only else None
    chosen = {
        "portrait.preset": preset,
        "portrait.gate": gate,
        "segmentation.kind": segmenter,
        "subjects.roster": roster,
    }
    flags = [f"{key}={value}" for key, value in chosen.items() if value is not None]
    settings = settings_of(config, [*(overrides or []), *flags])
    if into_archive == (output is not None):
        raise typer.BadParameter("name either a folder for the results or --archive", param_hint="--output")
    if into_archive or output is None:
        if alpha_only or scheduler or review_to:
            raise typer.BadParameter("not with --alpha-only, --scheduler or --review-to", param_hint="--archive")
        if not settings.subjects.roster:
            raise typer.BadParameter("a roster is needed that says who is who", param_hint="--roster")
        known = open_roster(settings.subjects).roster
        raise typer.Exit(int(not file_photos(paths, settings, known, jobs, by == "folder")))
    people = None if roster is None else open_roster(settings.subjects).roster
    raise typer.Exit(int(not clean(paths, output, settings, jobs, alpha_only, scheduler, review_to, people, by)))


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
        date | None, typer.Option(parser=day_of, metavar=DAY, help="Export only from this day on.")
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

    `export.name` names the files. manifest.csv lists them; with a roster, missing.csv lists the people without any kept
    portrait. The same command copies only what is new when it runs again. The exit code is 1 if any portrait could not
    be exported.
    """
    from capture_station.commands.export import export
    from capture_station.export.exporter import Choice
    from capture_station.release import ReleaseRule

    settings = settings_of(config, overrides)
    if image_format == "png" and max_kb is not None:
        raise typer.BadParameter("a PNG cannot be made smaller; take --format jpeg, or --max-px", param_hint="--max-kb")
    choice = Choice(
        name=settings.export.name,
        verdicts=frozenset({"ok", "review"} if state == "all" else {state}),
        since=since,
        preset=preset,
        format=image_format,
        quality=settings.archive.jpeg_quality,
        largest_bytes=None if max_kb is None else int(max_kb * 1000),
        longest_px=max_px,
        dpi=settings.archive.dpi,
        rule=ReleaseRule.of(settings),
    )
    archive, presets = folder or settings.archive.folder, settings.portrait.find_preset
    done = export(archive, destination, choice, settings.subjects, presets, configured=config is not None)
    raise typer.Exit(int(not done))


@app.command("print", epilog="Example: capture-station print --subject 20417 --paper a4 --pdf sheet.pdf")
def print_portraits(
    captures: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Captures. Default: the newest kept one.")
    ] = None,
    subjects: Annotated[
        list[str] | None,
        typer.Option("--subject", metavar="ID", help="Print this person's newest kept portrait. Repeatable."),
    ] = None,
    day: Annotated[date | None, typer.Option(parser=day_of, metavar=DAY, help="Print everybody of this day.")] = None,
    where: Annotated[
        str, typer.Option(metavar="COLUMN=VALUE", help="Print these people of the roster, such as Class=5a.")
    ] = "",
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write this PDF instead of printing.")] = None,
    copies: Annotated[int, typer.Option(min=1, max=99, metavar="N", help="Copies of each sheet.")] = 1,
    paper: Annotated[str | None, typer.Option(metavar="NAME", help="Short for --set printing.paper=NAME.")] = None,
    size: Annotated[str | None, typer.Option(metavar="SIZE", help="Short for --set printing.size=SIZE.")] = None,
    each: Annotated[str | None, typer.Option(metavar="N", help="Short for --set printing.each=N.")] = None,
    caption: Annotated[
        str | None, typer.Option(metavar="TEXT", help='Short for --set printing.caption=TEXT; "" for none.')
    ] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Print portraits on sheets in exact millimetres.

    One portrait fills its sheet; several share sheets, with cut marks. Their size is the preset's, unless
    `printing.size` says otherwise. Only what `export` takes is printed. A portrait that would have to be
    stretched or cropped is left out, and so are one without millimetres among others that have some and a person
    without a portrait; the exit code is then 1.
    """
    from capture_station.commands.print import print_sheets
    from capture_station.printing.sheet import SheetChoice, size_from_text

    chosen = {"printing.paper": paper, "printing.size": size, "printing.each": each}
    flags = [f"{key}={value}" for key, value in chosen.items() if value is not None]
    if caption is not None:  # In quotes, a number, a colon or nothing at all is text, too.
        flags.append(f"printing.caption={json.dumps(caption)}")
    settings = settings_of(config, [*(overrides or []), *flags])
    printing = settings.printing
    choice = SheetChoice(printing.paper, size_from_text(printing.size), printing.each, printing.caption)
    done, complete = print_sheets(settings, captures or [], subjects or [], day, choice, copies, pdf, where)
    print(done)
    raise typer.Exit(int(not complete))


@app.command("purge", epilog="Examples: capture-station purge 30; capture-station purge --subject 20417 --yes")
def purge_captures(
    days: Annotated[
        float | None,
        typer.Argument(min=0, max=36_500, metavar="[DAYS]", help="Captures whose date is older than this many days."),
    ] = None,
    subject: Annotated[str | None, typer.Option(metavar="ID", help="All captures of this person instead.")] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them permanently instead of listing them.")] = False,
) -> None:
    """List or remove old captures, or those of one person.

    This also works while a station runs. DAYS trusts dates: the clock must be right now, and must have been right when
    the captures were taken. A person's deletion is recorded, without the name, in deletions.csv in the archive.
    """
    from capture_station.commands.purge import purge, purge_subject

    if (days is None) == (subject is None):
        raise typer.BadParameter("name DAYS or --subject ID, and not both", param_hint="DAYS")
    settings = settings_of(config, overrides)
    found = 0
    removing = (
        purge(settings.archive, days, yes)
        if days is not None
        else purge_subject(settings.archive, subject or "", yes, settings.subjects, settings.printing)
    )
    for capture_id in removing:
        found += 1
        print(capture_id, flush=True)
    # The list is the same in both cases, and whoever deletes a person has to know that they are gone.
    what = f"{found} {'capture' if found == 1 else 'captures'}"
    outcome = "removed" if yes else "found, nothing was removed" + ("; add --yes to remove" if found else "")
    print(f"{what} {outcome}", file=sys.stderr)


@app.command("report", epilog="Example: capture-station report ~/capture-station/2026-05-01")
def report_session(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The archive, or the folder of one day in it.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where to write the report. Default: into DIR."),
    ] = None,
    names: Annotated[bool, typer.Option("--names/--no-names", help="Say whose portrait each is.")] = True,
    by_roster: Annotated[
        bool, typer.Option("--by-roster", help="Sort by subjects.roster; who has no portrait is an empty tile.")
    ] = False,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Make contact sheets of an archive or of one day.

    The report is an HTML page and a PNG picture. They show the portraits, what drifts and what to review. Prints the
    paths of both.
    """
    from capture_station.commands.report import report
    from capture_station.release import ReleaseRule

    settings = settings_of(config, overrides)
    people = settings.subjects if by_roster else None
    print(*report(folder, output, settings.language, names, people, ReleaseRule.of(settings)), sep="\n")
