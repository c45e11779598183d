"""Business days against a count by hand, day by day, with holidays written out as rules."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.clocks.counting import count_on, end_of_day, find_holidays, local_day
from claims.clocks.table import DayUnit

MONDAY, THURSDAY = 0, 3
DAYS = st.dates(date(2022, 1, 1), date(2035, 12, 31))


def _nth(year, month, weekday, nth):
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday_of_may(year):
    return date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())


def _kept_in_texas(year):
    """Holidays of the United States and of Texas (Gov. Code 662.003(a)), on their own date."""
    return {
        date(year, 1, 1), _nth(year, 1, MONDAY, 3), _nth(year, 2, MONDAY, 3),
        _last_monday_of_may(year), date(year, 6, 19), date(year, 7, 4),
        _nth(year, 9, MONDAY, 1), date(year, 11, 11), _nth(year, 11, THURSDAY, 4),
        date(year, 12, 25),
    }  # fmt: skip


def _count_by_hand(start, days):
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in _kept_in_texas(day.year)
    return day


@settings(deadline=None)
@given(DAYS, st.integers(1, 60))
def test_business_days_are_those_counted_by_hand(start, days):
    assert count_on(start, days, DayUnit.BUSINESS, "TX") == _count_by_hand(start, days)


@settings(deadline=None)
@given(DAYS, st.integers(1, 90), st.sampled_from(["TX", "FL", "LA", "CA", "AK", "AZ", "AR", "DE"]))
def test_a_term_in_business_days_ends_on_one_and_never_before_as_many_days(start, days, state):
    last = count_on(start, days, DayUnit.BUSINESS, state)
    assert last.weekday() < 5
    assert last not in find_holidays(state, last.year)
    assert last >= start + timedelta(days=days)
    assert count_on(start, days + 1, DayUnit.BUSINESS, state) > last


@settings(deadline=None)
@given(DAYS, st.integers(1, 90))
def test_calendar_days_are_days(start, days):
    assert count_on(start, days, DayUnit.CALENDAR, "FL") == start + timedelta(days=days)


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        (date(2026, 11, 20), 15, date(2026, 12, 14)),  # Thanksgiving does not count
        (date(2026, 12, 18), 5, date(2026, 12, 28)),  # nor does Christmas
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # begun on a Saturday
        (date(2026, 7, 2), 1, date(2026, 7, 3)),  # Texas keeps no Friday before a Saturday
        (date(2026, 10, 9), 1, date(2026, 10, 12)),  # Columbus Day is federal, not Texan
    ],
)
def test_terms_worked_by_hand(start, days, last):
    assert count_on(start, days, DayUnit.BUSINESS, "TX") == last


def test_days_that_a_state_only_remembers_are_business_days():
    assert date(2027, 2, 15) in find_holidays("CA", 2027)  # a federal holiday that day, too
    assert date(2028, 2, 15) not in find_holidays("FL", 2028)  # Susan B. Anthony Day
    assert date(2026, 11, 3) not in find_holidays("DE", 2026)  # election day


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        (datetime(2026, 10, 10, 3, 30, tzinfo=UTC), "America/Chicago", date(2026, 10, 9)),
        (datetime(2026, 10, 10, 5, 0, tzinfo=UTC), "America/Chicago", date(2026, 10, 10)),
        (datetime(2026, 1, 1, 4, 59, tzinfo=UTC), "America/New_York", date(2025, 12, 31)),
    ],
)
def test_the_day_is_that_of_the_home(instant, zone, day):
    assert local_day(instant, zone) == day


@settings(deadline=None)
@given(DAYS, st.sampled_from(["America/New_York", "America/Chicago", "America/Phoenix"]))
def test_a_day_ends_at_its_own_midnight_whatever_the_clocks_did(day, zone):
    end = end_of_day(day, zone)
    assert local_day(end - timedelta(seconds=1), zone) == day
    assert local_day(end, zone) == day + timedelta(days=1)


def test_the_day_on_which_clocks_go_forward_has_23_hours():
    day = date(2026, 3, 8)
    length = end_of_day(day, "America/New_York") - end_of_day(
        day - timedelta(days=1), "America/New_York"
    )
    assert length == timedelta(hours=23)
