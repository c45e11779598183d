"""Times as NHC's shapefiles print them, in UTC."""

import re
from datetime import UTC, datetime, timedelta

from weather.sources.reports.clocks import to_utc

_ADVISORY = re.compile(
    r"(\d{1,2})(\d\d) ([AP]M) ([A-Z]{1,4}) [A-Z]{3},? ([A-Z]{3}) (\d{1,2}),? (\d{4})", re.ASCII
)
_ADVISORY_UTC = re.compile(r"(\d\d)(\d\d) (?:UTC|GMT|Z) [A-Z]{3},? ([A-Z]{3}) (\d{1,2}),? (\d{4})")
_DAY_AND_TIME = re.compile(r"(\d{1,2})/(\d\d)(\d\d)", re.ASCII)
_STAMP = re.compile(r"(\d{10})(\d\d)?(?:\.0+)?", re.ASCII)
_MONTH_APART = timedelta(days=20)
"""A day of the month is looked for so far around the instant that is expected."""


def parse_advisory_time(text: str | None) -> datetime | None:
    """``800 PM PDT Fri Jul 17 2026`` in UTC; None where it is no such text or zone."""
    words = " ".join((text or "").split()).upper()
    try:
        if (found := _ADVISORY.fullmatch(words)) is not None:
            hours, minutes, half, zone, month, day, year = found.groups()
            return to_utc(f"{month} {day} {year}", f"{hours}:{minutes} {half}", zone)
        if (found := _ADVISORY_UTC.fullmatch(words)) is not None:
            hours, minutes, month, day, year = found.groups()
            text = f"{month} {day} {year} {hours}{minutes} +0000"
            return datetime.strptime(text, "%b %d %Y %H%M %z").astimezone(UTC)
    except ValueError:
        return None
    return None


def parse_stamp(text: str | None) -> datetime | None:
    """``2026071800`` (hours) or ``202607180030`` in UTC; None where it is none."""
    found = _STAMP.fullmatch(text or "")
    if found is None:
        return None
    try:
        at = datetime.strptime(found[1] + (found[2] or "00"), "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if at.year > 1800 else None  # noqa: PLR2004  no storm is known of before


def parse_day_and_time(text: str | None, near: datetime | None) -> datetime | None:
    """``18/0000``, day of the month and UTC, in the month that brings it nearest to an instant."""
    found = _DAY_AND_TIME.fullmatch(text or "")
    if found is None or near is None:
        return None
    day, hour, minute = map(int, found.groups())
    candidates = []
    for middle in (near - _MONTH_APART, near, near + _MONTH_APART):
        try:
            candidates.append(datetime(middle.year, middle.month, day, hour, minute, tzinfo=UTC))
        except ValueError:
            continue
    return min(candidates, key=lambda at: abs(at - near), default=None)
