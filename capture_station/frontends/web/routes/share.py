"""Routes for taking a portrait home: make a link to it, and what the link shows."""

from __future__ import annotations

import asyncio
from datetime import datetime
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from capture_station.config import Language
from capture_station.errors import ArchiveError, NotReleased
from capture_station.frontends.web.auth import RateLimiter
from capture_station.frontends.web.errors import too_many_requests
from capture_station.frontends.web.schemas import CaptureId
from capture_station.frontends.web.share_links import PATH, ShareLinks, portrait_to_share
from capture_station.locales.messages import Messages
from capture_station.release import ReleaseRule
from capture_station.station.contract import PublicStation

TEMPLATE = Path(__file__).parent.parent / "page" / "share.html"
VISITS_BURST, VISITS_PER_S = 20, 1.0
"""For each address. Behind a proxy everybody has one address, and a link needs two requests."""
PICTURES: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}, "image/png": {}}}}


class ShareResponse(BaseModel):
    """A link for the person on the portrait."""

    url: str
    expires_at: datetime | None
    """None: the upload target decides."""
    qr_svg: str
    """The address as a QR code."""


def share_routes(station: PublicStation, links: ShareLinks, rule: ReleaseRule, language: Language) -> APIRouter:
    """Return the router for one station. Only the routes below ``/share/`` need no token."""
    routes = APIRouter()
    visits = RateLimiter(VISITS_BURST, VISITS_PER_S)
    say = Messages(language)
    template = TEMPLATE.read_text(encoding="utf-8")

    @routes.post("/api/v1/captures/{capture_id}/share")
    def share(capture_id: CaptureId) -> ShareResponse:
        try:
            portrait_to_share(station, rule, capture_id)
        except ArchiveError as error:
            raise HTTPException(HTTPStatus.NOT_FOUND, str(error)) from None
        link = links.link(capture_id)
        return ShareResponse(url=link.url, expires_at=link.expires_at, qr_svg=link.qr_svg)

    @routes.get(f"{PATH}{{token}}", include_in_schema=False)
    async def visit(token: str, request: Request) -> Response:
        if wait_s := visits.take(request.client.host if request.client else ""):
            return too_many_requests(wait_s)
        path = await asyncio.to_thread(_shared_path, token)
        key = "share.gone" if path is None else "share.yours"
        texts = {
            "language": language,
            "direction": say("direction"),
            "title": say(key),
            "save": say("share.save"),
            "picture": "" if path is None else f"{escape(token)}/portrait",
        }
        html = template
        for name, text in texts.items():
            html = html.replace(f"{{{name}}}", escape(text))
        return HTMLResponse(html, HTTPStatus.NOT_FOUND if path is None else HTTPStatus.OK)

    @routes.get(f"{PATH}{{token}}/portrait", include_in_schema=False, responses=PICTURES)
    async def portrait(token: str, request: Request) -> Response:
        if wait_s := visits.take(request.client.host if request.client else ""):
            return too_many_requests(wait_s)
        path = await asyncio.to_thread(_shared_path, token)
        if path is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "this link has ended")
        return FileResponse(path, filename=f"portrait{path.suffix}", content_disposition_type="inline")

    def _shared_path(token: str) -> Path | None:
        """None: the link has ended, or its portrait is gone or is to stay in the station by now."""
        capture_id = links.capture_of(token)
        try:
            return None if capture_id is None else portrait_to_share(station, rule, capture_id)
        except (ArchiveError, NotReleased):
            return None

    return routes
