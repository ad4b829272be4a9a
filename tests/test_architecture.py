"""The walls of the house: who may import whom, and what is imported in one file only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "capture_station"
GROUND = {"errors", "frames", "config", "images", "shipped", "locales", "urls", "__init__"}

ROOMS = {
    "camera": GROUND,
    "segmentation": GROUND,
    "portrait": GROUND,
    "archive": GROUND,
    "subjects": GROUND,
    "reports": GROUND | {"archive"},
    "photos": GROUND | {"segmentation", "portrait", "archive"},
    "upload": GROUND | {"archive"},
    "station": GROUND | {"camera", "segmentation", "portrait", "archive"},
    "service": GROUND | {"station.contract", "station.status"},
    "frontends": GROUND | {"station.contract", "station.status"},
}

ONE_FILE_ONLY = {
    "picamera2": {"camera/raspberry.py"},
    "ai_edge_litert": {"segmentation/interpreter.py"},
    "tflite_runtime": {"segmentation/interpreter.py"},
    "pi_heif": {"photos/reading.py"},
    "distributed": {"photos/dask_cluster.py"},
    "PIL": {"photos/reading.py", "reports/raster_canvas.py"},
    "zxingcpp": {"subjects/code_reader.py"},
    "pygame": {"frontends/window/canvas.py"},
    "paho": {"frontends/mqtt.py"},
    "fsspec": {"urls.py"},
    "gpiozero": {"frontends/button.py"},
    "uvicorn": {"frontends/web/server.py"},
    "prometheus_client": {"frontends/web/metrics.py"},
    "cv2.VideoCapture": {"camera/opencv.py"},
    "cv2.imshow": set(),
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Full names of everything a file imports, at any depth."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_sees_only_what_it_may(room: str) -> None:
    allowed = ROOMS[room] | {room}
    for path in sorted((PACKAGE / room).rglob("*.py")):
        for name in imported(path):
            if name.startswith("capture_station."):
                inner = name.removeprefix("capture_station.")
                seen = any(inner == wall or inner.startswith(f"{wall}.") for wall in allowed)
                assert seen or inner == "__version__", f"{path.relative_to(PACKAGE)} imports {name}"


@pytest.mark.parametrize("ground", ["errors", "frames"])
def test_the_ground_stands_on_nothing(ground: str) -> None:
    assert not [name for name in imported(PACKAGE / f"{ground}.py") if name.startswith("capture_station")]


@pytest.mark.parametrize("library", ONE_FILE_ONLY)
def test_hardware_is_touched_in_one_file(library: str) -> None:
    module, _, attribute = library.partition(".")
    users = set()
    for path in modules():
        text = path.read_text()
        uses = any(name.split(".")[0] == module for name in imported(path)) or f'"{module}.' in text
        if attribute:
            uses = uses and any(
                isinstance(node, ast.Attribute) and node.attr == attribute for node in ast.walk(ast.parse(text))
            )
        if uses:
            users.add(path.relative_to(PACKAGE).as_posix())
    assert users <= ONE_FILE_ONLY[library]


def test_files_stay_readable() -> None:
    long = {str(path): count for path in modules() if (count := len(path.read_text().splitlines())) > 400}
    assert not long


def test_every_file_says_what_it_is() -> None:
    assert not [str(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))]
