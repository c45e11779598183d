"""Retry-After in its two forms, held against the server's own clock."""

import pytest

from core.retrying import AGAIN, parse_retry_after

NOW = "Wed, 10 Oct 2018 12:00:00 GMT"


@pytest.mark.parametrize(
    ("asked", "now", "seconds"),
    [
        ("7", "", 7.0),
        ("Wed, 10 Oct 2018 12:01:30 GMT", NOW, 90.0),
        ("Wed, 10 Oct 2018 11:00:00 GMT", NOW, 0.0),
        ("Wed, 10 Oct 2018 12:01:30 GMT", "", None),
        ("soon", NOW, None),
        ("", NOW, None),
        ("-5", NOW, None),
    ],
)
def test_a_pause_is_seconds_or_until_a_date(asked, now, seconds):
    assert parse_retry_after(asked, now) == seconds


def test_a_refusal_is_no_reason_to_ask_again():
    assert {429, 500, 503} <= AGAIN
    assert not {200, 304, 401, 403, 404} & AGAIN
