"""Files that come with the package: models, fonts and the default config, in a wheel or beside a checkout."""

from __future__ import annotations

from pathlib import Path

_WHEEL = Path(__file__).parent / "shipped"
_CHECKOUT = Path(__file__).parent.parent

PREVIEW_MODEL = "preview.tflite"
CAPTURE_MODEL = "capture.tflite"


def model_path(name: str) -> Path:
    """Where a shipped model lies."""
    return _WHEEL / name if _WHEEL.is_dir() else _CHECKOUT / "models" / name


def config_path() -> Path:
    """The commented default configuration."""
    return (_WHEEL if _WHEEL.is_dir() else _CHECKOUT) / "config.yaml"


def font_path(bold: bool) -> Path:
    """Inter, the one typeface of window and page."""
    return Path(__file__).parent / "fonts" / ("Inter-SemiBold.otf" if bold else "Inter-Medium.otf")
