"""Which addresses of a catalogue may be opened.

A catalogue is written by somebody else. What it links to is fetched by this machine, with this
machine's reach: its files, its loopback services, the carrier's network, the metadata service of
a cloud. So an address is judged before it is opened, by its text and by what its host resolves to.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

from core.errors import SceneError

REFUSED_LINK = "refused_link"
"""Reason code of a scene whose pixels lie where they may not be opened."""
DEFAULT_PORTS = {"http": 80, "https": 443}
REMOTE_SCHEMES = ("http", "https", "s3")

_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as IPv6 clients see them through a translator (RFC 6052)."""
_CLOUD_HOSTS = frozenset({IPv4Address("168.63.129.16")})
"""Public by number, yet answered by the cloud's own host: Azure's wire server."""
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".localdomain", ".home.arpa")
"""Names kept for private use (RFC 6761, 6762, 8375; ``.internal`` by ICANN, 2024)."""
_LAST_LOW_CONTROL = 32
"""Below it, and at 127, code points are control characters."""
_DELETE = 127

Lookup = Callable[[str, int], tuple[str, ...]]


class Origin(StrEnum):
    """Where the document that holds a link was read from."""

    LOCAL = "local"
    """A file that the operator put there: it may point to other files."""
    REMOTE = "remote"
    """A server: it may point to servers only."""


class RefusedLinkError(SceneError):
    """A link leads where it may not."""


def look_up_addresses(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host, by the system's resolver.

    Raises:
        OSError: the name does not resolve.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class LinkRule:
    """What may be opened."""

    allowed_private_hosts: frozenset[str] = frozenset()
    """Hosts, or ``host:port``, that may be private: a carrier's own object store. None by default,
    since a catalogue from outside has no business there."""
    look_up: Lookup = look_up_addresses
    """Finds the addresses of a name; the system's resolver."""

    def allows(self, host: str, port: int) -> bool:
        """Whether the operator named this host."""
        return not self.allowed_private_hosts.isdisjoint({host, f"{host}:{port}"})


def origin_of(href: str) -> Origin:
    """Where a document lies."""
    return Origin.REMOTE if urlsplit(href).scheme in REMOTE_SCHEMES else Origin.LOCAL


def find_refusal(href: str, origin: Origin, rule: LinkRule) -> str | None:
    """Why a link may not be opened as far as its text tells, or None. Pure.

    Args:
        href: as the catalogue gives it, or made absolute.
        origin: where the catalogue's document was read from.
        rule: what may be opened.
    """
    if any(ord(letter) < _LAST_LOW_CONTROL or ord(letter) == _DELETE for letter in href):
        return "it holds control characters"
    try:
        parts = urlsplit(href)
        port = parts.port
    except ValueError as error:
        return f"it is no address ({error})"
    if parts.scheme in DEFAULT_PORTS:
        return _refuse_url(href, parts, port or DEFAULT_PORTS[parts.scheme], rule)
    if parts.scheme == "s3":
        return None if parts.netloc and "!" not in href else "it names no bucket and key"
    return _refuse_other(href, parts.scheme, origin)


def _refuse_url(href: str, parts: SplitResult, port: int, rule: LinkRule) -> str | None:
    host = normalise_host(parts.hostname or "")
    if not host:
        return "it names no host"
    if parts.username is not None or parts.password is not None:
        return "it holds a user name or password"
    if "!" in href or "\\" in href:
        return "it holds '!' or a backslash, by which readers reach inside archives"
    if rule.allows(host, port):
        return None
    if host == "localhost" or host.endswith(_PRIVATE_NAMES):
        return f"{host} is a private name"
    address = parse_address(host)
    return None if address is None else find_address_refusal(address)


def _refuse_other(href: str, scheme: str, origin: Origin) -> str | None:
    if scheme not in ("", "file"):
        return f"{scheme} is none of file, http, https and s3"
    if href.removeprefix("file:").lstrip("/").casefold().startswith("vsi"):
        return "it names a file system of GDAL's"
    if origin is Origin.LOCAL:
        return None
    if scheme == "file" or href.startswith(("/", "\\")):
        return "a catalogue on a server points to a local file"
    return None


def normalise_host(host: str) -> str:
    """A host as it is compared: lower case, without the dot of the root."""
    return host.casefold().removesuffix(".")


def parse_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host spells, in any spelling that connecting to it accepts.

    ``2130706433``, ``0x7f000001``, ``0177.0.0.1`` and ``127.1`` are all 127.0.0.1 (inet_aton(3)).
    """
    with suppress(ValueError):
        return ip_address(host.split("%", maxsplit=1)[0])
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def find_address_refusal(address: IPv4Address | IPv6Address) -> str | None:
    """Why an address may not be connected to, or None. Pure."""
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return find_address_refusal(inner)
    if not address.is_global or address.is_multicast or address in _CLOUD_HOSTS:
        return f"{address} is a private address"
    return None


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


def resolve_host(host: str, port: int, rule: LinkRule) -> tuple[str, ...]:
    """The addresses of a host that may be connected to: asks the resolver.

    Raises:
        RefusedLinkError: one of them is private and the rule does not name the host.
        OSError: the name does not resolve.
    """
    host = normalise_host(host)
    literal = parse_address(host)
    addresses = (str(literal),) if literal is not None else rule.look_up(host, port)
    if rule.allows(host, port):
        return addresses
    for each in addresses:
        refusal = find_address_refusal(ip_address(each.split("%", maxsplit=1)[0]))
        if refusal is not None:
            raise refused(host, refusal if literal is not None else f"{host} resolves: {refusal}")
    return addresses


def check_link(href: str, origin: Origin, rule: LinkRule) -> None:
    """Refuse a link by its text.

    Raises:
        RefusedLinkError: it may not be opened.
    """
    refusal = find_refusal(href, origin, rule)
    if refusal is not None:
        raise refused(without_query(href), refusal)


def refused(href: str, refusal: str) -> RefusedLinkError:
    """The error of a refused link."""
    return RefusedLinkError(
        f"opening {href}", refusal,
        "If it is yours, list its host in the setting imagery.allowed_private_hosts",
    )  # fmt: skip


def without_query(href: str) -> str:
    """An address as it may be shown: queries carry keys, the user's part a password."""
    try:
        parts = urlsplit(href)
        if parts.scheme not in DEFAULT_PORTS:
            return href
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, place, parts.path, "", ""))
    except ValueError:
        return "an address that cannot be read"
