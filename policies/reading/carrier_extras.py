"""What OED has no field for and only the carrier knows, under OED's prefix for such extras.

Whether anybody lives there, and the hurricane deductible that state law has beside the others, of
which a part may be borne already: see docs/coverage.md.
"""

import numpy as np
import pandas as pd

from core.events import StormClass
from policies.reading.cells.dates import parse_dates
from policies.reading.cells.parse import parse_amounts, parse_codes
from policies.reading.oed import (
    DED_TYPE_AMOUNT,
    DED_TYPE_FRACTION_OF_TIV,
    HURRICANE_DED,
    HURRICANE_DED_TRIGGER,
    HURRICANE_DED_TYPE,
    HURRICANE_DED_USED,
    HURRICANE_DED_YEAR,
    OCCUPIED_FRAC,
    VACANT_SINCE,
)
from policies.reading.rejects import Fault

_SPACES = r"[\s-]+"


def parse_carrier_extras(
    rows: pd.DataFrame, building_tiv: "pd.Series[float]"
) -> tuple[pd.DataFrame, list[Fault]]:
    """Extras under the names of LOCATIONS, of those columns that the file has, and what is unread.

    Args:
        rows: text by column name.
        building_tiv: insured value that a hurricane deductible can be a share of; 0 = not known.
    """
    columns: dict[str, object] = {}
    flaws: list[Fault] = []
    if VACANT_SINCE in rows.columns:
        dates = parse_dates(rows, (VACANT_SINCE,))
        columns["vacant_since"] = dates.columns[VACANT_SINCE]
        flaws += dates.faults
    for name, ours in (
        (HURRICANE_DED_USED, "hurricane_deductible_used"),
        (HURRICANE_DED_YEAR, "hurricane_deductible_year"),
        (OCCUPIED_FRAC, "occupied_frac"),
    ):
        if name in rows.columns:
            columns[ours], found = parse_amounts(rows[name])
            flaws += found
    if OCCUPIED_FRAC in rows.columns:
        share = pd.Series(columns["occupied_frac"], index=rows.index)
        flaws.append(Fault("share_over_one", (share > 1).to_numpy(), rows[OCCUPIED_FRAC]))
        columns["occupied_frac"] = share.mask(share > 1)
    if HURRICANE_DED in rows.columns:
        amount, hurricane_flaws = _parse_hurricane(rows, building_tiv)
        columns["hurricane_deductible_amount"] = amount
        flaws += hurricane_flaws
    if HURRICANE_DED_TRIGGER in rows.columns:
        columns["hurricane_deductible_trigger"], flaw = _parse_trigger(rows[HURRICANE_DED_TRIGGER])
        flaws.append(flaw)
    return pd.DataFrame(columns, index=rows.index), flaws


def _parse_hurricane(
    rows: pd.DataFrame, building_tiv: "pd.Series[float]"
) -> tuple["pd.Series[float]", list[Fault]]:
    """Hurricane deductible in money; missing where none is stated or its value is not known."""
    stated, flaws = parse_amounts(rows[HURRICANE_DED])
    blank = pd.Series(None, index=rows.index, dtype="str")
    text = rows.get(HURRICANE_DED_TYPE, blank)
    kind, kind_flaw = parse_codes(text, DED_TYPE_AMOUNT, "bad_deductible_type")
    is_share = kind == DED_TYPE_FRACTION_OF_TIV
    is_bad_kind = ~is_share & (kind != DED_TYPE_AMOUNT)
    is_over_one = is_share & (stated > 1)
    share = np.where(building_tiv > 0, stated * building_tiv, np.nan)
    amount = pd.Series(np.where(is_share, share, stated), index=rows.index)
    found = [
        *flaws,
        kind_flaw,
        Fault("bad_deductible_type", is_bad_kind, text),
        Fault("deductible_over_one", is_over_one, rows[HURRICANE_DED]),
    ]
    is_unread = kind_flaw.is_bad | is_bad_kind | is_over_one | ~(stated > 0)
    return amount.mask(is_unread), found


def _parse_trigger(text: "pd.Series[str]") -> tuple["pd.Series[str]", Fault]:
    words = text.str.strip().str.lower().str.replace(_SPACES, "_", regex=True)
    is_known = words.isin([*StormClass])
    is_bad = (text.notna() & ~is_known).to_numpy(dtype=bool)
    return words.where(is_known), Fault("bad_storm_class", is_bad, text)
