"""`capture-station setup`: answers become a commented configuration."""

from __future__ import annotations

import ast
import os
import pty
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

import capture_station
from capture_station import shipped
from capture_station.commands.setup import Terminal, set_up
from capture_station.config import SubjectColumns, load
from capture_station.config.editing import with_values
from capture_station.config.yaml_text import parse
from capture_station.frames import Image
from capture_station.service import installation
from capture_station.subjects.roster_source import RosterSource

README = Path(__file__).parents[2] / "README.md"
PATIENCE_S = 60
WHICHEVER = "1"
DEMO = "2"
"""No camera is attached to a machine that runs tests, so the demo is the second choice."""


def answering(*answers: str) -> tuple[Terminal, list[str]]:
    """A terminal at which somebody types these answers, and what it says."""
    said: list[str] = []
    typed: Iterator[str] = iter(answers)

    def ask(question: str) -> str:
        said.append(question)
        return next(typed)

    return Terminal(ask, said.append), said


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("capture_station.commands.setup.list_cameras", list)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path / "config.yaml"


def test_the_answers_are_in_the_file_and_the_comments_too(path: Path) -> None:
    terminal, said = answering(DEMO, "4", "/srv/our portraits", "", "", "", "y", "", "n")
    set_up(path, terminal)
    settings = load(path, environment={})
    assert settings.camera.kind == "demo"
    assert settings.portrait.preset == "badge"
    assert settings.archive.folder == Path("/srv/our portraits")
    assert settings.web.listen == "0.0.0.0:8480"
    assert path.read_text().count("#") == shipped.config_path().read_text().count("#")
    assert said[-1].strip() == f"capture-station run --config {path}"


def test_enter_takes_the_defaults(path: Path) -> None:
    set_up(path, answering(DEMO, "", "", "", "", "", "", "")[0])
    before = shipped.config_path().read_text().replace("kind: auto  ", "kind: demo  ", 1)
    assert path.read_text() == before


def test_a_booth_for_guests_is_asked_for_what_it_needs(path: Path) -> None:
    terminal, said = answering(DEMO, "", "", "xx", "de, EN fr", "", "y", "", "", "", "47", "0711", "")
    set_up(path, terminal)
    settings = load(path, environment={})
    assert (settings.language, settings.window.languages) == ("de", ("en", "fr"))
    assert settings.window.full_screen
    assert settings.capture.auto
    assert (settings.window.volume, settings.window.voice) == (0.5, False)
    assert settings.window.operator_pin.get_secret_value() == "0711"
    assert any(line.startswith("there is no language xx") for line in said)
    assert "please type 4 to 12 digits" in said


def test_a_voice_that_cannot_speak_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    terminal, said = answering(DEMO, "", "", "", "", "y", "n", "3", "", "", "")
    set_up(path, terminal)
    settings = load(path, environment={})
    assert settings.window.voice
    assert not settings.capture.auto
    assert any("install espeak-ng" in line for line in said)


def test_enter_takes_the_language_of_the_system(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    set_up(path, answering(DEMO, "", "", "", "", "", "", "")[0])
    assert load(path, environment={}).language == "de"


def test_phones_are_let_in_by_a_page_that_needs_a_pin(path: Path) -> None:
    set_up(path, answering(DEMO, "", "", "", "", "", "y", "4711", "")[0])
    assert load(path, environment={}).window.operator_pin.get_secret_value() == "4711"


def test_a_booth_for_the_people_of_a_list_is_asked_for_what_it_needs(path: Path) -> None:
    (people := path.with_name("people.csv")).write_text("id,name\n1,Ada\n")
    texts = {"de": 'Wir behalten "dein" Bild: ja? # 1', "fr": "D'accord ?"}
    terminal, said = answering(
        DEMO,
        "",
        "",
        "de en fr",
        str(people),
        *(texts.get(one, "") for one in ("de", "en", "fr")),
        "y",
        "",
        "2",
        "",
        "4711",
        "",
    )
    set_up(path, terminal)
    settings = load(path, environment={})
    assert (settings.subjects.mode, settings.subjects.consent) == ("required", texts)
    assert settings.window.full_screen
    assert settings.capture.auto
    assert settings.window.volume == 0.5
    assert settings.window.operator_pin.get_secret_value() == "4711"
    assert any("in the language en" in line for line in said)


def test_people_of_a_list_agree_to_nothing_unless_a_text_is_given(path: Path) -> None:
    (people := path.with_name("people.csv")).write_text("id,name\n1,Ada\n")
    set_up(path, answering(DEMO, "", "", "", str(people), "", "", "", "")[0])
    settings = load(path, environment={})
    assert not settings.subjects.asks_consent
    assert not settings.window.full_screen


def test_a_list_that_is_not_utf_8_is_told(path: Path) -> None:
    people = path.with_name("people.csv")
    people.write_text("Pers.-Nr.;Name\n1;Zoë\n", encoding="cp1252")
    terminal, said = answering(DEMO, "", "", "", str(people), "", "", "", "")
    set_up(path, terminal)
    assert any("check the names with accents" in line for line in said)


def test_the_camera_shows_what_it_sees(path: Path) -> None:
    terminal, said = answering(WHICHEVER, "", "", "", "", "", "", "", "")
    looked: list[Image] = []
    places: list[Path] = []

    def look(question: str) -> str:
        if question.startswith("Take this camera?"):
            places.append(Path(said[-1].rpartition(" is in ")[2]))
            looked.append(np.asarray(cv2.imread(str(places[0])), np.uint8))
        return terminal.ask(question)

    set_up(path, Terminal(look, terminal.say))
    assert any(line.startswith("no camera opens now, so a made-up person stands in: ") for line in said)
    assert any(line.startswith("camera.kind: auto shows the demo camera if no other is found") for line in said)
    (snapshot,) = looked
    assert snapshot.std() > 10
    assert not places[0].exists()  # It may show somebody, and nobody needs it any more.
    assert list(path.parent.iterdir()) == [path]


def test_an_answer_that_is_none_is_asked_for_again(path: Path) -> None:
    terminal, said = answering("7", "camera", DEMO, "", "", "", "", "", "perhaps", "y", "", "")
    set_up(path, terminal)
    assert "please type a number from 1 to 2" in said
    assert "please type y or n" in said
    assert path.exists()


def test_a_list_of_people_is_read_before_it_is_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    Path("people.csv").write_text("Pers.-Nr.;Name\n1;Ada\n1;Bo\n")
    Path("mended.csv").write_text("Pers.-Nr.;Name\n1;Ada\n2;Bo\n")
    terminal, said = answering(DEMO, "", "", "", "gone.csv", "people.csv", "mended.csv", "", "", "", "")
    set_up(path, terminal)
    refused = [line for line in said if line.startswith("it cannot be used: ")]
    assert len(refused) == 2
    assert "line 3" in refused[1]
    assert any(line.startswith("2 people") for line in said)
    subjects = load(path, environment={}).subjects
    assert (subjects.mode, subjects.roster.get_secret_value()) == ("required", str(path.parent / "mended.csv"))


def test_the_column_of_the_ids_is_asked_for_where_no_heading_tells_it(path: Path) -> None:
    people = path.with_name("people.csv")
    people.write_text("Name;Klasse;Kürzel (AD)\nAda;5b;ada\nBo;5b;bo\n")
    terminal, said = answering(DEMO, "", "", "", str(people), "2", str(people), "3", "", "", "", "")
    set_up(path, terminal)
    asked = said.index("Which column has the ids, a text or number that no two people share?")
    assert said[asked + 1 : asked + 4] == ["  1  Name", "  2  Klasse", "  3  Kürzel (AD)"]
    assert any(line.startswith("it cannot be used: ") and "'5b' of line 2" in line for line in said)
    subjects = load(path, environment={}).subjects
    assert (subjects.columns.id, subjects.mode) == ("Kürzel (AD)", "required")
    assert RosterSource(str(people), SubjectColumns(id=subjects.columns.id)).roster.get("bo") is not None


def test_only_the_columns_that_may_have_the_ids_are_asked_about(path: Path) -> None:
    people = path.with_name("people.csv")
    people.write_text("Name;UPN;Schüler-Nr.\nAda;1;A1\nBo;2;B2\n")
    terminal, said = answering(DEMO, "", "", "", str(people), "2", "", "", "", "")
    set_up(path, terminal)
    assert "  2  Schüler-Nr." in said
    assert "  3  Schüler-Nr." not in said
    assert load(path, environment={}).subjects.columns.id == "Schüler-Nr."


def test_a_demonstration_that_was_chosen_is_not_asked_about_again(path: Path) -> None:
    terminal, said = answering(DEMO, "", "", "", "", "", "", "")
    set_up(path, terminal)
    assert not any("Take this camera?" in line for line in said)
    assert not any("camera.kind: auto" in line for line in said)


def test_a_question_is_seen_before_it_is_answered(tmp_path: Path) -> None:
    person, terminal = pty.openpty()
    command = [sys.executable, "-m", "capture_station", "setup", str(tmp_path / "station.yaml")]
    asking = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        for typed in (b"99\n", b"\x04"):  # A number that is none, then Ctrl+D.
            while not shown.endswith(b"number [1]: "):
                assert select.select([person], [], [], PATIENCE_S)[0], f"no question is seen, only {shown!r}"
                shown += os.read(person, 4096)
            os.write(person, typed)
            shown += os.read(person, 4096)
        assert asking.wait(PATIENCE_S) == 2
    finally:
        asking.kill()
        asking.wait()
        os.close(person)
    assert b"please type a number from 1 to " in shown


def test_every_question_is_asked_where_it_is_seen() -> None:
    package = Path(capture_station.__file__).parent
    asking = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "input"
    }
    assert asking == {"commands/asking.py"}


def test_an_existing_file_stays_unless_somebody_agrees(path: Path) -> None:
    path.write_text("language: de\n")
    set_up(path, answering("")[0])
    assert path.read_text() == "language: de\n"


def test_the_service_is_explained(path: Path) -> None:
    terminal, said = answering(DEMO, "", "", "", "", "", "", "y")
    set_up(path, terminal)
    venv, pip, config, service = (line.strip() for line in said[-1].splitlines())
    assert f"{venv} && {pip}\n{service}\n" in README.read_text()
    assert config == f"sudo install -Dm644 {path} /etc/capture-station/config.yaml"


def test_the_service_of_a_booth_has_a_window(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = path.with_name("capture-station")
    program.touch()
    monkeypatch.setattr(installation, "PROGRAM", str(program))
    terminal, said = answering(DEMO, "", "/srv/our portraits", "", "", "y", "", "", "y", "", "y")
    set_up(path, terminal)
    screen, pip, _, service = (line.strip() for line in said[-2].splitlines())
    assert f"{screen} && " in README.read_text()
    assert pip.endswith("install '.[kiosk]'")
    assert service == f"sudo {program} service install --kiosk"
    assert "without a desktop" in said[-1]


@pytest.mark.parametrize("is_installed", [False, True])
def test_the_service_of_a_pi_sees_the_camera_that_was_found(
    path: Path, monkeypatch: pytest.MonkeyPatch, is_installed: bool
) -> None:
    program = path.parent / "opt" / "bin" / "capture-station"
    program.parent.mkdir(parents=True)
    if is_installed:  # For a webcam, say.
        program.touch()
    monkeypatch.setattr(installation, "PROGRAM", str(program))
    monkeypatch.setattr("capture_station.commands.setup.picamera2_attached", lambda: True)
    terminal, said = answering(WHICHEVER, "", "", "", "", "", "", "", "y")
    set_up(path, terminal)
    venv, pip, *_ = (line.strip() for line in said[-1].splitlines())
    shown = f"{venv} && {pip}".replace(str(program.parents[1]), "/opt/capture-station")
    assert f"`{shown}`" in README.read_text()


def test_the_service_can_read_a_list_on_the_web(path: Path) -> None:
    (path.parent / "people.csv").write_text("id,name\n1,Ada\n")
    pages = partial(SimpleHTTPRequestHandler, directory=str(path.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}/people.csv"
        terminal, said = answering(DEMO, "", "", "", url, "", "", "", "y")
        try:
            set_up(path, terminal)
        finally:
            server.shutdown()
    assert said[-1].splitlines()[1].endswith("/pip install '.[upload]' aiohttp")


def test_what_the_service_cannot_see_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (people := path.with_name("people.csv")).write_text("id,name\n1,Ada\n")
    monkeypatch.setattr(installation, "_HIDDEN", (f"{path.parent}/",))
    terminal, said = answering(DEMO, "", "", "", str(people), "", "", "", "y")
    set_up(path, terminal)
    (told,) = (line for line in said if "First move these" in line)
    assert told.startswith(f"{people}: the service's sandbox hides subjects.roster there")


@pytest.mark.parametrize(("typed", "taken"), [("portraits", "{here}/portraits"), ("~/portraits", "{home}/portraits")])
def test_a_folder_is_the_one_that_was_meant_wherever_the_file_lies(
    path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, taken: str
) -> None:
    (here := path.with_name("here")).mkdir()
    monkeypatch.chdir(here)
    set_up(path, answering(DEMO, "", typed, "", "", "", "", "")[0])
    installed = path.parent / "etc" / "config.yaml"
    installed.parent.mkdir()
    installed.write_text(path.read_text())
    assert str(load(installed, environment={}).archive.folder) == taken.format(here=here, home=Path.home())


def test_a_value_that_the_file_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"camera\.shoe"):
        with_values("camera:\n  kind: auto  # a kind\n", {"camera.shoe": 1})


def test_a_value_of_a_section_within_a_section_is_found_by_its_whole_name() -> None:
    text = 'people:\n  columns:\n    id: ""\n  id: ""\nid: ""\n'
    for name, value in (("people.columns.id", "a"), ("people.id", "b"), ("id", "c")):
        text = with_values(text, {name: value})
    assert parse(text, str)[0] == {"people": {"columns": {"id": "a"}, "id": "b"}, "id": "c"}


@pytest.mark.parametrize("value", ["a b", 'say "x"', "1", "yes: no", "ä", "", True, None, 3, 2.5])
def test_every_value_can_be_read_again(value: object) -> None:
    text = with_values("camera:\n  kind: auto  # a kind\n", {"camera.kind": value})
    assert parse(text, str)[0] == {"camera": {"kind": value}}
    assert text.endswith("# a kind\n")
