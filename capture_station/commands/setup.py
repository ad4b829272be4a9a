"""The ``setup`` command: asks a few questions and writes a commented configuration."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from capture_station import shipped
from capture_station.archive.disk import Disk, write_atomically
from capture_station.archive.encode import encode_jpeg
from capture_station.camera.attached_cameras import list_cameras
from capture_station.camera.demo_fallback import stand_in_advice
from capture_station.camera.factory import open_camera
from capture_station.camera.raspberry import picamera2_attached
from capture_station.config import StationSettings, SubjectColumns, load
from capture_station.config.editing import with_values
from capture_station.errors import ArchiveError, CameraError, IdColumnUnknown, RosterError
from capture_station.frontends.window.voice import voice_advice
from capture_station.locales.messages import CODES
from capture_station.presets import shipped_presets
from capture_station.service import installation
from capture_station.service.installation import InstallError
from capture_station.subjects.name_letters import letters_advice
from capture_station.subjects.roster_source import RosterSource
from capture_station.urls import needed_package

SNAPSHOT_QUALITY, SNAPSHOT_DPI = 90, 72
SETTLE_FRAMES = 10
"""A camera needs some frames to find its exposure."""
PHONES = "0.0.0.0:8480"
BOOTH_VOLUME = 0.5
SOUNDS = ("none", "ticks, shutter and a chime", "the same, and hints are said aloud")


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where questions are asked and answers typed."""

    ask: Callable[[str], str]
    """Shows a question and returns the line that was typed."""
    say: Callable[[str], None]

    def choose(self, question: str, choices: Sequence[str], default: int = 0) -> int:
        """Ask for one of several; Enter takes the default."""
        self.say(question)
        for number, choice in enumerate(choices, 1):
            self.say(f"  {number}  {choice}")
        while True:
            answer = self.ask(f"number [{default + 1}]: ").strip()
            if not answer:
                return default
            if answer.isdecimal() and 1 <= int(answer) <= len(choices):
                return int(answer) - 1
            self.say(f"please type a number from 1 to {len(choices)}")

    def agree(self, question: str, default: bool) -> bool:
        """Ask for yes or no; Enter takes the default."""
        while True:
            answer = self.ask(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
            if not answer:
                return default
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
            self.say("please type y or n")


def set_up(path: Path, terminal: Terminal) -> None:
    """Ask for camera, preset, folder, language, people, booth, page and service, and write the configuration.

    Args:
        path: The file to write; an existing one is replaced only if somebody agrees.

    Raises:
        ArchiveError: The file cannot be written.
        ConfigError: The answers make no configuration.
    """
    if path.exists() and not terminal.agree(f"{path} is there already. Replace it?", default=False):
        terminal.say("nothing was changed")
        return
    values: dict[str, object] = {}
    _ask_camera(values, terminal)
    presets = list(shipped_presets().items())
    titles = [preset.title or name for name, preset in presets]
    values["portrait.preset"] = presets[terminal.choose("Which portraits?", titles)][0]
    folder = terminal.ask(f"Folder for the portraits [{StationSettings().archive.folder}]: ").strip()
    if folder:  # ~ is whoever runs the station.
        values["archive.folder"] = folder if folder.startswith("~") or "://" in folder else os.path.abspath(folder)
    languages = _ask_languages(values, terminal)
    _ask_people(values, languages, terminal)
    booth = terminal.agree("Is it a booth that people use by themselves? It then fills the screen.", default=False)
    if booth:
        _ask_booth(values, terminal)
    if terminal.agree("May phones and tablets on this network open the page, with a token?", default=False):
        values["web.listen"] = PHONES
    if booth or "web.listen" in values:
        _ask_pin(values, terminal)
    text = with_values(shipped.config_path().read_text(encoding="utf-8"), values)
    _write(path, text.encode())
    settings = load(path)
    terminal.say(f"written: {path}\n{settings.advice()}")
    for told in (stand_in_advice(settings.camera), voice_advice(settings.window)):
        if told:
            terminal.say(told)
    starts = terminal.agree("Shall the station start with the machine, as a service of systemd?", default=False)
    if not starts:
        terminal.say("To start the station, type:")
        terminal.say(f"  capture-station run --config {path}")
        return
    seen = installation.read_config(path)
    try:
        installation.refuse_hidden(seen)
    except InstallError as error:
        terminal.say(f"{error}\nFirst move these, and change {path} accordingly.")
    terminal.say("To start the station, type in the folder of its README:")
    terminal.say("\n".join(f"  {line}" for line in _service_commands(path.absolute(), seen, booth)))
    if booth:
        terminal.say(
            "That window is for a machine without a desktop. With one, let the desktop start the station instead."
        )


def _service_commands(path: Path, settings: StationSettings, booth: bool) -> Iterator[str]:
    """What installs the station as a service with this configuration, as README has it."""
    camera, roster = settings.camera.kind, settings.subjects.roster.get_secret_value()
    on_pi = camera == "raspberry" or (camera == "auto" and picamera2_attached())
    wanted = {"kiosk": booth, "pi": on_pi, "upload": "://" in roster}
    extras = [extra for extra, is_wanted in wanted.items() if is_wanted]
    packages = [f"'.[{','.join(extras)}]'" if extras else ".", *filter(None, [needed_package(roster)])]
    program = Path(installation.PROGRAM)
    if booth:
        yield installation.SCREEN_PACKAGES
    # picamera2 is a package of the system; an environment that is there already learns to see it.
    if on_pi or not program.exists():
        system = "--system-site-packages " if on_pi else ""
        yield f"sudo python3 -m venv {system}{program.parents[1]}"
    if extras or not program.exists():
        yield f"sudo {program.with_name('pip')} install {' '.join(packages)}"
    yield f"sudo install -Dm644 {shlex.quote(str(path))} {installation.CONFIG}"
    yield f"sudo {program} service install{' --kiosk' if booth else ''}"


def _ask_camera(values: dict[str, object], terminal: Terminal) -> None:
    """Ask for the camera and take a snapshot with it, until somebody likes it. Snapshots are deleted afterwards."""
    cameras = list_cameras()
    choices = [f"{camera.name} ({camera.kind} {camera.device})" for camera in cameras]
    choices += ["whichever is connected when the station starts", "none: a demonstration with a made-up person"]
    while True:
        chosen = terminal.choose("Which camera?", choices)
        if chosen < len(cameras):
            values.update({"camera.kind": cameras[chosen].kind, "camera.device": _device(cameras[chosen].device)})
        else:
            values.update({"camera.kind": "auto" if chosen == len(cameras) else "demo", "camera.device": 0})
        with TemporaryDirectory(prefix="capture-station-") as folder:
            snapshot = Path(folder) / "snapshot.jpg"
            try:
                size_wh, passed_over = _photograph(values, snapshot)
            except CameraError as error:
                terminal.say(f"it does not work: {error}")
                continue
            if chosen == len(choices) - 1:  # Everybody's demonstration looks the same.
                return
            if passed_over:
                terminal.say(f"no camera opens now, so a made-up person stands in: {'; '.join(passed_over)}")
            terminal.say(f"a picture of {size_wh[0]}x{size_wh[1]} is in {snapshot}")
            if terminal.agree("Take this camera?", default=True):
                return


def _ask_languages(values: dict[str, object], terminal: Terminal) -> list[str]:
    """Ask for the station's language, which by default is the system's, and for more that people can choose.

    Returns the codes of them all.
    """
    system = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")[:2]
    default = system if system in CODES else "en"
    terminal.say(f"Languages: {', '.join(CODES)}")
    question = f"Language of the station, and after it those that people can choose, such as: de fr [{default}]: "
    while True:
        codes = terminal.ask(question).replace(",", " ").lower().split() or [default]
        if not (unknown := [code for code in codes if code not in CODES]):
            break
        terminal.say(f"there is no language {unknown[0]}; please type one of: {', '.join(CODES)}")
    first, *others = dict.fromkeys(codes)
    values["language"] = first
    if others:
        values["window.languages"] = others
    return [first, *others]


def _ask_booth(values: dict[str, object], terminal: Terminal) -> None:
    """Ask for what a booth needs in which no operator stands beside the people."""
    values["window.full_screen"] = True
    if terminal.agree("Hands free: shall the countdown start by itself when somebody stands well?", default=True):
        values["capture.auto"] = "on"
    if sound := terminal.choose("Which sounds?", SOUNDS, default=1):
        values.update({"window.volume": BOOTH_VOLUME, "window.voice": sound == len(SOUNDS) - 1})


def _ask_pin(values: dict[str, object], terminal: Terminal) -> None:
    """Ask for the PIN of the operator's pages, one of which lets phones in."""
    question = "PIN for the operator's pages in the window, such as Phone, 4 to 12 digits [none: no such pages]: "
    while pin := terminal.ask(question).strip():
        if re.fullmatch("[0-9]{4,12}", pin):
            values["window.operator_pin"] = pin
            return
        terminal.say("please type 4 to 12 digits")


def _ask_people(values: dict[str, object], languages: Sequence[str], terminal: Terminal) -> None:
    """Ask for the list of people, until there is one that can be used, or none, and for the text they agree to."""
    while place := terminal.ask("List of the people, a CSV file or its URL [none: portraits have no names]: ").strip():
        if "://" not in place:  # Paths in the configuration are relative to it, and this one to the current folder.
            place = str(Path(place).expanduser().absolute())
        try:
            id_column, description = _read_people(place, terminal)
        except RosterError as error:
            terminal.say(f"it cannot be used: {error}")
            continue
        terminal.say(description)
        values.update({"subjects.roster": place, "subjects.mode": "required", "subjects.columns.id": id_column})
        _ask_consent(values, languages, terminal)
        return


def _ask_consent(values: dict[str, object], languages: Sequence[str], terminal: Terminal) -> None:
    """Ask for the text that people agree to, in each of the station's languages."""
    question = "Text that people agree to before their portrait, in the language {} [none]: "
    texts = {code: terminal.ask(question.format(code)).strip() for code in languages}
    if texts := {code: text for code, text in texts.items() if text}:
        values["subjects.consent"] = texts


def _read_people(place: str, terminal: Terminal) -> tuple[str, str]:
    """The heading of the ids, empty where the list says it itself, and whom the list has.

    Raises:
        RosterError: The list cannot be used.
    """
    try:
        return "", _described(RosterSource(place))
    except IdColumnUnknown as error:
        choices = error.choices
    id_column = choices[
        terminal.choose("Which column has the ids, a text or number that no two people share?", choices)
    ]
    return id_column, _described(RosterSource(place, SubjectColumns(id=id_column)))


def _described(source: RosterSource) -> str:
    return "\n".join(filter(None, (source.description, source.encoding_advice, letters_advice(source.roster))))


def _photograph(values: dict[str, object], path: Path) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Write a snapshot. Returns its size, and why no real camera took it; empty if one did or the demo was chosen."""
    flags = [f"{key}={value}" for key, value in values.items() if key.startswith("camera.")]
    settings = load(None, flags).camera
    camera = open_camera(settings)
    try:
        for _ in range(SETTLE_FRAMES):
            frame = camera.read(settings.read_timeout_s, full_resolution=True)
    finally:
        camera.close()
    _write(path, encode_jpeg(frame.image_rgb, SNAPSHOT_QUALITY, SNAPSHOT_DPI))
    return frame.size_wh, camera.info.passed_over if camera.info.stands_in else ()


def _device(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(Disk(), path, data)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be written: {error.strerror}") from error
