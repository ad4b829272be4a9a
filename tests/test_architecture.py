"""The architecture's rules: which package may import which, and which library belongs to one file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "capture_station"
FOUNDATION = {
    "__init__",
    "config",
    "errors",
    "file_locks",
    "flaws",
    "frames",
    "images",
    "jpeg_decoding",
    "locales",
    "masking",
    "memory_groups",
    "presets",
    "regular_files",
    "release",
    "shipped",
    "spreadsheet_text",
    "text_runs",
    "typefaces",
    "urls",
    "zip_entries",
}

ALLOWED_IMPORTS = {
    "camera": FOUNDATION,
    "segmentation": FOUNDATION,
    "portrait": FOUNDATION,
    "archive": FOUNDATION,
    "subjects": FOUNDATION,
    "export": FOUNDATION | {"archive", "subjects"},
    "printing": FOUNDATION | {"archive", "export", "station.status"},
    "reports": FOUNDATION | {"archive", "subjects"},
    "photos": FOUNDATION | {"segmentation", "portrait", "archive"},
    "upload": FOUNDATION | {"archive", "subjects", "export.template", "export.file_names"},
    "station": FOUNDATION | {"camera", "segmentation", "portrait", "archive", "subjects"},
    "service": FOUNDATION | {"station.contract", "station.status"},
    "frontends": FOUNDATION | {"station.adjustments", "station.contract", "station.status", "subjects.keyboard_wedge"},
}

ONLY_IMPORTED_BY = {
    "picamera2": {"camera/raspberry.py"},
    "ai_edge_litert": {"segmentation/interpreter.py"},
    "tflite_runtime": {"segmentation/interpreter.py"},
    "pi_heif": {"photos/reading.py"},
    "simplejpeg": {"jpeg_decoding.py"},
    "distributed": {"photos/dask_cluster.py"},
    "PIL": {"config/values.py", "photos/reading.py", "reports/raster_canvas.py"},
    "zxingcpp": {"subjects/code_reader.py"},
    "pygame": {"frontends/window/canvas.py"},
    "paho": {"frontends/mqtt_client.py"},
    "fsspec": {"urls.py"},
    "fpdf": {"printing/sheet_pdf.py"},
    "segno": {"frontends/web/share_links.py"},
    "gpiozero": {"frontends/gpio.py"},
    "uvicorn": {"frontends/web/server.py"},
    "prometheus_client": {"frontends/web/metrics.py"},
    "cv2.VideoCapture": {"camera/opencv.py"},
    "cv2.imshow": set(),
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Full names of everything that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", ALLOWED_IMPORTS)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    allowed = ALLOWED_IMPORTS[package] | {package}
    for path in sorted((PACKAGE / package).rglob("*.py")):
        for name in imported(path):
            if name.startswith("capture_station."):
                inner = name.removeprefix("capture_station.")
                known = any(inner == prefix or inner.startswith(f"{prefix}.") for prefix in allowed)
                assert known or inner == "__version__", f"{path.relative_to(PACKAGE)} imports {name}"


@pytest.mark.parametrize(
    ("module", "allowed"), [("errors", set()), ("flaws", set()), ("masking", set()), ("frames", {"flaws.Flaw"})]
)
def test_the_foundation_imports_nothing_above_it(module: str, allowed: set[str]) -> None:
    names = {name for name in imported(PACKAGE / f"{module}.py") if name.startswith("capture_station")}
    assert names <= {f"capture_station.{name}" for name in allowed}


@pytest.mark.parametrize("library", ONLY_IMPORTED_BY)
def test_a_library_is_imported_in_one_file(library: str) -> None:
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
    assert users <= ONLY_IMPORTED_BY[library]


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(path): count for path in modules() if (count := len(path.read_text().splitlines())) > 400}
    assert not long


def test_every_file_has_a_docstring() -> None:
    assert not [str(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))]
