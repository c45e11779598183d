"""When an insured may be called, by the home's own clock. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from claims.outreach.options import OutreachOptions


def find_window(
    now_utc: datetime, zone: str, options: OutreachOptions
) -> tuple[datetime, datetime]:
    """The first time from now on in which calls are allowed there, both ends in UTC.

    Args:
        now_utc: timezone-aware.
        zone: IANA name of the home's time zone.
        options: quiet hours.
    """
    there = ZoneInfo(zone)
    local = now_utc.astimezone(there)
    day = local.date()
    if local.time() >= options.closes:
        day += timedelta(days=1)
    opens = datetime.combine(day, options.opens, there).astimezone(UTC)
    closes = datetime.combine(day, options.closes, there).astimezone(UTC)
    return max(opens, now_utc.astimezone(UTC)), closes
