"""Instants as web services write them."""

import re
from typing import Any

import pandas as pd

_SANE_YEARS = (1900, 2200)
_DATE = re.compile(r"(?:19|20|21)\d{6}")


def read_instant(value: Any) -> pd.Timestamp | None:
    """UTC of milliseconds since 1970, as a number or digits, or of ISO text (UTC where unsaid).

    Eight digits as text are a date, ``yyyymmdd``.

    Raises:
        ValueError: it is no instant between 1900 and 2200.
    """
    if value is None or value is pd.NaT or isinstance(value, bool) or not str(value).strip():
        return None
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        value = f"{value.strip()[:4]}-{value.strip()[4:6]}-{value.strip()[6:]}"
    is_count = isinstance(value, int | float) or str(value).strip().lstrip("-").isdigit()
    try:
        found = (
            pd.Timestamp(float(value), unit="ms", tz="UTC") if is_count
            else pd.to_datetime(str(value), utc=True)
        )  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise ValueError(f"its time {str(value)[:40]!r} is no instant") from error
    first, last = _SANE_YEARS
    if found is pd.NaT or not first <= found.year <= last:
        raise ValueError(f"its time {str(value)[:40]!r} is no instant")
    return found
