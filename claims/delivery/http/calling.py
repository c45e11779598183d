"""One request to a claims system: its token, its key, and tries until there is an answer."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from claims.delivery.http.patience import Patience, send_patiently
from claims.delivery.http.tokens import Tokens
from core.errors import SettingsError

KEY_HEADER = "GW-DBTransaction-ID"
"""A request that bears a key that was executed is refused, so it takes effect once."""
_CLOSED_DOORS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)


@dataclass(frozen=True, slots=True)
class FormPart:
    """One value of a form.

    Attributes:
        filename: None where it is no file.
        content: the bytes.
        mime_type: of the content.
    """

    filename: str | None
    content: bytes = field(repr=False)
    mime_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        method: of HTTP.
        path: behind the base URL.
        key: names what the request does; the same for each try. None where it changes nothing.
        body: as JSON.
        asked: the query.
        form: in place of a body, a form of several parts.
    """

    method: str
    path: str
    key: str | None = None
    body: dict[str, Any] | None = field(default=None, repr=False)
    asked: dict[str, Any] | None = None
    form: dict[str, FormPart] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """Asks a claims system; one for all threads.

    Attributes:
        client: its base URL is that of the API.
        tokens: of the requests.
        patience: with it.
    """

    client: httpx.Client
    tokens: Tokens
    patience: Patience

    def send(self, request: Request) -> httpx.Response:
        """The answer. A token that is refused is asked for anew.

        Raises:
            SettingsError: it lets nobody in.
            TransientError: it does not answer.
        """
        token = self.tokens.get()
        reply = self._send_as(token, request)
        for _ in range(self.patience.tries):
            if reply.status_code != HTTPStatus.UNAUTHORIZED:
                break
            token = self.tokens.get(refused=token)
            reply = self._send_as(token, request)
        if reply.status_code in _CLOSED_DOORS:
            raise SettingsError(
                f"asking the claims system at {self.client.base_url.host}",
                f"it answers {reply.status_code} to {request.method} {request.path}",
                "Check delivery.url, and that the client may make and change claims",
            )
        return reply

    def _send_as(self, token: str, request: Request) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if request.key is not None:
            headers[KEY_HEADER] = request.key
        form = {
            name: (part.filename, part.content, part.mime_type)
            for name, part in (request.form or {}).items()
        }
        return send_patiently(
            lambda: self.client.request(
                request.method, request.path, json=request.body, params=request.asked,
                headers=headers, files=form or None,
            ),
            self.patience,
        )  # fmt: skip


def read_json(reply: httpx.Response) -> Any:
    """The answer's JSON; None where it is none."""
    try:
        return reply.json()
    except ValueError:
        return None
