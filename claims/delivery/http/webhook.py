"""A signed webhook: each draft posted whole to an address of the carrier's."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from claims.delivery.gateway import Answer, ClaimNews, Outgoing
from claims.delivery.http.calling import read_json
from claims.delivery.http.patience import Patience, send_patiently
from claims.ledger.letters import LetterState
from core.errors import SettingsError, TransientError

TIMESTAMP_HEADER = "Firstnotice-Timestamp"
SIGNATURE_HEADER = "Firstnotice-Signature"
KEY_HEADER = "Idempotency-Key"
_CLOSED_DOORS = (
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
)  # fmt: skip


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """``v1=`` and the hex HMAC-SHA-256 of timestamp, a dot and the body.

    The timestamp is signed too, so that a receiver can refuse what somebody sends again later.
    """
    return f"v1={hmac.new(secret, timestamp.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """The gateway. The receiver takes each ``Idempotency-Key`` once and answers 2xx or 409.

    Attributes:
        client: posts.
        url: the address.
        secret: shared with the receiver.
        patience: with it.
        clock: seconds since 1970.
    """

    client: httpx.Client
    url: str
    secret: bytes = field(repr=False)
    patience: Patience
    clock: Callable[[], float] = time.time

    @property
    def name(self) -> str:
        """Its address without a query, which may hold a secret."""
        url = httpx.URL(self.url)
        return f"webhook {url.host}{url.path}"

    def deliver(self, outgoing: Outgoing) -> Answer:
        """See ``Gateway``."""
        try:
            reply = send_patiently(lambda: self._post(outgoing), self.patience)
        except TransientError as error:
            return Answer(LetterState.PENDING, told=error.problem)
        if reply.status_code in _CLOSED_DOORS:
            raise SettingsError(
                f"posting drafts to {self.name}", f"it answers {reply.status_code}",
                "Check delivery.url and the webhook's secret",
            )  # fmt: skip
        if not reply.is_success and reply.status_code != HTTPStatus.CONFLICT:
            return Answer(LetterState.REFUSED, told=str(reply.status_code))
        said = read_json(reply)
        number = said.get("claimNumber") if isinstance(said, dict) else None
        if number is None:
            return Answer(LetterState.SENT)
        return Answer(LetterState.ACKNOWLEDGED, str(number), str(number))

    def find(self, outgoing: Outgoing) -> Answer | None:  # noqa: ARG002
        """Nobody can be asked."""
        return None

    def read_feed(self, since: str | None) -> Iterator[ClaimNews]:  # noqa: ARG002
        """There is none."""
        return iter(())

    def _post(self, outgoing: Outgoing) -> httpx.Response:
        letter = outgoing.letter
        body, at = letter.document.encode(), str(int(self.clock()))
        headers = {
            "Content-Type": "application/json",
            KEY_HEADER: f"{letter.transaction_id}:r{letter.revision}",
            TIMESTAMP_HEADER: at,
            SIGNATURE_HEADER: sign(self.secret, at, body),
        }
        return self.client.post(self.url, content=body, headers=headers)
