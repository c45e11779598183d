"""Rows of the location file that name the same insured location.

OED gives a location one row for each set of perils with terms of its own (LocPeril) and for each
special condition (CondTag): such rows are one location. Rows that give one key two places or two
sets of terms are a mistake of the book: the first is kept, marked, and never guessed about.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.tables import CODE_SEPARATOR
from core.tables_of_book import LOCATION_KEY
from policies.reading.rejects import Fault

PLACE_AND_TERMS = [
    "longitude",
    "latitude",
    "geocode_class",
    "country_code",
    "area_code",
    "postal_code",
    "occupancy_code",
    "construction_code",
    "year_built",
    "number_of_storeys",
    "currency",
    "building_tiv",
    "contents_tiv",
    "inception_date",
    "expiry_date",
]
"""What has to agree between the rows of one location."""


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Locations, one row each.

    Attributes:
        locations: the first row of each location, with perils united, ``source_rows`` and
            ``has_conflicting_rows``.
        conflict: the rows, among those given, that contradict the first of their location.
    """

    locations: pd.DataFrame
    conflict: Fault


def group_rows(rows: pd.DataFrame) -> Grouping:
    """One row a location, in order of first appearance.

    Perils unite. Of deductibles that differ by peril the lowest known one stands, so that no home
    is called below its deductible on the strength of another peril's.

    Args:
        rows: LOCATION_KEY, ``PLACE_AND_TERMS``, ``row_number``, ``location_bits``,
            ``location_named`` and ``deductible_amount``.
    """
    is_repeated = rows.duplicated(LOCATION_KEY, keep=False)
    repeated = rows.loc[is_repeated]
    terms = repeated.groupby(PLACE_AND_TERMS, dropna=False, sort=False).ngroup()
    by_key = terms.groupby([repeated[column] for column in LOCATION_KEY], sort=False)
    is_conflicting = pd.Series(data=False, index=rows.index)
    is_conflicting.loc[is_repeated] = terms != by_key.transform("first")
    has_conflict = pd.Series(data=False, index=rows.index)
    has_conflict.loc[is_repeated] = by_key.transform("min") != by_key.transform("max")
    rows = rows.assign(
        source_rows=rows["row_number"].astype("str"), has_conflicting_rows=has_conflict
    )
    agreeing = rows.loc[is_repeated & ~is_conflicting]
    locations = pd.concat([rows.loc[~is_repeated], _unite_rows(agreeing)])
    locations = locations.sort_values("row_number", kind="stable").reset_index(drop=True)
    fault = Fault("conflicting_duplicate", is_conflicting.to_numpy(), rows["location_number"])
    return Grouping(locations, fault)


def _unite_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each key; the rows of a key agree on place and terms."""
    by_key = rows.groupby(LOCATION_KEY, sort=False)
    united = rows.drop_duplicates(LOCATION_KEY).copy()
    number = by_key.ngroup().to_numpy()
    for column in ("location_bits", "location_named"):
        bits = np.zeros(len(united), dtype=np.int64)
        np.bitwise_or.at(bits, number, rows[column].to_numpy())
        united[column] = bits
    united["deductible_amount"] = by_key["deductible_amount"].min().to_numpy()
    united["source_rows"] = by_key["source_rows"].agg(CODE_SEPARATOR.join).to_numpy()
    return united
