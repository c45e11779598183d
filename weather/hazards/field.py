"""A hazard whose strength a raster gives: depth, hail, rain, gust, shaking."""

from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.grid import WGS84, Bounds
from core.hazards.kinds import HazardKind
from core.schemas.hazards import HAZARD_AREAS
from core.tables import check_table
from weather.hazards.cells import outline_cells
from weather.hazards.curves import CURVES, compute_prior
from weather.hazards.footprint import HazardFootprint
from weather.hazards.hazard import Hazard, read_places, read_points, tabulate
from weather.hazards.levels import choose_levels
from weather.hazards.prior import Prior, compute_rain_prior, compute_wind_prior
from weather.hazards.rows import HazardRow, name_reasons, tabulate_rows
from weather.hazards.sampling.grids import HOW, sample_grid
from weather.sources.grids.grid import HazardGrid

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FieldHazard:
    """A field of one hazard at one time."""

    kind: HazardKind
    """What it is."""

    grid: HazardGrid
    """The field."""

    threshold: float
    """From which homes are looked at, in the field's unit."""

    product: str
    """What it was taken from, as in the file's name."""

    start_utc: datetime
    """First instant a loss can have occurred."""

    end_utc: datetime
    """Last such instant."""

    def footprint(self, near: Bounds | None = None) -> HazardFootprint:
        """Cells at or over the threshold as one area, and those of map levels above it."""
        levels = choose_levels(self.kind, self.grid.unit, self.threshold)
        areas = outline_cells(self.grid, levels, near)
        table = gpd.GeoDataFrame({"value": levels}, geometry=areas, crs=WGS84)
        drawn = table[~table.is_empty].assign(hazard=str(self.kind), unit=self.grid.unit)
        return HazardFootprint(areas[0], self.basis, check_table(drawn, HAZARD_AREAS))

    @property
    def basis(self) -> str:
        """Where the hazard comes from."""
        return f"{self.kind}:{self.product}"

    def find_in_path(self, locations: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """Where the field reached the threshold; where it did not look, no home is in its path."""
        reached: NDArray[np.bool_] = self._sense(read_points(locations)) >= self.threshold
        return reached

    def rows(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """The field at each location; see ``Hazard``."""
        return tabulate_rows(locations, [self._describe(self._sense(read_places(locations)))])

    def assess(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """The field, its time and the prior at each location; see ``Hazard``.

        A field of one time dates the loss; of many hours, or without a time, it is the window.
        """
        value = self._sense(read_places(locations))
        count, unknown = len(locations), np.full(len(locations), np.nan)
        gust = value if self.kind is HazardKind.WIND else unknown
        start = np.datetime64(self.start_utc.replace(tzinfo=None), "us")
        row = self._describe(value)
        table = tabulate(
            locations, (unknown, gust), np.full(count, start), self.basis,
            self._weigh(locations, value),
        )  # fmt: skip
        until = pd.Series(pd.Timestamp(self.end_utc), index=table.index)
        words = name_reasons([row])
        rain = value if self.kind is HazardKind.RAIN else unknown
        return table.assign(
            loss_until_utc=until.astype(table["loss_at_utc"].dtype), rain_mm=rain,
            hazard_reason=words, leading_hazard=words,
        )  # fmt: skip

    def _sense(self, places: tuple[Array, Array]) -> Array:
        return np.nan_to_num(sample_grid(self.grid, *places).value)

    def _weigh(self, locations: gpd.GeoDataFrame, value: Array) -> Prior:
        if self.kind in CURVES:
            return compute_prior(self.kind, value)
        if self.kind is HazardKind.WIND:
            return compute_wind_prior(
                value,
                locations["year_built"].to_numpy(dtype=np.float64, na_value=np.nan),
                locations["construction_code"].to_numpy(dtype=np.int64),
            )
        return compute_rain_prior(value >= self.threshold)

    def _describe(self, value: Array) -> HazardRow:
        at = self.grid.valid_at_utc
        peak = (
            np.datetime64("NaT", "us")
            if at is None
            else np.datetime64(at.replace(tzinfo=None), "us")
        )
        return HazardRow(
            self.kind, value, self.grid.unit, self.threshold, value >= self.threshold,
            self.product, HOW, np.full(len(value), peak),
            measure="gust" if self.kind is HazardKind.WIND else None,
        )  # fmt: skip


_HAZARDS: tuple[type[Hazard], ...] = (FieldHazard,)
