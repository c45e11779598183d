"""Bearer tokens of a claims system: given, or asked for by OAuth 2.0 client credentials."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

import httpx
import jwt

from claims.delivery.http.patience import Patience, send_patiently
from core.errors import SettingsError

LEEWAY_S = 30.0
"""A token is renewed so long before it ends."""
_ASSERTION_S = 300
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""RFC 7523: the client signs instead of telling a secret."""


class Tokens(Protocol):
    """Gives the token of a request."""

    def get(self, refused: str | None = None) -> str:
        """A token, another one than ``refused`` if there is any. Empty: none is needed."""
        ...


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that somebody else renews; empty where the claims system asks for none."""

    token: str = field(default="", repr=False)

    def get(self, refused: str | None = None) -> str:  # noqa: ARG002  there is no other
        """The token."""
        return self.token


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What a client proves itself with: a secret, or a key that it signs with.

    Attributes:
        token_url: of the authorisation server.
        client_id: the client.
        client_secret: told to the server; None with a key.
        private_key: PEM of an RSA or EC key; the server holds the public part.
        algorithm: of the signature.
        scope: asked for, separated by spaces.
    """

    token_url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    algorithm: str = "RS256"
    scope: str | None = None

    def form(self, now_s: float) -> dict[str, str]:
        """The token request (RFC 6749, 4.4; with a key RFC 7523, 2.2)."""
        asked = {"grant_type": "client_credentials", "client_id": self.client_id}
        if self.scope:
            asked["scope"] = self.scope
        if self.private_key is None:
            return asked | {"client_secret": self.client_secret or ""}
        claims = {
            "iss": self.client_id, "sub": self.client_id, "aud": self.token_url,
            "iat": int(now_s), "exp": int(now_s) + _ASSERTION_S, "jti": uuid4().hex,
        }  # fmt: skip
        signed = jwt.encode(claims, self.private_key, algorithm=self.algorithm)
        return asked | {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": signed}


class OAuthTokens:
    """Asks for a token once for all threads, and again when it ends or is refused."""

    def __init__(
        self,
        credentials: ClientCredentials,
        client: httpx.Client,
        patience: Patience,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._client = client
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._ends_s = 0.0

    def get(self, refused: str | None = None) -> str:
        """A token that is good.

        Raises:
            SettingsError: the authorisation server refuses the client.
            TransientError: it does not answer.
        """
        with self._lock:
            is_old = self._clock() >= self._ends_s - LEEWAY_S
            if is_old or self._token == refused:
                self._ask()
            return self._token

    def _ask(self) -> None:
        url, form = self._credentials.token_url, self._credentials.form(self._clock())
        answer = send_patiently(lambda: self._client.post(url, data=form), self._patience)
        try:
            said = answer.json() if answer.status_code == httpx.codes.OK else {}
            self._token = str(said["access_token"])
            self._ends_s = self._clock() + float(said.get("expires_in", 3600))
        except (ValueError, KeyError, TypeError):
            raise SettingsError(
                "signing in at the claims system",
                f"the authorisation server answers {answer.status_code}",
                "Check delivery.token_url, delivery.client_id and its secret or key",
            ) from None
