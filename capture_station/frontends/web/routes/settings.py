"""Routes for settings: change them while the station runs, and keep them for the next start."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel

from capture_station.frontends.kept_settings import KeptSettings
from capture_station.frontends.web.state_schemas import (
    CameraOptionResponse,
    CamerasResponse,
    SettingsResponse,
    SettingsUpdate,
)
from capture_station.station.contract import PublicStation


class KeptSettingsResponse(BaseModel):
    kept: dict[str, bool | float | str | None]
    """What the next start takes instead of the configuration, by setting such as ``portrait.preset``."""


def settings_routes(station: PublicStation, kept_settings: KeptSettings) -> APIRouter:
    """Return the router for one station."""
    routes = APIRouter()

    @routes.get("/api/v1/settings")
    def settings() -> SettingsResponse:
        return SettingsResponse.of(station.status().adjustments)

    @routes.patch("/api/v1/settings")
    def change_settings(change: SettingsUpdate) -> SettingsResponse:
        return SettingsResponse.of(station.adjust(**change.model_dump()))

    @routes.get("/api/v1/cameras")
    def cameras() -> CamerasResponse:
        sizes = [f"{width}x{height}" for width, height in station.camera_sizes()]
        options = [CameraOptionResponse.model_validate(asdict(option)) for option in station.cameras()]
        return CamerasResponse(cameras=options, sizes=sizes)

    @routes.get("/api/v1/settings/kept")
    def kept() -> KeptSettingsResponse:
        return KeptSettingsResponse(kept=kept_settings.read())

    @routes.put("/api/v1/settings/kept")
    def keep() -> KeptSettingsResponse:
        """Keep the settings as they are now for the next start."""
        kept_settings.keep(station.status().adjustments)
        return KeptSettingsResponse(kept=kept_settings.read())

    @routes.delete("/api/v1/settings/kept")
    def forget() -> KeptSettingsResponse:
        """Take the configuration's again at the next start."""
        kept_settings.forget()
        return KeptSettingsResponse(kept={})

    return routes
