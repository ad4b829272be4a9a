"""Routes that need no token: health, texts, login, pairing and logout."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from starlette.responses import JSONResponse

from capture_station.config import Language
from capture_station.frontends.web.auth import COOKIE_LIFETIME_S, RateLimiter, TokenAuth
from capture_station.frontends.web.errors import too_many_requests
from capture_station.frontends.web.pairing import PairingCodes
from capture_station.frontends.web.schemas import LoginRequest, MessagesResponse, PairingRequest
from capture_station.locales.messages import CODES, Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import State


def public_routes(
    station: PublicStation, language: Language, auth: TokenAuth, pairing: PairingCodes, failed_logins: RateLimiter
) -> APIRouter:
    """Return the router for one station."""
    routes = APIRouter()

    def cookie_for(request: Request) -> Response:
        response = Response(status_code=HTTPStatus.NO_CONTENT)
        response.set_cookie(
            auth.cookie_name,
            auth.new_cookie(),
            max_age=int(COOKIE_LIFETIME_S),
            httponly=True,
            samesite="strict",
            secure=request.headers.get("x-forwarded-proto") == "https",
        )
        return response

    def refused(request: Request, status: HTTPStatus, why: str) -> Response:
        """Only wrong tokens and codes count: behind a proxy, all clients have one address."""
        if wait_s := failed_logins.take(request.client.host if request.client else ""):
            return too_many_requests(wait_s)
        raise HTTPException(status, why)

    @routes.get("/healthz", summary="The process is alive and the station responds")
    def health() -> dict[str, str]:
        return {"state": station.status().state.value}

    @routes.get("/readyz", summary="The camera delivers frames", responses={503: {"description": "It does not"}})
    def readiness() -> JSONResponse:
        state = station.status().state
        status = HTTPStatus.OK if state is State.RUNNING else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"state": state.value}, status)

    @routes.get("/api/v1/words")
    def messages(chosen: Annotated[Language | None, Query(alias="language")] = None) -> MessagesResponse:
        language_used = chosen or language
        say = Messages(language_used)
        presets = {f"preset.{name}": say.preset(name, title) for name, title in station.status().presets}
        texts = {**say.texts, **presets}
        return MessagesResponse(language=language_used, languages=CODES, texts=texts)

    @routes.post("/api/v1/login", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
    async def login(credentials: LoginRequest, request: Request) -> Response:
        if not auth.is_token(credentials.token):
            return refused(request, HTTPStatus.UNAUTHORIZED, "wrong token")
        return cookie_for(request)

    @routes.post("/api/v1/pair", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
    async def pair(given: PairingRequest, request: Request) -> Response:
        """Log in by the code that the window shows to an operator."""
        if not pairing.redeem(given.code):
            return refused(request, HTTPStatus.FORBIDDEN, "this code has ended or was used")
        return cookie_for(request)

    @routes.post("/api/v1/logout", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
    async def logout(request: Request) -> Response:
        if auth.revoke(request.cookies.get(auth.cookie_name, "")):
            await asyncio.to_thread(auth.save)
        response = Response(status_code=HTTPStatus.NO_CONTENT)
        response.delete_cookie(auth.cookie_name, httponly=True, samesite="strict")
        return response

    return routes
