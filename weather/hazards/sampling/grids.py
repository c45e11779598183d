"""Grids at places. Reads the cells around them."""

import numpy as np
from numpy.typing import NDArray

from weather.hazards.sampling.sampled import Sampled
from weather.sources.grids.grid import HazardGrid

Array = NDArray[np.float64]
HOW = "nearest cell"


def sample_grid(grid: HazardGrid, longitude_deg: Array, latitude_deg: Array) -> Sampled:
    """The value of the cell that holds each place.

    Args:
        grid: of one hazard.
        longitude_deg: ``(places,)``, EPSG:4326.
        latitude_deg: ``(places,)``.

    Raises:
        WeatherError: the grid's file cannot be read.
    """
    value, is_covered = grid.sample(longitude_deg, latitude_deg)
    distance = np.where(np.isnan(value), np.nan, 0.0)
    return Sampled(value, grid.unit, distance, is_covered, HOW)
