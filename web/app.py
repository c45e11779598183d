"""The web app: its routes, and what goes wrong told."""

import logging
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response, status
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from core.errors import FirstNoticeError, RoleError, TransientError
from web.headers import Guard
from web.options import WorkbenchOptions
from web.pages import render
from web.people.guard import NotSignedInError
from web.routes import events, homes, login, reviews, tiles
from web.workbench import Workbench

_LOG = logging.getLogger(__name__)
API = "/api/"


def create_app(options: WorkbenchOptions) -> FastAPI:
    """The app over a folder of runs."""
    app = FastAPI(title="firstnotice workbench", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.bench = Workbench(options)
    for part in (login, events, tiles, homes, reviews):
        app.include_router(part.router)
    app.mount("/assets", StaticFiles(directory=str(files("web") / "assets")), name="assets")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(options.hosts))
    app.add_middleware(Guard)
    app.exception_handler(NotSignedInError)(_ask_to_sign_in)
    app.exception_handler(FirstNoticeError)(_tell_error)
    app.exception_handler(HTTPException)(_tell_http_error)
    return app


async def _ask_to_sign_in(request: Request, _: Exception) -> Response:
    if request.url.path.startswith(API):
        return JSONResponse({"detail": "log in first"}, status.HTTP_401_UNAUTHORIZED)
    after = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    return RedirectResponse(f"/login?after={after}", status.HTTP_303_SEE_OTHER)


async def _tell_error(request: Request, error: Exception) -> Response:
    """Errors raised on purpose. What may name files or servers stays in the log."""
    if isinstance(error, RoleError):
        return _tell(request, status.HTTP_403_FORBIDDEN, str(error))
    _LOG.error("%s", error)
    if isinstance(error, TransientError):
        return _tell(request, status.HTTP_503_SERVICE_UNAVAILABLE, "not now; try again")
    words = "the server cannot do this; whoever runs it finds the reason in its log"
    return _tell(request, status.HTTP_500_INTERNAL_SERVER_ERROR, words)


async def _tell_http_error(request: Request, error: Any) -> Response:
    return _tell(request, error.status_code, str(error.detail))


def _tell(request: Request, code: int, words: str) -> Response:
    if request.url.path.startswith(API):
        return JSONResponse({"detail": words}, code)
    return HTMLResponse(render("problem", words=words), code)
