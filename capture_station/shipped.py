"""Finds the files that ship with the package, such as models, fonts and units, and the folders that the units name."""

from __future__ import annotations

from pathlib import Path

_WHEEL = Path(__file__).parent / "shipped"
_CHECKOUT = Path(__file__).parent.parent

PREVIEW_MODEL = "preview.tflite"
CAPTURE_MODEL = "capture.tflite"
EYES_MODEL = "iris.tflite"
SECOND_MODEL = "selfie.tflite"
PLATE_MODEL = "plate.tflite"
SERVICE_STATE = Path("/var/lib/capture-station")
"""State folder of the service, and its user's home folder."""
SERVICE_RUNTIME = Path("/run/capture-station")
"""Where the running service has its sockets. Only its user and root may enter it."""


def model_path(name: str) -> Path:
    """Path of a shipped model."""
    return _WHEEL / name if _WHEEL.is_dir() else _CHECKOUT / "models" / name


def config_path() -> Path:
    """Path of the commented default configuration."""
    return (_WHEEL if _WHEEL.is_dir() else _CHECKOUT) / "config.yaml"


def systemd_folder() -> Path:
    """Folder of the units for systemd."""
    return (_WHEEL if _WHEEL.is_dir() else _CHECKOUT) / "systemd"


def presets_path() -> Path:
    """Path of the shipped portrait presets."""
    return Path(__file__).parent / "presets.yaml"


def font_path(bold: bool) -> Path:
    """Path of Inter, the typeface of window and page."""
    return Path(__file__).parent / "fonts" / ("Inter-SemiBold.otf" if bold else "Inter-Medium.otf")


def print_font_path() -> Path:
    """The typeface with TrueType outlines, which PDF files take."""
    return Path(__file__).parent / "fonts" / "Inter-Medium.ttf"
