"""What the event's previous run found, in the list's terms: from its findings, a machine's file.

The list itself is a file that people open, sort and save, so no run reads it back.
"""

import geopandas as gpd
import pandas as pd

from core.errors import InputError
from core.schemas.book import LOCATION_KEY
from reports.lists.changes import check_previous
from reports.lists.columns import COLUMN_NAMES

_RENAMED = {
    "portfolio_number": "portfolio_no",
    "account_number": "account_no",
    "policy_number": "policy_no",
    "location_number": "loc_no",
    "street_address": "address",
    "preferred_channel": "contact_channel",
    "deductible_amount": "deductible_amt",
    "hazard_reason": "why_in_path",
    "hazards_in_words": "hazards",
}
_DAYS = {"pre_date": "pre_captured_at_utc", "post_date": "post_captured_at_utc"}
_NEEDED = (
    "event_id", "policy_number", "location_number", "incident_id", "tier", "p_severe", "decision",
    "geometry",
)  # fmt: skip
_REACHED_BY = ["insured_name", "street_address", "city", "preferred_channel", "language"]


def describe_previous(
    findings: gpd.GeoDataFrame, contacts: pd.DataFrame | None, event_id: str
) -> pd.DataFrame:
    """The previous findings under the list's column names; what they do not hold is missing.

    Args:
        findings: ``findings.parquet`` of the event's previous run, of this version or an older.
        contacts: CONTACTS of that run, so that a home that left the path keeps its name; None
            where they are gone.
        event_id: the event that it must be of.

    Raises:
        InputError: the findings lack a column, repeat a key or are another event's.
    """
    missing = [name for name in _NEEDED if name not in findings.columns]
    if missing:
        raise InputError(
            f"comparing with the previous findings of event {event_id}",
            f"they have no column {missing[0]!r}", "Run the event again",
        )  # fmt: skip
    key = [name for name in LOCATION_KEY if name in findings.columns]
    table = pd.DataFrame(findings)
    if contacts is not None and set(key) <= set(contacts.columns):
        known = contacts[[*key, *_REACHED_BY]].drop_duplicates(key)
        table = table.merge(known, on=key, how="left")
    points = findings.geometry
    table = table.assign(
        lon=points.x.to_numpy(), lat=points.y.to_numpy(),
        **{day: utc_day(table[at]) for day, at in _DAYS.items() if at in table},
    )  # fmt: skip
    named = table.rename(columns=_RENAMED).reindex(columns=list(COLUMN_NAMES))
    check_previous(named, event_id)
    return named


def utc_day(instants: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """The UTC day of each instant, without a time zone."""
    return instants.dt.tz_localize(None).dt.normalize()
