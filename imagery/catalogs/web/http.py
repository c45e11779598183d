"""Fetches what catalogues on servers say: judged, bounded, tried again."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from threading import Lock
from types import TracebackType
from typing import Any, Self

import httpx

from core.errors import SceneError, TransientError
from core.retrying import AGAIN, parse_http_date, parse_retry_after
from imagery.catalogs.web.links import (
    DEFAULT_PORTS,
    LinkRule,
    Origin,
    check_link,
    resolve_host,
    without_query,
)

_log = logging.getLogger(__name__)
_MOVED = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT,
    }
)  # fmt: skip
MIB = 1 << 20
_FIRST_BYTE = {"Range": "bytes=0-0", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How long and how often a server is asked."""

    connect_s: float = 10.0
    """Wait for a connection: a living server answers within a second from anywhere."""
    silence_s: float = 20.0
    """Wait between two pieces of an answer. STAC APIs search large collections for seconds."""
    answer_s: float = 120.0
    """Wait for one whole answer, against a server that drips."""
    tries: int = 5
    """Requests before a server counts as failing."""
    first_pause_s: float = 0.5
    """Pause before the second try; each further pause is twice as long."""
    longest_pause_s: float = 60.0
    """A server that asks for a longer pause (Retry-After) is given up for this run."""
    redirects: int = 5
    """Redirects followed; each target is judged like a link."""
    max_bytes: int = 32 * MIB
    """Longest answer, unpacked. A page of a STAC API has a megabyte or two."""
    workers: int = 16
    """Requests at once: object stores bear it, and small servers are not flooded."""
    pause: Callable[[float], None] = field(default=time.sleep, compare=False)
    """Waits; tests count instead."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer.

    Attributes:
        url: where it came from, after redirects.
        content: its bytes.
        date: the server's clock, None if it does not tell.
        version: names the bytes that the address has now, by the server's word: ETag, else when
            they were last modified, and how many they are; empty if it does not tell.
    """

    url: str
    content: bytes
    date: datetime | None
    version: str = ""

    def read_json(self) -> Any:
        """The content as JSON.

        Raises:
            SceneError: it is none.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise SceneError(
                f"reading {without_query(self.url)}", f"it is not JSON ({error})",
                "Check that the address is that of a STAC catalogue",
            ) from error  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request."""

    method: str
    url: str
    body: object = None
    headers: Mapping[str, str] | None = None
    is_wanted: bool = True
    """Whether the answer's body is read."""

    @property
    def work(self) -> str:
        return f"fetching {without_query(self.url)}"


class _AgainError(Exception):
    """A failure that may pass."""

    def __init__(self, problem: str, asked_s: float | None = None) -> None:
        self.problem = problem
        self.asked_s = asked_s
        super().__init__(problem)


class CatalogHttp:
    """Asks servers of catalogues; use it as a context, it holds connections.

    Args:
        rule: what may be opened.
        options: patience.
    """

    def __init__(self, rule: LinkRule, options: HttpOptions) -> None:
        self.rule = rule
        self.options = options
        self._client = httpx.Client(
            transport=_JudgedTransport(rule, options),
            timeout=httpx.Timeout(options.silence_s, connect=options.connect_s),
            headers={"User-Agent": "firstnotice", "Accept-Encoding": "gzip"},
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._client.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def read_json(self, url: str) -> tuple[str, Any]:
        """An address's JSON, and the address after redirects.

        Raises:
            RefusedLinkError: the address, or one that it redirects to, may not be opened.
            SceneError: the server refuses, or the answer is no JSON or too long.
            TransientError: the server fails, after several tries.
        """
        fetched = self.fetch(url)
        return fetched.url, fetched.read_json()

    def find_end(self, url: str) -> str:
        """Where an address of pixels leads after its redirects; raises as ``read_json`` does."""
        return self.find_file(url).url

    def find_file(self, url: str) -> Fetched:
        """Where an address of pixels leads, and which version lies there; none of its content.

        Asks for the first byte; a server that sends more all the same is not listened to. Raises
        as ``read_json`` does.
        """
        return self._try(_Asked("GET", url, headers=_FIRST_BYTE, is_wanted=False))

    def fetch(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        method: str = "GET",
        body: object = None,
    ) -> Fetched:
        """An address's bytes; raises as ``read_json`` does."""
        whole = str(httpx.URL(url, params=params)) if params else url
        return self._try(_Asked(method, whole, body))

    def _try(self, asked: "_Asked") -> Fetched:
        for attempt in range(1, self.options.tries + 1):
            try:
                return self._follow(asked)
            except _AgainError as error:
                pause_s = self._choose_pause(error, attempt, asked.work)
                _log.info("%s: %s; again in %.1f s", asked.work, error.problem, pause_s)
                self.options.pause(pause_s)
        raise AssertionError(asked.work)  # the last try returns or raises

    def _choose_pause(self, error: _AgainError, attempt: int, work: str) -> float:
        longest = self.options.longest_pause_s
        pause_s = min(self.options.first_pause_s * 2 ** (attempt - 1), longest)
        if error.asked_s is not None:
            pause_s = max(pause_s, error.asked_s)
        if attempt == self.options.tries or pause_s > longest:
            asks = f", and asks for a pause of {pause_s:.0f} s" if pause_s > longest else ""
            raise TransientError(
                work, f"{error.problem}{asks}, at try {attempt}",
                "Run again later, or leave the source out of imagery in event.yaml",
            ) from error  # fmt: skip
        return pause_s

    def _follow(self, asked: "_Asked") -> Fetched:
        step = asked
        for _ in range(self.options.redirects + 1):
            check_link(step.url, Origin.REMOTE, self.rule)
            answer = self._ask(step)
            if isinstance(answer, Fetched):
                return answer
            step = answer
        raise SceneError(
            asked.work, f"it redirects more than {self.options.redirects} times",
            "Give the address that it leads to",
        )  # fmt: skip

    def _ask(self, asked: "_Asked") -> "Fetched | _Asked":
        """An answer, or what to ask next where it redirects."""
        deadline = time.monotonic() + self.options.answer_s
        body = asked.body
        with (
            _told_apart(asked.work),
            self._client.stream(
                asked.method, asked.url, json=body, headers=asked.headers
            ) as answer,
        ):
            if answer.status_code in _MOVED and "location" in answer.headers:
                target = str(httpx.URL(asked.url).join(answer.headers["location"]))
                if answer.status_code == HTTPStatus.SEE_OTHER:
                    return replace(asked, url=target, method="GET", body=None)
                return replace(asked, url=target)
            if answer.status_code in AGAIN:
                raise _AgainError(f"the server answers {answer.status_code}", _asked_pause(answer))
            if not answer.is_success:
                raise SceneError(
                    asked.work, f"the server answers {answer.status_code}",
                    "Correct the address, or ask who runs the server",
                )  # fmt: skip
            content = self._read_body(answer, deadline, asked.work) if asked.is_wanted else b""
            return Fetched(asked.url, content, _date_of(answer), _version_of(answer))

    def _read_body(self, answer: httpx.Response, deadline: float, work: str) -> bytes:
        content = bytearray()
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > self.options.max_bytes:
                raise SceneError(
                    work, f"the answer has more than {self.options.max_bytes} bytes",
                    "Ask for smaller pages, or check the address",
                )  # fmt: skip
            if time.monotonic() > deadline:
                raise _AgainError(f"no whole answer in {self.options.answer_s:g} s")
        return bytes(content)


@contextmanager
def _told_apart(work: str) -> Iterator[None]:
    """Tell errors of HTTP apart: what may pass, and what will not."""
    try:
        yield
    except (httpx.TransportError, OSError) as error:
        text = str(error) or type(error).__name__
        if isinstance(error, httpx.UnsupportedProtocol):
            raise SceneError(work, text, "Correct the address") from error
        raise _AgainError(f"no answer ({text})") from error
    except (httpx.InvalidURL, httpx.DecodingError) as error:
        raise SceneError(
            work, f"it cannot be read ({error})", "Check the address and the server"
        ) from error


def _date_of(answer: httpx.Response) -> datetime | None:
    return parse_http_date(answer.headers.get("date", ""))


def _version_of(answer: httpx.Response) -> str:
    """ETag, else Last-Modified, and the length of the whole; empty where neither is told."""
    said = answer.headers.get("etag") or answer.headers.get("last-modified")
    if not said:
        return ""
    length = answer.headers.get("content-length", "")
    whole = answer.headers.get("content-range", length).rpartition("/")[2]
    return f"{said} {whole}"


def _asked_pause(answer: httpx.Response) -> float | None:
    headers = answer.headers
    return parse_retry_after(headers.get("retry-after", ""), headers.get("date", ""))


class _JudgedTransport(httpx.BaseTransport):
    """Connects to the very addresses that were judged, so that a name cannot change in between."""

    def __init__(self, rule: LinkRule, options: HttpOptions) -> None:
        self._rule = rule
        self._limits = httpx.Limits(max_connections=options.workers)
        self._by_host: dict[tuple[str, str], httpx.HTTPTransport] = {}
        self._lock = Lock()

    @cached_property
    def _trust(self) -> Any:
        """Whose certificates count: read once, and only when a server is asked."""
        return httpx.create_ssl_context(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the host's addresses in turn, until one answers."""
        url = request.url
        port = url.port or DEFAULT_PORTS.get(url.scheme, 0)
        addresses = resolve_host(url.host, port, self._rule)
        for address in addresses[:-1]:
            try:
                return self._send(request, address)
            except httpx.ConnectError:
                _log.info("%s does not answer at %s", url.host, address)
        return self._send(request, addresses[-1])

    def _send(self, request: httpx.Request, address: str) -> httpx.Response:
        host = request.url.host
        sent = httpx.Request(
            request.method, request.url.copy_with(host=address), headers=request.headers,
            stream=request.stream, extensions={**request.extensions, "sni_hostname": host},
        )  # fmt: skip
        return self._transport(host, address).handle_request(sent)

    def _transport(self, host: str, address: str) -> httpx.HTTPTransport:
        """One pool a host: another host at the same address has a certificate of its own."""
        with self._lock:
            key = (host, address)
            if key not in self._by_host:
                self._by_host[key] = httpx.HTTPTransport(
                    verify=self._trust, trust_env=False, limits=self._limits
                )
            return self._by_host[key]

    def close(self) -> None:
        for transport in self._by_host.values():
            transport.close()
