"""Local times of forecast offices: what their products print, in UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone

ZONE_HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0,
    "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "HDT": -9, "SST": -11, "CHST": 10,
}  # fmt: skip
"""Zones that products of the National Weather Service name, and their hours ahead of UTC."""
_CLOCK = re.compile(r"^(\d{1,2}):?(\d{2})\s*([AP])\.?M\.?$", re.IGNORECASE)
_HALF_DAY_H = 12
_DATES = ("%m/%d/%Y", "%b %d %Y", "%B %d %Y", "%Y-%m-%d")


def to_utc(day: str, clock: str, zone: str) -> datetime:
    """An instant from a date, a time of the day with AM or PM, and a zone as printed.

    Raises:
        ValueError: naming the one that is none.
    """
    if zone.upper() not in ZONE_HOURS:
        raise ValueError(f"time zone {zone!r} is not known")
    midnight = _read_date(day)
    found = _CLOCK.match(clock.strip())
    if found is None or not 1 <= int(found[1]) <= _HALF_DAY_H:
        raise ValueError(f"{clock!r} is no time of a day")
    hours = int(found[1]) % _HALF_DAY_H + (_HALF_DAY_H if found[3].upper() == "P" else 0)
    minutes = int(found[2])
    if minutes >= 60:  # noqa: PLR2004  minutes of an hour
        raise ValueError(f"{clock!r} is no time of a day")
    local = midnight.replace(
        hour=hours, minute=minutes, tzinfo=timezone(timedelta(hours=ZONE_HOURS[zone.upper()]))
    )
    return local.astimezone(UTC)


def _read_date(day: str) -> datetime:
    for layout in _DATES:
        try:
            read = datetime.strptime(" ".join(day.replace(",", " ").split()), layout)  # noqa: DTZ007  the zone follows
        except ValueError:
            continue
        if 1900 <= read.year <= 2200:  # noqa: PLR2004  what a timestamp can hold, and a survey mean
            return read
    raise ValueError(f"{day!r} is no date")


def find_issuing(line: str) -> tuple[datetime, str] | None:
    """When a product was issued, and the zone of its office, if a line is the one that says so.

    As in ``653 PM CDT TUE JUL 23 2013``; an office of two zones adds the other between slashes.
    """
    found = re.match(
        r"^(\d{1,2})(\d{2}) ([AP]M) ([A-Z]{1,4}) [A-Z]{3} ([A-Z]{3}) +(\d{1,2}) (\d{4})\b",
        line.strip(), re.IGNORECASE,
    )  # fmt: skip
    if found is None:
        return None
    hours, minutes, half, zone, month, day, year = found.groups()
    try:
        issued = to_utc(f"{month} {day} {year}", f"{hours}:{minutes} {half}", zone)
    except ValueError:
        return None
    return issued, zone.upper()
