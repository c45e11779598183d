"""Where work waits: homes by area, and what each base can do in each. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from h3.api import basic_str as h3
from numpy.typing import NDArray
from pyproj import Geod

from claims.staffing.bases import Base
from claims.staffing.options import CapacityOptions

M_PER_KM = 1000.0
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Homes that wait, by area; within each the one with most at stake first.

    Attributes:
        cells: ids of H3 cells, sorted.
        starts: where each cell's homes begin in ``losses``, and their number at the end.
        losses: what is at stake at each home, falling within its cell.
        homes: the place of each in the table that they came from.
    """

    cells: tuple[str, ...]
    starts: NDArray[np.int64]
    losses: NDArray[np.float64]
    homes: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Homes of each cell."""
        return np.diff(self.starts)

    @property
    def cell_of_home(self) -> NDArray[np.int64]:
        """The cell of each home, as its place among ``cells``."""
        return np.repeat(np.arange(len(self.cells)), self.sizes)

    def sums(self) -> NDArray[np.float64]:
        """What the first homes hold, over all cells; ``sums[n]`` of the first ``n``."""
        return np.concatenate(([0.0], np.cumsum(self.losses)))


def gather_demand(homes: pd.DataFrame, resolution: int) -> Demand:
    """Homes by cell.

    Args:
        homes: ``latitude``, ``longitude`` in degrees and ``loss``, at least 0.
        resolution: of H3.
    """
    places = zip(homes["latitude"].tolist(), homes["longitude"].tolist(), strict=True)
    named = np.array([h3.latlng_to_cell(lat, lon, resolution) for lat, lon in places], dtype=object)
    cells, owner = np.unique(named.astype(str), return_inverse=True)
    losses = homes["loss"].to_numpy(np.float64)
    order = np.lexsort((np.arange(len(homes)), -losses, owner))
    starts = np.searchsorted(owner[order], np.arange(len(cells) + 1))
    return Demand(tuple(map(str, cells)), starts.astype(np.int64), losses[order], order)


def compute_travel(
    demand: Demand, bases: Sequence[Base], options: CapacityOptions
) -> NDArray[np.float64]:
    """Hours a day on the road for each base and cell, there and back; ``(bases, cells)``."""
    centres = np.array([h3.cell_to_latlng(cell) for cell in demand.cells]).reshape(-1, 2)
    hours = np.full((len(bases), len(centres)), options.away_h)
    for row, base in enumerate(bases):
        if base.latitude is None or not len(centres):
            continue
        lat, lon = np.full(len(centres), base.latitude), np.full(len(centres), base.longitude)
        metres = _GEOD.inv(lon, lat, centres[:, 1], centres[:, 0])[2]
        hours[row] = 2 * metres / M_PER_KM * options.detour / options.drive_kmh
    return hours


def count_visits(
    travel_h: NDArray[np.float64], bases: Sequence[Base], options: CapacityOptions
) -> NDArray[np.int64]:
    """Homes that one adjuster of each base can visit in each cell on the day, whole ones."""
    hours = np.array([[base.hours_per_day] for base in bases]).reshape(-1, 1)
    left = np.clip(hours - travel_h, 0.0, None)
    # a visit that ends with the day counts, whatever the last bit of the division says
    return np.floor(left / options.hours_per_home + 1e-9).astype(np.int64)
