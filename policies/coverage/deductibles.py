"""What a deductible takes off a loss, once the loss, the storm and the year are known.

Kinds: an amount, a share of the insured value (both money already, by ``policies.reading``), a
share of the loss, and a hurricane deductible, which a named storm or hurricane brings in and which
holds once a calendar year: met once, its remainder or the deductible of all other perils holds,
whichever is greater (Florida; thig.com, The calendar year hurricane deductible explained).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.events import CatEvent, Peril, StormClass

Money = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Deductibles:
    """Deductibles of a loss at each location, ``(locations,)`` each.

    Attributes:
        amount: money taken off the loss; NaN = not known, or not before the loss is.
        is_of_loss: it is a share of the loss.
        is_hurricane: the hurricane deductible holds, or what is left of it this year.
        is_met: part of it was borne in an earlier storm of the calendar year.
        is_unclear: there is a hurricane deductible, and whether it holds is not known.
    """

    amount: Money
    is_of_loss: NDArray[np.bool_]
    is_hurricane: NDArray[np.bool_]
    is_met: NDArray[np.bool_]
    is_unclear: NDArray[np.bool_]


def resolve_deductibles(
    locations: pd.DataFrame,
    event: CatEvent,
    loss_day: "pd.Series[pd.Timestamp]",
    expected_loss: Money | None = None,
) -> Deductibles:
    """The deductible of each loss in money.

    Args:
        locations: under the names of LOCATIONS.
        event: a tropical cyclone, or not, and of what class.
        loss_day: local civil day of the loss; hurricane deductibles go by calendar years.
        expected_loss: money; NaN or None = not known, and a share of it neither.
    """
    loss = np.full(len(locations), np.nan) if expected_loss is None else expected_loss
    of_loss = _amounts(locations, "deductible_of_loss_frac")
    least, most = (_amounts(locations, f"deductible_of_loss_{end}") for end in ("min", "max"))
    shared = np.fmin(np.maximum(of_loss * loss, np.nan_to_num(least)), most)
    other = np.where(np.isnan(of_loss), _amounts(locations, "deductible_amount"), shared)
    hurricane = _amounts(locations, "hurricane_deductible_amount")
    holds, is_unclear = _find_holding(locations, event, ~np.isnan(hurricane))
    used = np.nan_to_num(_amounts(locations, "hurricane_deductible_used"))
    year = _amounts(locations, "hurricane_deductible_year")
    is_met = holds & (used > 0) & (year == loss_day.dt.year.to_numpy(dtype=np.float64))
    is_undated = holds & (used > 0) & np.isnan(year)
    is_unclear |= is_undated
    left = np.maximum(np.clip(hurricane - used, 0, None), other)  # NaN stays NaN
    amount = np.select([is_unclear, is_met, holds], [np.nan, left, hurricane], other)
    return Deductibles(amount, ~np.isnan(of_loss), holds & ~is_undated, is_met, is_unclear)


def _find_holding(
    locations: pd.DataFrame, event: CatEvent, has_one: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where the event brings in the hurricane deductible, and where that is not known.

    A deductible of named storms holds in any tropical cyclone, since only those that reach
    storm strength, and so have a name, are events of tropical cyclone wind.
    """
    nowhere = np.zeros(len(locations), dtype=bool)
    if Peril.TROPICAL_CYCLONE_WIND not in event.perils:
        return nowhere, nowhere.copy()
    by_name = nowhere
    if "hurricane_deductible_trigger" in locations:
        trigger = locations["hurricane_deductible_trigger"]
        by_name = (trigger == StormClass.NAMED_STORM.value).fillna(value=False).to_numpy(bool)
    by_class = has_one & ~by_name
    holds = (has_one & by_name) | (by_class & (event.storm_class is StormClass.HURRICANE))
    return holds, by_class & (event.storm_class is None)


def _amounts(locations: pd.DataFrame, name: str) -> Money:
    """A column of numbers; NaN where missing or the table has no such."""
    if name not in locations.columns:
        return np.full(len(locations), np.nan)
    return locations[name].to_numpy(dtype=np.float64, na_value=np.nan)
