"""What a tropical cyclone's track means for homes: wind, and rain. Pure."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.grid import Bounds
from core.hazards.kinds import HazardKind
from weather.fields.rain import RainAtPoints, compute_rain_at
from weather.fields.rain_options import RainFieldOptions
from weather.fields.refine import fill_decay, refine_core
from weather.fields.storm import Track
from weather.fields.wind import (
    WindAtPoints,
    WindFieldOptions,
    compute_nearest_approach,
    compute_wind_at,
)
from weather.hazards.footprint import (
    FootprintOptions,
    HazardFootprint,
    compute_rain_footprint,
    compute_track_footprint,
    join_footprints,
)
from weather.hazards.hazard import Hazard, read_places, read_points, tabulate
from weather.hazards.prior import (
    Prior,
    WindPriorOptions,
    average_priors,
    compute_rain_prior,
    compute_wind_prior,
    take_worse,
)
from weather.hazards.rows import HazardRow, name_leading, name_reasons, tabulate_rows
from weather.hazards.thresholds import SCREEN_RAIN_MM, SCREEN_WIND_MPS

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HurricaneHazard:
    """Wind and rain from a tropical cyclone's best track.

    Homes are in the path by the wind of the track as it stands, which errs to strong winds so that
    none is missed. Gusts are those of the track with its core refined (``weather.fields.refine``),
    which agree with stations.
    """

    track: Track
    """The storm."""

    threshold_mps: float = SCREEN_WIND_MPS
    """Sustained wind from which homes are looked at."""

    wind: WindFieldOptions = field(default_factory=WindFieldOptions)
    """How the wind field is made."""

    drawing: FootprintOptions = field(default_factory=FootprintOptions)
    """How finely the footprint is drawn."""

    prior: WindPriorOptions = field(default_factory=WindPriorOptions)
    """Curves of damage by wind."""

    rain_threshold_mm: float = SCREEN_RAIN_MM
    """Rain over the storm's life from which homes are looked at."""

    rain: RainFieldOptions = field(default_factory=RainFieldOptions)
    """How the rain field is made."""

    def __post_init__(self) -> None:
        if not self.rain_threshold_mm >= self.rain.lowest_mm:
            raise ValueError(
                f"rain_threshold_mm must be at least the field's lowest rain "
                f"({self.rain.lowest_mm} mm), got {self.rain_threshold_mm}"
            )

    @property
    def basis(self) -> str:
        """Where the hazard comes from."""
        return f"track:{self.track.storm_id}"

    def footprint(self, near: Bounds | None = None) -> HazardFootprint:
        """Where the storm's wind or rain reached its threshold, contours of both."""
        drawn = _draw_footprint(self, near)
        return replace(drawn, areas=drawn.areas.copy())

    def find_in_path(self, locations: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """Where wind or rain reached its threshold at the place itself; see ``Hazard``."""
        places = read_points(locations)
        reached: NDArray[np.bool_] = self._sense_wind(places).sustained_mps >= self.threshold_mps
        dry = np.flatnonzero(~reached)
        rain = self._sense_rain((places[0][dry], places[1][dry]))
        reached[dry] = rain.total_mm >= self.rain_threshold_mm
        return reached

    def rows(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """Wind and rain at each location; see ``Hazard``."""
        places = read_places(locations)
        return tabulate_rows(
            locations, self._describe(self._sense_wind(places), self._sense_rain(places))
        )

    def assess(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """Wind, rain, loss instant and prior at each location; see ``Hazard``.

        The loss instant is that of the strongest wind; in heavy rain without such wind, when half
        of the rain had fallen. Where the storm never brought the lowest computed wind, winds are 0
        and the loss instant is that of its nearest approach.
        """
        places = read_places(locations)
        wind, rain = self._sense_wind(places), self._sense_rain(places)
        hazards = self._describe(wind, rain)
        is_by_wind, is_by_rain = (hazard.is_reached for hazard in hazards)
        gusts = self._sense_gusts(places)
        prior = take_worse(
            average_priors([self._weigh(locations, gust) for gust in gusts]),
            compute_rain_prior(is_by_rain),
        )
        loss_at = np.where(
            is_by_rain & ~is_by_wind, rain.half_at_utc, self._date_wind(wind, places)
        )
        table = tabulate(locations, (wind.sustained_mps, gusts[0]), loss_at, self.basis, prior)
        return table.assign(
            rain_mm=rain.total_mm,
            hazard_reason=name_reasons(hazards),
            leading_hazard=name_leading(hazards),
        )

    def _sense_wind(self, places: tuple[Array, Array]) -> WindAtPoints:
        return compute_wind_at(self.track, *places, self.wind)

    def _sense_rain(self, places: tuple[Array, Array]) -> RainAtPoints:
        return compute_rain_at(self.track, *places, self.rain)

    def _sense_gusts(self, places: tuple[Array, Array]) -> list[Array]:
        """Gusts ``(locations,)``: the best estimate, then that of another core if one is needed.

        Where the track gives no radius of maximum wind, two published estimates differ by a factor
        of two for a small strong storm (Michael at landfall 7 and 14 nautical miles, by aircraft
        10), and the chances of damage by far more. Neither is better known beforehand.
        """
        best = compute_wind_at(refine_core(self.track), *places, self.wind).gust_mps
        if all(point.rmw_m for point in self.track.points):
            return [best]
        return [best, compute_wind_at(fill_decay(self.track), *places, self.wind).gust_mps]

    def _weigh(self, locations: gpd.GeoDataFrame, gust_mps: Array) -> Prior:
        return compute_wind_prior(
            gust_mps,
            locations["year_built"].to_numpy(dtype=np.float64, na_value=np.nan),
            locations["construction_code"].to_numpy(dtype=np.int64),
            self.prior,
        )

    def _date_wind(self, wind: WindAtPoints, places: tuple[Array, Array]) -> NDArray[np.datetime64]:
        peak_at = wind.peak_at_utc.copy()
        is_unreached = np.isnat(peak_at)
        peak_at[is_unreached] = compute_nearest_approach(
            self.track, places[0][is_unreached], places[1][is_unreached]
        )
        return peak_at

    def _describe(self, wind: WindAtPoints, rain: RainAtPoints) -> list[HazardRow]:
        """Wind, then rain."""
        how = "parametric field at the place"
        return [
            HazardRow(
                HazardKind.WIND,
                wind.sustained_mps,
                "m/s",
                self.threshold_mps,
                wind.sustained_mps >= self.threshold_mps,
                self.basis,
                how,
                wind.peak_at_utc,
                measure="sustained",
            ),
            HazardRow(
                HazardKind.RAIN,
                rain.total_mm,
                "mm",
                self.rain_threshold_mm,
                rain.total_mm >= self.rain_threshold_mm,
                self.basis,
                how,
                rain.half_at_utc,
            ),
        ]


_HAZARDS: tuple[type[Hazard], ...] = (HurricaneHazard,)


@lru_cache(maxsize=8)
def _draw_footprint(hazard: HurricaneHazard, near: Bounds | None) -> HazardFootprint:
    """Kept, since the runs of a day ask for the same drawing again."""
    return join_footprints(
        compute_track_footprint(
            hazard.track, hazard.threshold_mps, hazard.drawing, near, hazard.wind
        ),
        compute_rain_footprint(
            hazard.track, hazard.rain_threshold_mm, hazard.drawing, near, hazard.rain
        ),
    )
