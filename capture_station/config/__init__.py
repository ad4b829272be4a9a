"""The configuration: typed settings, and how they are read from a file, the environment and flags."""

from __future__ import annotations

from capture_station.config.loading import load, socket_of
from capture_station.config.settings import (
    ArchiveSettings,
    ButtonSettings,
    CameraSettings,
    CaptureSettings,
    ControlSettings,
    ExportSettings,
    LampSettings,
    MqttSettings,
    PortraitSettings,
    PrintingSettings,
    RemoteSettings,
    SegmentationSettings,
    ShareSettings,
    StationSettings,
    SubjectColumns,
    SubjectSettings,
    UploadSettings,
    WebSettings,
    WindowSettings,
)
from capture_station.config.values import Language, Rgb, SecretUrl

__all__ = [
    "ArchiveSettings",
    "ButtonSettings",
    "CameraSettings",
    "CaptureSettings",
    "ControlSettings",
    "ExportSettings",
    "LampSettings",
    "Language",
    "MqttSettings",
    "PortraitSettings",
    "PrintingSettings",
    "RemoteSettings",
    "Rgb",
    "SecretUrl",
    "SegmentationSettings",
    "ShareSettings",
    "StationSettings",
    "SubjectColumns",
    "SubjectSettings",
    "UploadSettings",
    "WebSettings",
    "WindowSettings",
    "load",
    "socket_of",
]
