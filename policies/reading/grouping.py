"""Rows of the location file that name the same insured location.

OED gives a location one row for each set of perils with terms of its own (LocPeril) and for each
special condition (CondTag): such rows are one location. Rows that give one key two places or two
sets of terms are a mistake of the book: the first is kept, marked, and never guessed about.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.events import Peril
from core.schemas.book import HOME_KEY
from core.tables import CODE_SEPARATOR
from policies.reading.cells.deductibles import choose_rows_by_peril
from policies.reading.oed import LOCATION_DEDUCTIBLES
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
    "number_of_buildings",
    "is_aggregate",
    "currency",
    "building_tiv",
    "contents_tiv",
    "location_inception",
    "location_expiry",
]
"""What has to agree between the rows of one location."""


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """Rows of locations that agree with each other.

    Attributes:
        rows: those given but for the contradicting ones, with ``has_conflicting_rows``.
        conflict: the rows, among those given, that contradict the first of their location.
    """

    rows: pd.DataFrame
    conflict: Fault


def mark_conflicts(rows: pd.DataFrame) -> Marked:
    """Leave out rows that contradict the first of their location, and mark those that stay.

    Args:
        rows: HOME_KEY and ``PLACE_AND_TERMS``.
    """
    number = rows.groupby(HOME_KEY, sort=False, dropna=False).ngroup()
    is_repeated = pd.Series(np.bincount(number)[number] > 1, index=rows.index)
    terms = rows.loc[is_repeated].groupby(PLACE_AND_TERMS, dropna=False, sort=False).ngroup()
    by_key = terms.groupby(number[is_repeated], sort=False)
    is_conflicting = pd.Series(data=False, index=rows.index)
    is_conflicting.loc[is_repeated] = terms != by_key.transform("first")
    has_conflict = pd.Series(data=False, index=rows.index)
    has_conflict.loc[is_repeated] = by_key.transform("min") != by_key.transform("max")
    fault = Fault("conflicting_duplicate", is_conflicting.to_numpy(), rows["location_number"])
    kept = rows.assign(has_conflicting_rows=has_conflict).loc[~is_conflicting]
    return Marked(kept.reset_index(drop=True), fault)


def group_rows(rows: pd.DataFrame, peril: Peril | None) -> pd.DataFrame:
    """The first row of each location, in order of first appearance.

    Perils are united, the deductibles are those of the peril asked for, and ``source_rows`` says
    which rows are behind each.

    Args:
        rows: of ``Marked``: HOME_KEY, ``PLACE_AND_TERMS``, ``row_number``, ``location_bits``,
            ``location_named``, ``deductible_bits`` and the deductibles by OED name.
        peril: whose deductible holds, where they differ by peril.
    """
    number = rows.groupby(HOME_KEY, sort=False, dropna=False).ngroup()
    is_repeated = pd.Series(np.bincount(number)[number] > 1, index=rows.index)
    rows = rows.assign(number=number, source_rows=rows["row_number"].astype("str"))
    homes = pd.concat([rows.loc[~is_repeated], _unite_rows(rows.loc[is_repeated])])
    homes = homes.sort_values("row_number", kind="stable").reset_index(drop=True)
    return _choose_deductibles(homes, rows, peril)


def _unite_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each key; the rows of a key agree on place and terms."""
    by_key = rows.groupby("number", sort=False)
    united = rows.drop_duplicates("number").copy()
    number = by_key.ngroup().to_numpy()
    for column in ("location_bits", "location_named"):
        bits = np.zeros(len(united), dtype=np.int64)
        np.bitwise_or.at(bits, number, rows[column].to_numpy())
        united[column] = bits
    united["source_rows"] = by_key["source_rows"].agg(CODE_SEPARATOR.join).to_numpy()
    united["is_in_condition"] = by_key["is_in_condition"].any().to_numpy()
    united["unread_fields"] = by_key["unread_fields"].first().to_numpy()
    return united


def _choose_deductibles(
    homes: pd.DataFrame, rows: pd.DataFrame, peril: Peril | None
) -> pd.DataFrame:
    """The homes with the deductibles that hold for a peril among all their rows."""
    owner = rows["number"].to_numpy()
    bits = rows["deductible_bits"].to_numpy()
    chosen = choose_rows_by_peril(rows, owner, bits, peril, LOCATION_DEDUCTIBLES)
    own = chosen.take(homes["number"].to_numpy()).set_axis(homes.index)
    return homes.drop(columns=["number", *chosen.columns]).join(own)
