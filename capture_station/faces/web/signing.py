"""Routes for showing the token once, for a cookie."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response

from capture_station.faces.web.access import COOKIE, SIGNED_IN_S, Access
from capture_station.faces.web.answers import Credentials


def signing_routes(access: Access) -> APIRouter:
    """Sign in and out."""
    routes = APIRouter(prefix="/api/v1")

    @routes.post("/login", status_code=HTTPStatus.NO_CONTENT)
    async def login(credentials: Credentials, response: Response) -> None:
        if access.open:
            return
        if not access.knows(credentials.token):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "this is not the station's token")
        response.set_cookie(COOKIE, access.cookie(), max_age=int(SIGNED_IN_S), httponly=True, samesite="strict")

    @routes.post("/logout", status_code=HTTPStatus.NO_CONTENT)
    async def logout(request: Request, response: Response) -> None:
        access.revoke(request.cookies.get(COOKIE, ""))
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")

    return routes
