"""Logging in and out."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from web.pages import render
from web.people.guard import AnySession, Bench, check_change
from web.people.sessions import COOKIE
from web.workbench import Workbench

router = APIRouter()
MAX_FORM_BYTES = 4096
HOME = "/"


@router.get("/login", response_class=HTMLResponse)
def show_login(bench: Bench, session: AnySession, after: str = HOME) -> Response:
    """The log-in page; it has a session of its own, so that nobody logs another in unnoticed."""
    cookie = None
    if session is None or session.name is not None:
        session, cookie = bench.sessions.begin(None, bench.options.now())
    response = HTMLResponse(render("login", csrf=session.csrf, after=keep_local(after), failed=""))
    return response if cookie is None else _set(response, bench, cookie)


@router.post("/login", response_class=HTMLResponse)
async def log_in(request: Request, bench: Bench, session: AnySession) -> Response:
    """Check name and password; a new session begins, so that one prepared by others is no use."""
    form = parse_qs((await _read(request)).decode("utf-8", "replace"))
    given = {name: values[0] for name, values in form.items()}
    check_change(request, session, given.get("csrf"))
    name, now = given.get("name", ""), bench.options.now()
    after = keep_local(given.get("after", HOME))
    if bench.throttle.is_blocked(name, now):
        problem, code = "Too many tries. Wait ten minutes.", status.HTTP_429_TOO_MANY_REQUESTS
    else:
        person = await _check(bench, name, given.get("password", ""))
        if person is not None and session is not None:
            bench.throttle.forget(name)
            bench.sessions.end(session)
            _, cookie = bench.sessions.begin(person, now)
            return _set(RedirectResponse(after, status.HTTP_303_SEE_OTHER), bench, cookie)
        bench.throttle.note(name, now)
        problem, code = "Name or password is wrong.", status.HTTP_401_UNAUTHORIZED
    csrf = session.csrf if session else ""
    return HTMLResponse(render("login", csrf=csrf, after=after, failed=problem), code)


@router.post("/logout")
async def log_out(request: Request, bench: Bench, session: AnySession) -> Response:
    """End the session."""
    form = parse_qs((await _read(request)).decode("utf-8", "replace"))
    check_change(request, session, form.get("csrf", [""])[0])
    if session is not None:
        bench.sessions.end(session)
    response = RedirectResponse("/login", status.HTTP_303_SEE_OTHER)
    response.delete_cookie(COOKIE)
    return response


def keep_local(address: str) -> str:
    """Where to go after log-in: a page of this server and no other."""
    is_local = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_local and address.isprintable() and "\\" not in address else HOME


async def _read(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            return b""
    return body


async def _check(bench: Workbench, name: str, password: str) -> str | None:
    """Whose password it is; hashing takes long, so others are served meanwhile."""
    person = await run_in_threadpool(bench.options.people.check, name, password)
    return person.name if person else None


def _set(response: Response, bench: Workbench, cookie: str) -> Response:
    response.set_cookie(
        COOKIE, cookie, httponly=True, samesite="strict", secure=bench.options.is_https, path="/"
    )
    return response
