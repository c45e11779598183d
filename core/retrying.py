"""Which answers of a server may be another in a moment, and how long it asks to be left alone."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

AGAIN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)  # fmt: skip
"""Answers that may be another one in a moment."""


def parse_http_date(text: str) -> datetime | None:
    """A date of HTTP; None where it is none."""
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def parse_retry_after(text: str, date: str) -> float | None:
    """Seconds of a Retry-After header; None where it asks for none.

    Args:
        text: the header: seconds or a date; empty = absent.
        date: the answer's Date: the server's own clock, which its dates are held against.
    """
    if text.isdecimal():
        return float(text)
    until, now = parse_http_date(text), parse_http_date(date)
    if until is None or now is None or (until.tzinfo is None) != (now.tzinfo is None):
        return None
    return max(0.0, (until - now).total_seconds())
