"""Each hazard at each home as a row of its own, with where it comes from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.hazards.kinds import HazardKind
from core.schemas.book import LOCATION_KEY
from core.schemas.hazards import HAZARD_ROWS
from core.tables import CODE_SEPARATOR, check_table

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HazardRow:
    """One hazard at ``homes`` homes.

    Attributes:
        kind: what it is.
        value: ``(homes,)``, NaN = not known.
        unit: of value and threshold; None = not known how strong.
        threshold: from which homes are looked at for it; None = anywhere in its area.
        is_reached: ``(homes,)``, whether it puts the home in the path.
        product: what the values were taken from.
        how_sampled: how.
        peak_at_utc: datetime64[us] ``(homes,)`` UTC; NaT = not known.
        measure: what of it was measured, where its kind does not say: sustained or gust of a wind.
    """

    kind: HazardKind
    value: Array
    unit: str | None
    threshold: float | None
    is_reached: NDArray[np.bool_]
    product: str
    how_sampled: str
    peak_at_utc: NDArray[np.datetime64]
    measure: str | None = None


def tabulate_rows(locations: gpd.GeoDataFrame, hazards: Sequence[HazardRow]) -> pd.DataFrame:
    """A HAZARD_ROWS table: for each home, a row for each hazard, in the order of both.

    Args:
        locations: rows of the LOCATIONS table, as many as each hazard has homes.
        hazards: values at the homes themselves; none give an empty table.
    """
    keys = locations[LOCATION_KEY].reset_index(drop=True)
    parts = [_tabulate(keys, hazard) for hazard in hazards]
    table = pd.concat(parts) if parts else _tabulate(keys.iloc[:0], _NONE)
    checked: pd.DataFrame = check_table(table.sort_index(kind="stable"), HAZARD_ROWS)
    return checked


def name_reasons(hazards: Sequence[HazardRow]) -> "pd.Series[str]":
    """The hazards that put each home in the path, joined by ``;``; missing where none did."""
    words = [np.where(each.is_reached, str(each.kind) + CODE_SEPARATOR, "") for each in hazards]
    joined = pd.Series(np.sum(np.array(words, dtype=object), axis=0), dtype="str")
    return joined.str.removesuffix(CODE_SEPARATOR).replace("", None)


def name_leading(hazards: Sequence[HazardRow]) -> "pd.Series[str]":
    """The hazard farthest past its threshold at each home; missing where none reached it.

    Args:
        hazards: at least one, each with values and a threshold.
    """
    past = np.array(
        [
            np.where(each.is_reached, each.value / (each.threshold or np.nan), 0.0)
            for each in hazards
        ]
    )
    kinds = np.array([str(each.kind) for each in hazards], dtype=object)
    leading = pd.Series(kinds[past.argmax(axis=0)], dtype="str")
    return leading.where(past.max(axis=0) > 0)


def _tabulate(keys: pd.DataFrame, hazard: HazardRow) -> pd.DataFrame:
    return keys.assign(
        hazard=str(hazard.kind),
        value=hazard.value,
        unit=pd.Series(hazard.unit, index=keys.index, dtype="str"),
        measure=pd.Series(hazard.measure, index=keys.index, dtype="str"),
        threshold=np.nan if hazard.threshold is None else hazard.threshold,
        is_reached=hazard.is_reached,
        product=hazard.product,
        issued_at_utc=pd.Series(pd.NaT, index=keys.index, dtype="datetime64[us, UTC]"),
        how_sampled=hazard.how_sampled,
        distance_m=0.0,
        peak_at_utc=pd.DatetimeIndex(hazard.peak_at_utc).tz_localize("UTC"),
    )


_NONE = HazardRow(
    HazardKind.WIND, np.zeros(0), None, None, np.zeros(0, dtype=bool), "", "",
    np.zeros(0, dtype="datetime64[us]"),
)  # fmt: skip
