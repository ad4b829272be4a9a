"""Routes that need no token: health, texts, login and logout."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from starlette.responses import JSONResponse

from capture_station.config import Language
from capture_station.frontends.web.auth import COOKIE, COOKIE_LIFETIME_S, TokenAuth
from capture_station.frontends.web.schemas import LoginRequest, MessagesResponse
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import State


def public_routes(station: PublicStation, language: Language, auth: TokenAuth) -> APIRouter:
    """Return the router for one station."""
    routes = APIRouter()

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
        return MessagesResponse(language=language_used, texts=dict(Messages(language_used).texts))

    @routes.post("/api/v1/login", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    async def login(credentials: LoginRequest, response: Response) -> None:
        if not auth.required:
            return
        if not auth.is_token(credentials.token):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "wrong token")
        response.set_cookie(COOKIE, auth.new_cookie(), max_age=int(COOKIE_LIFETIME_S), httponly=True, samesite="strict")

    @routes.post("/api/v1/logout", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    async def logout(request: Request, response: Response) -> None:
        auth.revoke(request.cookies.get(COOKIE, ""))
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")

    return routes
