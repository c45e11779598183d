"""When a loss can have happened, by wind or water, and what clocks say at the insured place."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from core.hazards.kinds import tell_wind_from_water
from policies.coverage.local_time import compute_local_times, compute_utc

HALF_A_DAY = pd.Timedelta(hours=12)
NOON = pd.Timedelta(hours=12)
"""Claims systems are told noon: the hour of a loss is not known, and noon stays in its day."""


@dataclass(frozen=True, slots=True, eq=False)
class LossTimes:
    """When each loss can have happened, and whether wind or water can have brought it.

    Attributes:
        first_utc: timezone-aware UTC, on the locations' index; missing = not known.
        last_utc: likewise, never earlier than the first; the same where the instant is known.
        wind_or_water: ``WindOrWater`` words (``core.hazards.kinds``) on the same index, missing =
            neither was strong enough there; None = of none is that known.
    """

    first_utc: "pd.Series[pd.Timestamp]"
    last_utc: "pd.Series[pd.Timestamp]"
    wind_or_water: "pd.Series[str] | None" = None

    def __post_init__(self) -> None:
        work = "screening coverage"
        for instants in (self.first_utc, self.last_utc):
            if str(getattr(instants.dtype, "tz", None)) != "UTC":
                raise InputError(
                    work,
                    f"loss instants are {instants.dtype}, not UTC",
                    "Give timezone-aware UTC",
                )
        if (self.last_utc < self.first_utc).any():
            raise InputError(work, "a loss ends before it begins", "Swap first and last instant")

    @classmethod
    def of_instants(cls, loss_at_utc: "pd.Series[pd.Timestamp]") -> Self:
        """Losses whose instant is known."""
        return cls(loss_at_utc, loss_at_utc)

    @classmethod
    def of_hazards(cls, hazards: pd.DataFrame) -> Self:
        """The loss times of a HAZARDS table."""
        first, last = hazards["loss_at_utc"], hazards["loss_until_utc"]
        return cls(first, last.fillna(first), tell_wind_from_water(hazards["hazard_reason"]))

    def take(self, places: NDArray[np.intp]) -> Self:
        """The losses at these places, in their order, on an index from 0."""
        return type(self)(
            self.first_utc.iloc[places].reset_index(drop=True),
            self.last_utc.iloc[places].reset_index(drop=True),
            None
            if self.wind_or_water is None
            else self.wind_or_water.iloc[places].reset_index(drop=True),
        )

    def fill(self, first: pd.Timestamp, last: pd.Timestamp) -> Self:
        """Losses of unknown time between these two instants."""
        return type(self)(
            self.first_utc.fillna(first), self.last_utc.fillna(last), self.wind_or_water
        )


@dataclass(frozen=True, slots=True, eq=False)
class LocalLoss:
    """A loss in the time of its place.

    Attributes:
        first: first instant in standard time, datetime64[us] without zone; policies go by it.
        last: last instant in standard time.
        day: civil day of the loss; of a longer time, the day that holds most of its first 24 hours.
        noon_utc: noon of that day, timezone-aware UTC.
    """

    first: "pd.Series[pd.Timestamp]"
    last: "pd.Series[pd.Timestamp]"
    day: "pd.Series[pd.Timestamp]"
    noon_utc: "pd.Series[pd.Timestamp]"


def compute_local_loss(loss: LossTimes, zones: NDArray[np.object_]) -> LocalLoss:
    """Loss times, none missing, in the time of their places.

    Args:
        loss: when.
        zones: IANA names, ``(places,)``; None reads as UTC.
    """
    half = (loss.last_utc - loss.first_utc) / 2
    likely = loss.first_utc + half.clip(upper=HALF_A_DAY)
    day = compute_local_times(likely, zones)["clock"].dt.normalize()
    return LocalLoss(
        compute_local_times(loss.first_utc, zones)["standard"],
        compute_local_times(loss.last_utc, zones)["standard"],
        day,
        compute_utc(day + NOON, zones),
    )
