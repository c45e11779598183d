"""What a live service is to us: what to ask of it, and what its answers lead to. Pure.

A feed never opens an address. ``weather.feeds.pull`` does, so that patience, evidence and rules of
the net are said once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from core.errors import WeatherError

_HIDDEN = "***"
_FILE_NAME = re.compile(r"\w[\w.+=-]{0,150}")
"""Names come from services: no path, nothing hidden."""
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """One product of a service.

    Attributes:
        name: of the file that it becomes, unique within its feed.
        url: where it is.
        kind: what it is read as, see ``weather.sources.kinds``; empty for what only leads on.
        secret: part of the address that nobody else may see, as a key; hidden wherever it is told.
        may_be_absent: a service that has none says 404, as of a day without hail.
    """

    name: str
    url: str
    kind: str = ""
    secret: str = ""
    may_be_absent: bool = False

    def __post_init__(self) -> None:
        if not _FILE_NAME.fullmatch(self.name):
            raise WeatherError(
                "choosing what to fetch", f"{self.name[:_SHOWN]!r} cannot name a file",
                "Look at what the service answers",
            )  # fmt: skip

    @property
    def told_url(self) -> str:
        """The address as it may be told."""
        return self.url.replace(self.secret, _HIDDEN) if self.secret else self.url


class Feed(Protocol):
    """A live service, asked about one event."""

    @property
    def name(self) -> str:
        """Of its folder among the event's evidence."""
        ...

    def first(self) -> tuple[Wanted, ...]:
        """What is asked at once."""
        ...

    def follow(self, wanted: Wanted, content: bytes) -> tuple[Wanted, ...]:
        """What an answer leads to; nothing, for most.

        Raises:
            WeatherError: the answer is not what the service gives.
        """
        ...


def check_site(url: str, sites: Iterable[str], work: str) -> str:
    """An address that an answer gave, if it belongs to the service.

    Args:
        url: the address.
        sites: hosts, and hosts below them.
        work: what is being done, for the message.

    Raises:
        WeatherError: it leads elsewhere.
    """
    host = (urlsplit(url).hostname or "").lower()
    if not any(host == site or host.endswith(f".{site}") for site in sites):
        raise WeatherError(
            work, f"it leads to {url!r}, which is none of {', '.join(sites)}",
            "Look at what the service answers; nothing is fetched from elsewhere",
        )  # fmt: skip
    return url


def host_of(base: str) -> str:
    """The host of an address."""
    return (urlsplit(base).hostname or "").lower()
