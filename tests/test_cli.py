"""The commands as a shell runs them: their output, their files and their exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from capture_station import __version__
from capture_station.camera.attached_cameras import list_cameras
from capture_station.cli import app
from capture_station.cli.options import day_of
from capture_station.commands.calibrate import median_image
from capture_station.config import load
from capture_station.errors import ConfigError
from capture_station.shipped import config_path

PATIENCE_S = 180


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a new user with the demo camera."""
    return {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "CAPTURE_STATION__CAMERA__KIND": "demo",
        "CAPTURE_STATION__CAMERA__SIZE_PX": "[640, 480]",
        "CAPTURE_STATION__CAMERA__PREVIEW_SIZE_PX": "[320, 240]",
        "CAPTURE_STATION__ARCHIVE__KEEP_FREE_BYTES": "0",
    }


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "capture_station", *words]


def call(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), env=environment, cwd=environment["HOME"], capture_output=True, text=True, timeout=PATIENCE_S
    )


@pytest.fixture
def station(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A headless station that starts."""
    process = subprocess.Popen(
        command("run", "--headless"),
        env=environment,
        cwd=environment["HOME"],
        stdout=subprocess.PIPE,
        text=True,
        # nohup makes child processes ignore SIGHUP.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def lines_until(process: subprocess.Popen[str], word: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return lines
    pytest.fail(f"{word!r} never came: {lines}")


def test_capture_without_a_station_saves_one_portrait_in_the_home_folder(environment: dict[str, str]) -> None:
    done = call(environment, "capture")
    assert done.returncode == 0, done.stderr
    portrait = Path(done.stdout.strip())
    assert portrait.is_relative_to(Path(environment["HOME"]) / "capture-station")
    image = cv2.imread(str(portrait))
    assert image is not None
    height, width = image.shape[:2]
    assert width / height == pytest.approx(0.8, abs=0.01)  # The default preset.
    assert height >= 480


def test_run_prints_its_archive_serves_captures_and_stops_on_sigterm(
    environment: dict[str, str], station: subprocess.Popen[str]
) -> None:
    said = "".join(lines_until(station, "demo camera"))
    assert f"{environment['HOME']}/capture-station" in said
    done = call(environment, "capture")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).exists()
    assert done.stdout.strip() in "".join(lines_until(station, "portrait.jpg"))
    station.send_signal(signal.SIGTERM)
    assert station.wait(PATIENCE_S) == 0


def test_a_second_station_is_refused_and_the_first_goes_on(
    environment: dict[str, str], station: subprocess.Popen[str]
) -> None:
    lines_until(station, "demo camera")
    second = call(environment, "run", "--headless")
    assert second.returncode == 75
    assert "another station is already running" in second.stderr
    assert "remote.socket" in second.stderr
    assert call(environment, "capture").returncode == 0


def test_a_killed_station_does_not_block_the_next_capture(
    environment: dict[str, str], station: subprocess.Popen[str]
) -> None:
    lines_until(station, "demo camera")
    station.kill()
    station.wait(PATIENCE_S)
    assert call(environment, "capture").returncode == 0


def test_a_bad_configuration_is_one_line_and_exit_code_78(environment: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text("camera:\n  fsp: 3\n")
    done = call(environment, "run", "--config", str(config))
    assert done.returncode == 78
    assert done.stderr == f"capture-station: {config}:2: there is no setting camera.fsp; did you mean fps?\n"


def test_an_unexpected_error_prints_a_traceback_and_exits_with_70(environment: dict[str, str]) -> None:
    program = "from capture_station import cli; cli.app.command('fail')(lambda: 1 / 0); cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "fail"], env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 70
    assert "ZeroDivisionError" in done.stderr


def test_a_hung_thread_does_not_keep_the_process_alive(environment: dict[str, str]) -> None:
    program = (
        "import threading; from concurrent.futures import ThreadPoolExecutor; from capture_station import cli; "
        "cli.app.command('hang')(lambda: ThreadPoolExecutor().submit(threading.Event().wait) and None); cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "hang"], env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr


def test_closing_the_terminal_ends_the_station_cleanly(
    environment: dict[str, str], station: subprocess.Popen[str]
) -> None:
    lines_until(station, "demo camera")
    control = Path(environment["XDG_RUNTIME_DIR"]) / "capture-station.sock"
    assert control.exists()
    station.send_signal(signal.SIGHUP)
    assert station.wait(PATIENCE_S) == 0
    assert not control.exists()


def test_a_missing_camera_is_one_line_and_exit_code_66(environment: dict[str, str]) -> None:
    environment["CAPTURE_STATION__CAMERA__KIND"] = "webcam"
    environment["CAPTURE_STATION__CAMERA__DEVICE"] = "/dev/no-such-camera"
    done = call(environment, "capture")
    assert done.returncode == 66
    assert "no-such-camera" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_stream_that_does_not_answer_shows_neither_its_password_nor_lines_of_opencv(
    environment: dict[str, str],
) -> None:
    environment["CAPTURE_STATION__CAMERA__KIND"] = "stream"
    environment["CAPTURE_STATION__CAMERA__URL"] = "rtsp://booth:S3cret@127.0.0.1:1/S3cret?token=S3cret"
    done = call(environment, "capture")
    assert done.returncode == 66
    assert "rtsp://127.0.0.1:1 " in done.stderr
    assert "S3cret" not in done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith("[")]


def test_a_missing_model_is_one_line_and_exit_code_72(environment: dict[str, str]) -> None:
    environment["CAPTURE_STATION__SEGMENTATION__PREVIEW_MODEL"] = "/nowhere/model.tflite"
    done = call(environment, "capture")
    assert done.returncode == 72
    assert "/nowhere/model.tflite: no such model" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unwritable_archive_is_one_line_and_exit_code_73(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environment["CAPTURE_STATION__ARCHIVE__FOLDER"] = str(tmp_path / "file" / "archive")
    done = call(environment, "capture")
    assert done.returncode == 73
    assert "portraits cannot be saved here" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_config_prints_the_resulting_settings(environment: dict[str, str]) -> None:
    done = call(environment, "check-config", "--set", "camera.fps=12")
    assert json.loads(done.stdout)["camera"]["fps"] == 12


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (["archive.group=nobody-knows"], "archive.group: this machine has no group 'nobody-knows'"),
        (["mqtt.host=broker", "mqtt.user=ada", "mqtt.password_file=/nowhere"], "mqtt.password_file"),
    ],
)
def test_check_config_refuses_what_a_start_would_refuse(
    environment: dict[str, str], settings: list[str], reason: str
) -> None:
    done = call(environment, "check-config", *(word for setting in settings for word in ("--set", setting)))
    assert done.returncode == ConfigError.exit_code
    assert reason in done.stderr


def test_check_config_says_that_the_demo_camera_may_stand_in(environment: dict[str, str]) -> None:
    auto, webcam = (call(environment, "check-config", "--set", f"camera.kind={kind}") for kind in ("auto", "webcam"))
    assert "camera.kind: auto shows the demo camera if no other is found at the start" in auto.stderr
    assert "demo" not in webcam.stderr


def test_doctor_prints_a_line_for_each_subject(environment: dict[str, str], tmp_path: Path) -> None:
    done = call(environment, "doctor")
    assert done.returncode == 0, done.stdout
    subjects = [line.split()[1] for line in done.stdout.splitlines()]
    assert subjects == [
        "version",
        "camera",
        "preview",
        "capture",
        "preset",
        "reference",
        "screen",
        "archive",
        "upload",
        "clock",
    ]
    archive = tmp_path / "capture-station"
    assert f"note  archive     {archive} does not exist; `run` creates it in {tmp_path}" in done.stdout
    assert not archive.exists()


def test_doctor_fails_if_a_station_would(environment: dict[str, str]) -> None:
    environment["CAPTURE_STATION__SEGMENTATION__CAPTURE_MODEL"] = "/nowhere/model.tflite"
    done = call(environment, "doctor")
    assert done.returncode == 1
    assert "FAULT capture" in done.stdout


def test_what_reading_codes_lacks_is_said_before_the_start(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "zxingcpp.py").write_text("raise ImportError('not here')")
    environment["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
    environment["CAPTURE_STATION__SUBJECTS__CAMERA_CODES"] = "true"
    assert call(environment, "check-config").returncode == 0  # Nobody is checked in at all.
    environment["CAPTURE_STATION__SUBJECTS__MODE"] = "required"
    done = call(environment, "check-config")
    assert done.returncode == 78
    assert "install the extra [scan] (pip install '.[scan]' in the folder of README.md)" in done.stderr
    done = call(environment, "doctor")
    assert done.returncode == 1
    assert "FAULT codes" in done.stdout


def test_what_list_consent_and_voice_lack_is_said_before_the_start(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name\n1,Änna\n2,Änna\n", encoding="cp1252")
    environment["CAPTURE_STATION__WINDOW__VOICE"] = "true"
    environment["PATH"] = "/nowhere"
    environment["CAPTURE_STATION__SUBJECTS__MODE"] = "required"
    environment["CAPTURE_STATION__SUBJECTS__ROSTER"] = "people.csv"
    environment["CAPTURE_STATION__SUBJECTS__CONSENT"] = "{en: We keep your portrait.}"
    environment["CAPTURE_STATION__WINDOW__LANGUAGES"] = "[de]"
    lacking = "subjects.consent has no text in de"
    alike = "2 people share their names with others, and only their IDs tell them apart"
    checked, doctor = call(environment, "check-config").stderr, call(environment, "doctor").stdout
    assert lacking in checked
    assert alike in checked
    assert f"note  consent     {lacking}" in doctor
    assert alike in doctor
    assert "install espeak-ng" in checked
    assert "note  voice       window.voice: nothing is said: install espeak-ng" in doctor
    assert "people.csv is not UTF-8" in checked
    assert "people.csv is not UTF-8" in doctor


@pytest.fixture
def squares(environment: dict[str, str], tmp_path: Path) -> str:
    """What is told of a roster with names that a system without fontconfig cannot write."""
    (tmp_path / "people.csv").write_text("id,name\n1,王小明\n2,Ada Łoś\n3,田中 さくら\n", encoding="utf-8")
    environment["PATH"] = "/nowhere"
    environment["CAPTURE_STATION__SUBJECTS__MODE"] = "required"
    environment["CAPTURE_STATION__SUBJECTS__ROSTER"] = "people.csv"
    return "the roster has 2 names with letters that no typeface of this system has, squares stand for them"


def test_names_that_no_typeface_can_write_are_told_by_check_config_and_doctor(
    environment: dict[str, str], squares: str
) -> None:
    assert squares in call(environment, "check-config").stderr
    (roster,) = (line for line in call(environment, "doctor").stdout.splitlines() if "roster" in line.split()[:2])
    assert roster.startswith("note")
    assert squares in roster


def test_names_that_no_typeface_can_write_are_told_at_the_start(squares: str, station: subprocess.Popen[str]) -> None:
    assert squares in lines_until(station, "squares")[-1]


def test_doctor_checks_the_files_and_urls_in_the_settings(environment: dict[str, str]) -> None:
    environment["CAPTURE_STATION__PORTRAIT__REFERENCE"] = "/nowhere/card.png"
    environment["CAPTURE_STATION__SEGMENTATION__KIND"] = "luv"
    environment["CAPTURE_STATION__PORTRAIT__PRESET"] = "free"
    environment["CAPTURE_STATION__SEGMENTATION__CLEAN_PLATE"] = "/nowhere/plate.png"
    environment["CAPTURE_STATION__UPLOAD__URL"] = "no-such-thing://portraits"
    done = call(environment, "doctor")
    assert done.returncode == 1
    assert "FAULT reference   portrait.reference: /nowhere/card.png is not a picture" in done.stdout
    assert "FAULT upload      upload.url: a URL of kind 'no-such-thing' cannot be used" in done.stdout
    assert "FAULT capture     segmentation.clean_plate: /nowhere/plate.png is not a picture" in done.stdout


def test_calibrate_writes_the_clean_plate(environment: dict[str, str], tmp_path: Path) -> None:
    done = call(environment, "calibrate", "plate.png")
    assert done.returncode == 0, done.stderr
    plate = cv2.imread(str(tmp_path / "plate.png"))
    assert plate is not None
    assert plate.shape[2] == 3


@pytest.mark.parametrize("name", ["", ".", "/", "booth", "nowhere/card.png"])
def test_calibrate_asks_for_a_file_before_it_opens_the_camera(
    environment: dict[str, str], tmp_path: Path, name: str
) -> None:
    (tmp_path / "booth").mkdir()
    environment["CAPTURE_STATION__CAMERA__KIND"] = "stream"
    done = call(environment, "calibrate", name)
    assert done.returncode == 73
    assert "name a file in a folder that is there" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(bool(list_cameras()), reason="a camera is attached")
@pytest.mark.parametrize("words", [("capture",), ("calibrate", "card.png")])
def test_without_a_camera_the_demo_does_not_replace_it_in_saved_pictures(
    environment: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    environment["CAPTURE_STATION__CAMERA__KIND"] = "auto"
    done = call(environment, *words)
    assert done.returncode == 66
    assert "webcam: none is attached" in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert not [*tmp_path.rglob("*.png"), *tmp_path.rglob("*.jpg")]


def test_the_median_removes_noise() -> None:
    true = np.random.default_rng(1).integers(0, 256, (150, 40, 3), np.uint8)
    frames = [true.copy() for _ in range(15)]
    for frame in frames[:7]:
        frame[:] = 255 - frame
    assert (median_image(frames) == true).all()


def test_bench_measures_every_stage(environment: dict[str, str]) -> None:
    done = call(environment, "bench", "--json", "--seconds", "1")
    assert done.returncode == 0, done.stderr
    figures = {figure["name"]: figure["value"] for figure in json.loads(done.stdout)["figures"]}
    assert figures["interpreter"] > 0
    assert figures["preview"] > 0
    assert figures["12 MP capture, median"] > 0


def test_endurance_finds_no_leaks(environment: dict[str, str]) -> None:
    done = call(environment, "bench", "--json", "--endurance", "60", "--set", "camera.size_px=[320,240]")
    assert done.returncode == 0, done.stderr
    figures = {figure["name"]: figure["value"] for figure in json.loads(done.stdout)["figures"]}
    assert figures["threads that came"] == figures["files that stayed open"] == 0
    assert 20 < figures["memory at the end"] < 400


def test_help_has_examples_and_exit_codes(environment: dict[str, str]) -> None:
    assert "78 configuration" in call(environment, "--help").stdout
    for name in ("run", "capture", "doctor", "bench", "cameras", "calibrate", "check-config"):
        assert "Example: " in call(environment, name, "--help").stdout


@pytest.mark.parametrize("name", ["", *sorted(typer.main.get_group(app).commands)])
def test_help_fits_a_narrow_terminal_and_no_sentence_is_cut(name: str) -> None:
    page = CliRunner().invoke(app, [*name.split(), "--help"], terminal_width=80).stdout
    assert page.startswith("Usage: ")
    assert max(map(len, page.splitlines())) <= 80
    assert not [line for line in page.splitlines()[1:] if line.endswith("...")]


@pytest.mark.parametrize("words", [("version",), ("--version",)])
def test_the_version_is_printed(environment: dict[str, str], words: tuple[str, ...]) -> None:
    done = call(environment, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == __version__


def test_the_shipped_configuration_is_valid() -> None:
    load(config_path(), environment={})


@pytest.mark.parametrize("words", [("purge", "1e12"), ("purge", "nan"), ("capture", "--countdown", "nan")])
def test_an_impossible_number_is_a_usage_error(environment: dict[str, str], words: tuple[str, ...]) -> None:
    done = call(environment, *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Invalid value" in done.stderr


def test_a_day_is_a_date_or_a_word() -> None:
    assert day_of("2026-11-29") == date(2026, 11, 29)
    today = date.today()
    assert (day_of("Today") - today, day_of("yesterday") - today) in {  # It may be midnight.
        (timedelta(days=days), timedelta(days=days - 1)) for days in (0, 1)
    }


@pytest.mark.parametrize("words", [("export", "out", "--since"), ("print", "--pdf", "sheet.pdf", "--day")])
def test_a_day_in_another_form_is_told_with_an_example(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "29.11.2026"])
    assert done.exit_code == 2
    assert "'29.11.2026' is no day; give a date such as 2026-11-29" in " ".join(done.output.split())
    assert "%Y" not in done.output
