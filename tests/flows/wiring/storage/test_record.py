from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.errors import InputError, LedgerError
from flows.wiring.opening import open_run
from flows.wiring.storage.record import CLOCK_SKEW, check_instant, check_record

NOW = datetime(2018, 10, 14, 12, tzinfo=UTC)


def test_the_future_is_refused_but_for_a_clocks_skew():
    assert check_instant(NOW + CLOCK_SKEW, NOW) == NOW + CLOCK_SKEW
    for later in (timedelta(minutes=11), timedelta(days=90 * 365)):
        with pytest.raises(InputError, match="in the future"):
            check_instant(NOW + later, NOW)


@pytest.mark.parametrize(
    "instant", [datetime(2018, 10, 14, 12), NOW.astimezone(timezone(timedelta(hours=-5)))]  # noqa: DTZ001
)  # fmt: skip
def test_an_instant_is_in_utc_whatever_was_given(instant):
    given = check_instant(instant, NOW)
    assert given == NOW
    assert given.utcoffset() == timedelta()


def test_a_year_mistyped_ends_before_anything_is_read(town_event, tmp_path):
    with pytest.raises(InputError, match="in the future"):
        open_run(town_event, tmp_path / "out", datetime(2108, 10, 14, tzinfo=UTC), None)


@pytest.mark.parametrize("content", [b"no database", None])
def test_a_ledger_that_cannot_be_opened_ends_the_run_before_it_begins(
    town_event, tmp_path, content
):
    out = tmp_path / "out"
    out.mkdir()
    if content is None:
        (out / "ledger.sqlite").mkdir()
    else:
        (out / "ledger.sqlite").write_bytes(content * 999)
    with pytest.raises(LedgerError):
        check_record(open_run(town_event, out, NOW, None))


def test_a_first_run_makes_no_ledger_before_it_records(town_event, tmp_path):
    run = open_run(town_event, tmp_path / "out", NOW, None)
    assert check_record(run) == run
    assert not list((tmp_path / "out").glob("*"))
