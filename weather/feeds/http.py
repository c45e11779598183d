"""Asks servers of weather: politely, bounded, again where that may help."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from core.errors import TransientError, WeatherError
from core.retrying import AGAIN, parse_retry_after
from weather.feeds.feed import Wanted

_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_MIB = 1 << 20
AGENT = "firstnotice (insurance claims detection; set weather.contact)"
"""The National Weather Service asks for a name and a contact in every request."""


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How long and how often a service is asked."""

    agent: str = AGENT
    """User-Agent of every request."""
    connect_s: float = 10.0
    """Wait for a connection."""
    silence_s: float = 20.0
    """Wait between two pieces of an answer."""
    answer_s: float = 300.0
    """Wait for one whole answer, against a server that drips."""
    tries: int = 4
    """Requests before a service counts as failing; the next poll asks anew."""
    first_pause_s: float = 1.0
    """Pause before the second try; each further pause is twice as long."""
    longest_pause_s: float = 60.0
    """A server that asks for a longer pause (Retry-After) is left alone until the next poll."""
    redirects: int = 5
    """Redirects followed."""
    max_bytes: int = 256 * _MIB
    """Longest answer, unpacked."""
    pause: Callable[[float], None] = field(default=time.sleep, compare=False)
    """Waits; tests count instead."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What names the version of a product that is here, by the server's own words.

    Attributes:
        etag: of its answer; empty if it gave none.
        last_modified: of its answer; empty if it gave none.
    """

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """Headers that ask for another version only."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server gave.

    Attributes:
        content: bytes; None where the version that is here is the newest still.
        validators: of the content.
        is_absent: there is no such product.
    """

    content: bytes | None
    validators: Validators = Validators()
    is_absent: bool = False


class _AgainError(Exception):
    """A failure that may pass."""

    def __init__(self, problem: str, asked_s: float = 0.0) -> None:
        self.problem = problem
        self.asked_s = asked_s
        super().__init__(problem)


class FeedHttp:
    """Asks services; use it as a context, it holds connections."""

    def __init__(self, options: FeedOptions) -> None:
        """Open nothing yet."""
        self._options = options
        self._client = httpx.Client(
            timeout=httpx.Timeout(options.silence_s, connect=options.connect_s),
            headers={"User-Agent": options.agent, "Accept-Encoding": "gzip"},
            follow_redirects=True,
            max_redirects=options.redirects,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._client.close()

    def fetch(self, wanted: Wanted, known: Validators) -> Answer:
        """A product, unless the version that is known is the newest.

        Raises:
            WeatherError: the server refuses, or the answer is too long.
            TransientError: the server fails, after several tries, or asks to be left alone.
        """
        options, work = self._options, f"fetching {wanted.told_url}"
        tries = Retrying(
            stop=lambda state: (
                stop_after_attempt(options.tries)(state) or _is_too_long(state, options)
            ),
            wait=lambda state: _choose_pause(state, options),
            retry=retry_if_exception_type(_AgainError),
            sleep=options.pause,
            reraise=True,
        )
        try:
            return tries(self._ask, wanted, known, work)
        except _AgainError as error:
            raise TransientError(
                work, error.problem, "Nothing to do: the next poll asks again"
            ) from error

    def _ask(self, wanted: Wanted, known: Validators, work: str) -> Answer:
        try:
            with self._client.stream("GET", wanted.url, headers=known.headers()) as answer:
                return self._take(answer, wanted, work)
        except httpx.TooManyRedirects as error:
            raise WeatherError(work, "it redirects without end", "Correct the address") from error
        except httpx.TransportError as error:
            if isinstance(error, httpx.UnsupportedProtocol):
                raise WeatherError(work, str(error), "Correct the address") from error
            raise _AgainError(f"no answer ({type(error).__name__})") from error
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            raise WeatherError(work, "it cannot be read", "Check the address") from error

    def _take(self, answer: httpx.Response, wanted: Wanted, work: str) -> Answer:
        status = answer.status_code
        if status == HTTPStatus.NOT_MODIFIED:
            return Answer(None)
        if status in AGAIN:
            raise _AgainError(f"the server answers {status}", _asked_pause(answer))
        if status in _ABSENT and wanted.may_be_absent:
            return Answer(None, is_absent=True)
        if not answer.is_success:
            raise WeatherError(
                work, f"the server answers {status}",
                "Correct the address or the key, or ask who runs the service",
            )  # fmt: skip
        validators = Validators(
            answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
        )
        return Answer(self._read_body(answer, work), validators)

    def _read_body(self, answer: httpx.Response, work: str) -> bytes:
        deadline = time.monotonic() + self._options.answer_s
        content = bytearray()
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > self._options.max_bytes:
                raise WeatherError(
                    work, f"the answer has more than {self._options.max_bytes} bytes",
                    "Ask for a smaller product",
                )  # fmt: skip
            if time.monotonic() > deadline:
                raise _AgainError(f"no whole answer in {self._options.answer_s:g} s")
        return bytes(content)


def _choose_pause(state: RetryCallState, options: FeedOptions) -> float:
    """Twice as long each time, and at least what the server asks for."""
    own_s = options.first_pause_s * 2.0 ** (state.attempt_number - 1)
    return max(min(own_s, options.longest_pause_s), _asked_by(state))


def _is_too_long(state: RetryCallState, options: FeedOptions) -> bool:
    return _asked_by(state) > options.longest_pause_s


def _asked_by(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.asked_s if isinstance(error, _AgainError) else 0.0


def _asked_pause(answer: httpx.Response) -> float:
    headers = answer.headers
    return parse_retry_after(headers.get("retry-after", ""), headers.get("date", "")) or 0.0
