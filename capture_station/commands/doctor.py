"""Does this machine have what a station needs? One finding a subject."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import numpy as np

from capture_station import __version__
from capture_station.archive import names
from capture_station.archive.archive import Archive
from capture_station.camera.factory import open_camera
from capture_station.config import StationSettings
from capture_station.errors import NotRunning, StationError
from capture_station.frames import Frame
from capture_station.frontends.control_socket import ask, default_socket
from capture_station.frontends.window.window import probe
from capture_station.portrait.reference import locked_correction
from capture_station.segmentation.factory import open_segmenter
from capture_station.upload.target import Target

BUILT = datetime(2026, 11, 1).astimezone()
"""No clock that is right shows an earlier time."""
SLOW_BELOW_FPS = 10
TIMED_FRAMES = 20


class Verdict(Enum):
    GOOD = "ok"
    NOTE = "note"
    """Works, but somebody should know."""
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one subject, in one line."""

    subject: str
    verdict: Verdict
    detail: str


def examine(settings: StationSettings) -> Iterator[Finding]:
    """Findings, as they are made; nothing is saved and no error is raised for what is found."""
    yield Finding("version", Verdict.GOOD, __version__)
    for subject, check in (
        ("camera", _camera),
        ("preview", lambda s: _model(s, "preview")),
        ("capture", lambda s: _model(s, "capture")),
        ("reference", _reference),
        ("screen", _screen),
        ("archive", _archive),
        ("upload", _upload),
        ("clock", _clock),
    ):
        try:
            yield Finding(subject, *check(settings))
        except StationError as error:
            yield Finding(subject, Verdict.FAULT, str(error))


def _camera(settings: StationSettings) -> tuple[Verdict, str]:
    try:
        ask(settings.remote.socket or default_socket(), {"do": "status"})
    except NotRunning:
        camera = open_camera(settings.camera)
    else:
        return Verdict.GOOD, "a running station has it"
    try:
        frame = camera.read(settings.camera.read_timeout_s, full_resolution=True)
        info = camera.info
    finally:
        camera.close()
    detail = f"{info.name}, {frame.size_wh[0]}x{frame.size_wh[1]} at {info.mode.fps:g} fps {info.mode.pixel_format}"
    if info.kind == "demo" and settings.camera.kind == "auto":
        return Verdict.NOTE, f"none is attached; {detail}"
    if info.differences:
        return Verdict.NOTE, f"{detail}; {'; '.join(info.differences)}"
    return Verdict.GOOD, detail


def _model(settings: StationSettings, purpose: str) -> tuple[Verdict, str]:
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
        f"{info.model or info.kind} {info.sha256[:12]} on {info.runtime or 'cv2'}: {median_s * 1e3:.1f} ms a picture"
    )
    slow = purpose == "preview" and median_s > 1 / SLOW_BELOW_FPS
    return (Verdict.NOTE, f"{detail}, slow") if slow else (Verdict.GOOD, detail)


def _reference(settings: StationSettings) -> tuple[Verdict, str]:
    """The clean plate is read with the model, where it is needed at all."""
    if locked_correction(settings.portrait) is None:
        return Verdict.GOOD, "none is set; colours stay as the camera gives them"
    return Verdict.GOOD, f"colours are corrected by {settings.portrait.reference}"


def _screen(settings: StationSettings) -> tuple[Verdict, str]:
    try:
        screen = probe(settings.window)
        return Verdict.GOOD, f"{screen.driver}, {screen.size_wh[0]}x{screen.size_wh[1]}"
    except StationError as error:
        return Verdict.NOTE, f"{error}; `run` then writes lines of text"


def _archive(settings: StationSettings) -> tuple[Verdict, str]:
    folder = settings.archive.folder
    if not (folder / names.UNFINISHED).is_dir():
        # Opening would make it, and a station that waits for its disk would save beside the disk.
        above = next(path for path in (folder, *folder.parents) if path.exists())
        if not (above.is_dir() and os.access(above, os.W_OK)):
            return Verdict.FAULT, f"{folder} is not there and cannot be made in {above}; choose another archive.folder"
        return Verdict.NOTE, f"{folder} is not there; `run` makes it in {above}, so mount its disk before"
    archive = Archive.open(settings.archive)
    try:
        archive.check_room(settings.camera.size_px)
        free = archive.room_for(settings.camera.size_px).free_bytes
    finally:
        archive.close()
    return Verdict.GOOD, f"{folder} is writable, {free / 1e9:.1f} GB free"


def _upload(settings: StationSettings) -> tuple[Verdict, str]:
    """The place need not answer now; a URL may hold secrets and is not told."""
    if not settings.upload.url:
        return Verdict.GOOD, "none is set; captures stay in the archive"
    Target(settings.upload.url)
    return Verdict.GOOD, "a station tries to hand captures on to upload.url"


def _clock(_: StationSettings) -> tuple[Verdict, str]:
    now = datetime.now().astimezone()
    if now < BUILT:
        return Verdict.FAULT, f"{now:%Y-%m-%d %H:%M} is before this software was made; set the clock"
    return Verdict.GOOD, f"{now:%Y-%m-%d %H:%M %Z}"
