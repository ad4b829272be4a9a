"""Routes for whoever asks, with or without the token: health, words, showing the token once for a cookie."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from starlette.responses import JSONResponse

from capture_station.config import Language
from capture_station.frontends.web.auth import COOKIE, SIGNED_IN_S, Access
from capture_station.frontends.web.schemas import Credentials, WordsAnswer
from capture_station.locales.messages import Messages
from capture_station.station.contract import PublicStation
from capture_station.station.status import State


def open_routes(station: PublicStation, language: Language, access: Access) -> APIRouter:
    """All of them for one station."""
    routes = APIRouter()

    @routes.get("/healthz", summary="The process is alive and the station answers")
    def health() -> dict[str, str]:
        return {"state": station.status().state.value}

    @routes.get("/readyz", summary="Frames flow", responses={503: {"description": "They do not"}})
    def readiness() -> JSONResponse:
        state = station.status().state
        status = HTTPStatus.OK if state is State.RUNNING else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"state": state.value}, status)

    @routes.get("/api/v1/words")
    def messages(chosen: Annotated[Language | None, Query(alias="language")] = None) -> WordsAnswer:
        language_used = chosen or language
        return WordsAnswer(language=language_used, texts=dict(Messages(language_used).texts))

    @routes.post("/api/v1/login", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    async def login(credentials: Credentials, response: Response) -> None:
        if access.open:
            return
        if not access.knows(credentials.token):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "this is not the station's token")
        response.set_cookie(COOKIE, access.cookie(), max_age=int(SIGNED_IN_S), httponly=True, samesite="strict")

    @routes.post("/api/v1/logout", status_code=HTTPStatus.NO_CONTENT, response_model=None)
    async def logout(request: Request, response: Response) -> None:
        access.revoke(request.cookies.get(COOKIE, ""))
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")

    return routes
