"""Who is logged in: sessions of this process, named by a signed cookie."""

import hmac
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

COOKIE = "firstnotice"
_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How long people stay logged in."""

    longest: timedelta = timedelta(hours=10)
    """A working day; then one logs in again."""
    idle: timedelta = timedelta(hours=1)
    """Without any request."""
    before_login: timedelta = timedelta(minutes=20)
    """The log-in page stays good so long."""
    most: int = 10_000
    """Sessions kept; the oldest go first, so that nobody fills the memory with log-in pages."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's session.

    Attributes:
        session_id: random; never leaves the server unsigned.
        name: staff id; None before log-in.
        csrf: token that each change must bring along.
        began_at_utc: when it was made.
        seen_at_utc: its last request.
    """

    session_id: str
    name: str | None
    csrf: str
    began_at_utc: datetime
    seen_at_utc: datetime


class Sessions:
    """All sessions. They live in memory: a restart logs everybody out."""

    def __init__(self, options: SessionOptions | None = None) -> None:
        self._options = options or SessionOptions()
        self._signer = URLSafeSerializer(secrets.token_bytes(_ID_BYTES), salt="session")
        self._sessions: dict[str, Session] = {}
        self._guard = threading.Lock()

    def begin(self, name: str | None, now: datetime) -> tuple[Session, str]:
        """A new session and its cookie; one that was there before is never taken over."""
        session = Session(
            secrets.token_urlsafe(_ID_BYTES), name, secrets.token_urlsafe(_ID_BYTES), now, now
        )
        with self._guard:
            while len(self._sessions) >= self._options.most:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[session.session_id] = session
        return session, str(self._signer.dumps(session.session_id))

    def find(self, cookie: str | None, now: datetime) -> Session | None:
        """The session of a cookie; None where it is forged, ended or expired."""
        try:
            session_id = self._signer.loads(cookie or "")
        except BadSignature:
            return None
        with self._guard:
            session = self._sessions.get(session_id)
            if session is None or self._is_over(session, now):
                self._sessions.pop(session_id, None)
                return None
            session = replace(session, seen_at_utc=now)
            self._sessions[session_id] = session
            return session

    def end(self, session: Session) -> None:
        """End a session; its cookie is worth nothing from here on."""
        with self._guard:
            self._sessions.pop(session.session_id, None)

    def _is_over(self, session: Session, now: datetime) -> bool:
        longest = self._options.longest if session.name else self._options.before_login
        return (
            now - session.began_at_utc > longest or now - session.seen_at_utc > self._options.idle
        )


def is_token(session: Session, token: str | None) -> bool:
    """Whether a request's token is the session's."""
    return hmac.compare_digest(session.csrf.encode(), (token or "").encode())
