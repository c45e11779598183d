"""Civil and business days: where a term that begins on a day ends. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from claims.clocks.table import HOME_COUNTRY, DayUnit

_LATEST = 2
"""Times as many calendar days hold all business days of a term, with holidays to spare."""


def count_on(start: date, days: int, unit: DayUnit, state: str) -> date:
    """The last day of a term; the day on which it begins does not count.

    Where the last of some calendar days is no business day it stays all the same: some states let
    it move on, and none lets it come too late.

    Args:
        start: civil day, at the home, of what the term counts from.
        days: its length.
        unit: how they are counted.
        state: whose holidays; postal code.
    """
    if unit is DayUnit.CALENDAR:
        return start + timedelta(days=days)
    latest = start + timedelta(days=days) * _LATEST
    years = range(start.year, latest.year + 2)
    free = sorted(day for year in years for day in find_holidays(state, year))
    last = np.busday_offset(
        np.datetime64(start, "D"), days, roll="backward", holidays=np.array(free, "datetime64[D]")
    )
    return date.fromisoformat(str(last))


@lru_cache(maxsize=256)
def find_holidays(state: str, year: int) -> frozenset[date]:
    """Days of a year that are sure to be no business days in a state, weekends aside.

    Those that the United States and the state both keep, on their own date. States list more:
    days on which some offices close, observances, the Friday before a Saturday. A term that counts
    those as business days ends early, and never late.
    """
    everywhere = holidays.country_holidays(HOME_COUNTRY, years=year, observed=False)
    here = holidays.country_holidays(HOME_COUNTRY, subdiv=state, years=year, observed=False)
    return frozenset(everywhere.keys() & here.keys())


def local_day(instant_utc: datetime, zone: str) -> date:
    """The civil day at a place."""
    return instant_utc.astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """The instant at which a civil day ends at a place, UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
    return midnight.astimezone(UTC)
