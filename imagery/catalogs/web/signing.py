"""Signs the addresses of pixels whose store wants a token."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from core.errors import SceneError
from imagery.catalogs.web.http import CatalogHttp, Fetched, HttpOptions
from imagery.catalogs.web.links import LinkRule, without_query

_log = logging.getLogger(__name__)
TOKEN_ADDRESS = "https://planetarycomputer.microsoft.com/api/sas/v1/token"  # noqa: S105  no secret
"""Microsoft Planetary Computer's token service; ``/ACCOUNT/CONTAINER`` goes behind it."""
_EXPIRY, _TOKEN = "msft:expiry", "token"


class Signer(Protocol):
    """Makes an address readable for a while."""

    def sign(self, href: str) -> str:
        """The address as the store wants it; one that it does not know stays as it is.

        A signed address is a secret: it is given to whoever reads pixels, and neither logged nor
        written anywhere.

        Raises:
            SceneError: no token is given.
            TransientError: the token service fails.
        """
        ...


@dataclass(frozen=True, slots=True)
class NoSigner:
    """For stores that anybody reads."""

    def sign(self, href: str) -> str:
        """The address itself."""
        return href


@dataclass(frozen=True, slots=True)
class TokenOptions:
    """How tokens are had and kept."""

    store_suffix: str = ".blob.core.windows.net"
    """Hosts that want a token: Azure's blob store, ``ACCOUNT.blob.core.windows.net/CONTAINER``."""
    renew_before_s: float = 300.0
    """A token is renewed so long before it ends; a batch of tiles is read in less."""
    assumed_life_s: float = 600.0
    """Life of a token where the service does not tell its clock; it gives about an hour."""


@dataclass(slots=True)
class TokenSigner:
    """Appends shared access signatures, as Microsoft's Planetary Computer gives them.

    One token serves a whole container, so it is kept until shortly before it ends. Its life is
    counted from the service's own clock; this machine's may be wrong.

    Attributes:
        address: the token service.
        rule: what may be opened.
        http: patience with the service.
        options: how tokens are kept.
        clock_s: seconds of a clock that never goes back.
    """

    address: str = TOKEN_ADDRESS
    rule: LinkRule = field(default_factory=LinkRule)
    http: HttpOptions = field(default_factory=HttpOptions)
    options: TokenOptions = field(default_factory=TokenOptions)
    clock_s: Callable[[], float] = time.monotonic
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def sign(self, href: str) -> str:
        """See Signer."""
        parts = urlsplit(href)
        host = parts.hostname or ""
        if parts.scheme != "https" or not host.endswith(self.options.store_suffix):
            return href
        account = host.removesuffix(self.options.store_suffix)
        container = parts.path.lstrip("/").partition("/")[0]
        if not account or not container or parts.query:
            return href
        return f"{href}?{self._token(f'{quote(account)}/{quote(container)}')}"

    def _token(self, place: str) -> str:
        with self._lock:  # one thread asks, the others wait for its token
            kept = self._tokens.get(place)
            if kept is None or kept[1] - self.options.renew_before_s <= self.clock_s():
                kept = self._fetch(place)
                self._tokens[place] = kept
            return kept[0]

    def _fetch(self, place: str) -> tuple[str, float]:
        asked_at_s = self.clock_s()
        with CatalogHttp(self.rule, self.http) as http:
            fetched = http.fetch(f"{self.address.rstrip('/')}/{place}")
        answer = _read_answer(fetched, self.address)
        life_s = self.options.assumed_life_s
        if fetched.date is not None:
            life_s = (answer[1] - fetched.date.astimezone(UTC)).total_seconds()
        if life_s <= 0:
            raise _no_token(self.address, "the token that it gives has ended")
        _log.info("a token for %s, good for %.0f s", place, life_s)
        return answer[0], asked_at_s + life_s


def _read_answer(fetched: Fetched, address: str) -> tuple[str, datetime]:
    """The token and its end; messages quote nothing of it."""
    try:
        content = fetched.read_json()
        token, expiry = content[_TOKEN], datetime.fromisoformat(content[_EXPIRY])
    except (SceneError, ValueError, KeyError, TypeError):
        raise _no_token(address, f"the answer lacks {_TOKEN} or {_EXPIRY}") from None
    if not isinstance(token, str) or not token or expiry.tzinfo is None:
        raise _no_token(address, f"{_TOKEN} or {_EXPIRY} is not what it should be")
    return token, expiry.astimezone(UTC)


def _no_token(address: str, problem: str) -> SceneError:
    return SceneError(
        f"asking {without_query(address)} for a token", problem,
        "Check the setting imagery.token_url, or set sign: none in imagery.stac_api",
    )  # fmt: skip
