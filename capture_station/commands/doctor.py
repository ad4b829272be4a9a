"""Check whether this machine has what a station needs: one finding for each subject."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import numpy as np

from capture_station import __version__
from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.archive.capture_ids import capture_folders
from capture_station.archive.deletions import returned, returned_line
from capture_station.archive.index import CaptureIndex
from capture_station.archive.presence import is_archive, is_folder
from capture_station.archive.verification import problems
from capture_station.camera.demo_fallback import stand_in_advice
from capture_station.camera.factory import expected_size_wh, expects_demo, open_camera
from capture_station.commands.progress_bar import progress_bar
from capture_station.config import StationSettings
from capture_station.errors import NotRunning, StationError
from capture_station.export.template import template_advice
from capture_station.frames import Frame
from capture_station.frontends.control_socket import send_request
from capture_station.frontends.window.voice import voice_advice
from capture_station.frontends.window.window import probe
from capture_station.portrait.grey_card import locked_correction
from capture_station.printing.factory import open_printer
from capture_station.release import NAMELESS, ReleaseRule
from capture_station.segmentation.factory import open_segmenter
from capture_station.subjects.code_reader import CodeReader
from capture_station.subjects.consent_texts import consent_advice
from capture_station.subjects.name_letters import letters_advice
from capture_station.subjects.namesakes import namesake_advice
from capture_station.subjects.roster_source import open_roster
from capture_station.upload.queue import waiting_for_names
from capture_station.upload.target import Target

BUILT = datetime(2026, 11, 1).astimezone()
"""This software was built after this date, so a clock that shows an earlier one is wrong."""
SLOW_BELOW_FPS = 10
TIMED_FRAMES = 20


class Outcome(Enum):
    OK = "ok"
    NOTE = "note"
    """It works, but the operator should know."""
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    subject: str
    outcome: Outcome
    detail: str


def check_machine(settings: StationSettings, pictures: bool = False) -> Iterator[Finding]:
    """Yield each finding as soon as its check ends. Nothing is saved, and a fault raises no error.

    Args:
        settings: The station to check.
        pictures: Also compare every picture in the archive with its checksum.
    """
    yield Finding("version", Outcome.OK, __version__)
    for subject, check in (
        ("camera", _camera),
        ("preview", lambda s: _model(s, "preview")),
        ("capture", lambda s: _model(s, "capture")),
        ("preset", _preset),
        ("reference", _reference),
        *([("roster", _roster)] if settings.subjects.roster else ()),
        *([("consent", _consent)] if settings.subjects.asks_consent else ()),
        *([("codes", _codes)] if settings.subjects.reads_codes else ()),
        ("screen", _screen),
        *([("voice", _voice)] if settings.window.voice else ()),
        ("archive", _archive),
        *([("deletions", _deletions)] if os.path.exists(settings.archive.folder / names.DELETIONS) else ()),
        *([("pictures", _pictures)] if pictures else ()),
        ("upload", _upload),
        *([("share", _share)] if settings.share.is_on else ()),
        *([("printer", _printer)] if settings.printing.printer else ()),
        ("clock", _clock),
    ):
        try:
            yield Finding(subject, *check(settings))
        except StationError as error:
            yield Finding(subject, Outcome.FAULT, str(error))


def _camera(settings: StationSettings) -> tuple[Outcome, str]:
    try:
        send_request(settings.remote.socket, {"do": "status"})
    except NotRunning:
        camera = open_camera(settings.camera)
    else:
        return Outcome.OK, "in use by a running station"
    try:
        frame = camera.read(settings.camera.read_timeout_s, full_resolution=True)
        info = camera.info
    finally:
        camera.close()
    detail = f"{info.name}, {frame.size_wh[0]}x{frame.size_wh[1]} at {info.mode.fps:g} fps {info.mode.pixel_format}"
    if info.stands_in:
        return Outcome.NOTE, f"none opens; {detail}; {stand_in_advice(settings.camera)}"
    if info.differences:
        return Outcome.NOTE, f"{detail}; {'; '.join(info.differences)}"
    return Outcome.OK, detail


def _model(settings: StationSettings, purpose: str) -> tuple[Outcome, str]:
    segmenter = open_segmenter(settings.segmentation, "preview" if purpose == "preview" else "capture")
    frame = Frame(np.zeros((480, 640, 3), np.uint8), 0, time.monotonic())
    took_s = []
    for _ in range(TIMED_FRAMES):
        begun_s = time.perf_counter()
        segmenter.segment(frame)
        took_s.append(time.perf_counter() - begun_s)
    median_s = float(np.median(took_s))
    info = segmenter.info
    detail = (
        f"{info.model or info.kind} {info.sha256[:12]} on {info.runtime or 'cv2'}: {median_s * 1e3:.1f} ms per picture"
    )
    slow = purpose == "preview" and median_s > 1 / SLOW_BELOW_FPS
    return (Outcome.NOTE, f"{detail}, slow") if slow else (Outcome.OK, detail)


def _preset(settings: StationSettings) -> tuple[Outcome, str]:
    return Outcome.OK, settings.advice(expected_size_wh(settings.camera), expects_demo(settings.camera))


def _reference(settings: StationSettings) -> tuple[Outcome, str]:
    """Check `portrait.reference`. The clean plate is checked with the model that needs it."""
    if locked_correction(settings.portrait) is None:
        return Outcome.OK, "none is set; colours stay as the camera delivers them"
    return Outcome.OK, f"colours are corrected with {settings.portrait.reference}"


def _roster(settings: StationSettings) -> tuple[Outcome, str]:
    source = open_roster(settings.subjects)
    advice = [*template_advice(settings.export.name, source.roster), namesake_advice(source.roster)]
    if told := [*filter(None, (source.encoding_advice, *advice, letters_advice(source.roster)))]:
        return Outcome.NOTE, "; ".join((source.description, *told))
    return Outcome.OK, source.description


def _consent(settings: StationSettings) -> tuple[Outcome, str]:
    if advice := consent_advice(settings.subjects.consent, settings.languages):
        return Outcome.NOTE, advice
    return Outcome.OK, f"there is a text to agree to in {', '.join(settings.languages)}"


def _codes(_: StationSettings) -> tuple[Outcome, str]:
    CodeReader()
    return Outcome.OK, "QR codes and barcodes are read through the camera"


def _screen(settings: StationSettings) -> tuple[Outcome, str]:
    try:
        screen = probe(settings.window)
        return Outcome.OK, f"{screen.driver}, {screen.size_wh[0]}x{screen.size_wh[1]}"
    except StationError as error:
        return Outcome.NOTE, f"{error}; `run` will print lines of text instead"


def _voice(settings: StationSettings) -> tuple[Outcome, str]:
    if advice := voice_advice(settings.window):
        return Outcome.NOTE, advice
    return Outcome.OK, "hints are said aloud"


def _archive(settings: StationSettings) -> tuple[Outcome, str]:
    folder = settings.archive.folder
    if not is_archive(folder):
        # Opening the archive would create it. On a mount point whose disk is missing, that would be the wrong disk.
        above = next(path for path in (folder, *folder.parents) if path.exists())
        there = above == folder
        if not (above.is_dir() and os.access(above, os.W_OK)):
            fault = "cannot be written" if there else f"does not exist and cannot be created in {above}"
            return Outcome.FAULT, f"{folder} {fault}; choose another archive.folder"
        missing = f"does not exist; `run` creates it in {above}"
        begins = "has no portraits yet; `run` puts them there" if there else missing
        return Outcome.NOTE, f"{folder} {begins}, so mount its disk first"
    archive = Archive.open(settings.archive)
    try:
        archive.check_space(settings.camera.size_wh)
        free = archive.free_bytes()
    finally:
        archive.close()
    return Outcome.OK, f"{folder} is writable, {free / 1e9:.1f} GB free"


def _deletions(settings: StationSettings) -> tuple[Outcome, str]:
    with closing(Archive.open(settings.archive)) as archive:
        archive.query(CaptureIndex.verify)
        back = returned(archive)
    if back:
        return Outcome.NOTE, "\n".join(returned_line(subject, date) for subject, date in back.items())
    return Outcome.OK, "nobody who was deleted has pictures again"


def _pictures(settings: StationSettings) -> tuple[Outcome, str]:
    """Compare every picture in the archive with its checksum."""
    folders = capture_folders(settings.archive.folder) if is_folder(settings.archive.folder) else []
    bad = list[str]()
    with progress_bar("verifying", len(folders)) as advance:
        for found in problems(folders):
            advance()
            bad += found
    if bad:
        return Outcome.FAULT, "\n".join((f"{len(bad)} of the files in {settings.archive.folder} are damaged", *bad))
    return Outcome.OK, f"all files of {len(folders)} captures are as they were saved"


def _upload(settings: StationSettings) -> tuple[Outcome, str]:
    """Look for an upload folder, and count what waits. Nothing on the network is asked.

    The URL may hold secrets, so it is not printed.
    """
    if not settings.upload.url:
        return Outcome.OK, "none is set; captures stay in the archive"
    target = Target(settings.upload.url.get_secret_value())
    target.refuse_archives(settings.archive.folder)
    detail, rule = "captures are uploaded to upload.url", ReleaseRule.of(settings)
    waiting = Counter[str]()
    if is_archive(settings.archive.folder):
        with closing(Archive.open(settings.archive)) as archive:
            pending = archive.summaries(archive.not_uploaded(rule.demo_too))
        waiting.update(rule.left_out_as(one) for one in pending if one.verdict != "damaged")
    if due := waiting[""]:
        detail += f"; {due} still to be uploaded"
    try:
        target.require_folder()
    except FileNotFoundError as error:
        return Outcome.FAULT, f"{error}; {detail}"
    if nameless := waiting[NAMELESS]:
        return Outcome.NOTE, f"{detail}; {waiting_for_names(nameless)}"
    return Outcome.OK, detail


def _share(settings: StationSettings) -> tuple[Outcome, str]:
    """Say where phones look for shared portraits, as far as the configuration tells."""
    share, listen = settings.share, settings.web.listen
    if share.target_url:
        return Outcome.OK, f"links lead to uploads: {share.target_url}"
    if share.address:
        return Outcome.OK, f"links begin with {share.address}"
    if listen == "none":
        return Outcome.FAULT, "share.minutes needs the page, and web.listen is none"
    if listen.startswith(("127.", "localhost:", "[::1]:", "unix:")):
        return Outcome.FAULT, "phones cannot reach the page; set web.listen=0.0.0.0:8480, or share.address"
    if listen == "auto":
        return (
            Outcome.NOTE,
            "phones reach the page only through a socket of systemd that the network reaches",
        )
    return Outcome.OK, f"phones open this machine's address, on port {listen.rpartition(':')[2]}"


def _printer(settings: StationSettings) -> tuple[Outcome, str]:
    state = open_printer(settings.printing).state()
    if state.problems:
        return Outcome.NOTE, f"{settings.printing.printer}: {', '.join(state.problems)}"
    return Outcome.OK, f"{settings.printing.printer}, sheets on {settings.printing.paper}"


def _clock(_: StationSettings) -> tuple[Outcome, str]:
    now = datetime.now().astimezone()
    if now < BUILT:
        return Outcome.FAULT, f"{now:%Y-%m-%d %H:%M} is earlier than this software; set the clock"
    return Outcome.OK, f"{now:%Y-%m-%d %H:%M %Z}"
