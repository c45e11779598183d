"""Values of tables as JSON knows them. Pure."""

from datetime import UTC
from typing import Any

import pandas as pd


def plain_value(value: Any) -> Any:
    """The value as JSON knows it: missing as None, instants as ISO 8601 with Z, numbers plain."""
    if value is None or value is pd.NaT or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        if value.tzinfo is None:
            return value.date().isoformat()
        return value.tz_convert(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.item() if hasattr(value, "item") else value
