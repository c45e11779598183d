"""Who asks, and whether they may: what each route depends on.

What only looks into memory is ``async``: it runs at once, where others wait for a thread's turn.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from core.errors import RoleError
from web.people.rights import Right, check_right
from web.people.sessions import COOKIE, Session, is_token
from web.people.users import Person
from web.workbench import Workbench

CSRF_HEADER = "X-CSRF-Token"
_OWN_SITES = (None, "same-origin", "none")
"""What a browser says of where a request comes from; None from one that does not say."""


class NotSignedInError(Exception):
    """Nobody is logged in with this request."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, in which session."""

    person: Person
    session: Session


async def find_bench(request: Request) -> Workbench:
    """The workbench of this server."""
    bench: Workbench = request.app.state.bench
    return bench


Bench = Annotated[Workbench, Depends(find_bench)]


async def find_session(request: Request, bench: Bench) -> Session | None:
    """The session of the request's cookie, logged in or not."""
    return bench.sessions.find(request.cookies.get(COOKIE), bench.options.now())


AnySession = Annotated[Session | None, Depends(find_session)]


def find_visitor(bench: Bench, session: AnySession) -> Visitor:
    """Who is logged in; a person who was removed meanwhile is not.

    Raises:
        NotSignedInError: nobody.
    """
    person = None if session is None or session.name is None else (
        bench.options.people.find(session.name)
    )  # fmt: skip
    if session is None or person is None:
        raise NotSignedInError
    return Visitor(person, session)


def require(right: Right) -> Callable[..., Awaitable[Visitor]]:
    """A dependency: the visitor, who must have a right."""

    async def check(visitor: Annotated[Visitor, Depends(find_visitor)]) -> Visitor:
        check_right(visitor.person.role, right)
        return visitor

    return check


def check_change(request: Request, session: Session | None, token: str | None) -> None:
    """Refuse a change that another site sent, or without the session's token.

    Raises:
        RoleError: refused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("Host")
    if session is None or site not in _OWN_SITES or is_foreign or not is_token(session, token):
        raise RoleError(
            "changing something", "the request does not come from a page of this session",
            "Load the page again and repeat it",
        )  # fmt: skip


async def check_token(request: Request, session: AnySession) -> None:
    """A dependency of every change: the session's token in its header."""
    check_change(request, session, request.headers.get(CSRF_HEADER))


Seer = Annotated[Visitor, Depends(require(Right.SEE))]
Reviewer = Annotated[Visitor, Depends(require(Right.REVIEW))]
ContactSeer = Annotated[Visitor, Depends(require(Right.CONTACT))]
