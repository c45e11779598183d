"""What the weather was at a home, as dated and sourced evidence of a draft. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from claims.drafts.plain import plain_value
from core.events import CatEvent, Peril
from core.hazards.kinds import HAZARD_OF_PERIL, PERIL_OF_HAZARD, HazardKind
from core.hazards.words import tell_hazard, tell_minute
from core.tables import split_codes

MEASURED = "hazards"
"""Key of a finding's rows of HAZARD_ROWS, and of what a draft says of them."""

PRIMARY_BASIS = "primary peril of the event; the image does not tell wind from water"
OWN_BASIS = (
    "hazard that reached the home, which the event's primary peril did not; the image does not "
    "tell wind from water"
)
_VALUE_DIGITS = 2
"""A centimetre of depth, a hundredth of a metre a second: finer than any field is true to."""


def describe_hazards(finding: Mapping[str, Any]) -> dict[str, Any]:
    """The hazard block: how strong each was, by what product, when, and whether it was enough.

    Args:
        finding: one row of FINDINGS, its rows of HAZARD_ROWS under ``hazards`` if there are any.
    """
    rows: Sequence[Mapping[Any, Any]] = finding.get(MEASURED) or ()
    return {
        "basis": finding["hazard_basis"],
        "reached": split_codes(plain_value(finding.get("hazard_reason")) or "") or None,
        "windOrWater": plain_value(finding.get("wind_or_water")),
        "sustainedWindMps": plain_value(finding["sustained_wind_mps"]),
        "gustMps": plain_value(finding["gust_mps"]),
        MEASURED: [describe_row(row) for row in rows] or None,
    }


def choose_cause(finding: Mapping[str, Any], event: CatEvent) -> tuple[Peril, str]:
    """The peril that a draft names as the cause of loss, and on what basis.

    The event's primary one, unless other hazards reached this home and its own did not: then the
    peril of the one that leads.
    """
    reached = split_codes(plain_value(finding.get("hazard_reason")) or "")
    leading = plain_value(finding.get("leading_hazard"))
    own = HAZARD_OF_PERIL.get(event.primary_peril)
    if own is None or own in reached or leading not in reached:
        return event.primary_peril, PRIMARY_BASIS
    return PERIL_OF_HAZARD[HazardKind(leading)], OWN_BASIS


def describe_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One row of HAZARD_ROWS as plain JSON values."""
    return {
        "hazard": row["hazard"],
        "inWords": tell_hazard(row),
        "value": _round(row["value"]),
        "unit": plain_value(row["unit"]),
        "measure": plain_value(row["measure"]),
        "threshold": _round(row["threshold"]),
        "isReached": bool(row["is_reached"]),
        "product": row["product"],
        "issuedAt": tell_minute(row["issued_at_utc"]),
        "howSampled": row["how_sampled"],
        "distanceM": _round(row["distance_m"]),
        "peakAt": tell_minute(row["peak_at_utc"]),
    }


def _round(value: Any) -> float | None:
    return None if pd.isna(value) else round(float(value), _VALUE_DIGITS)
