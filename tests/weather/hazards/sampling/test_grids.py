"""Grids at places: the cell that holds each, and what is not looked at."""

import numpy as np
from affine import Affine

from weather.hazards.sampling.grids import sample_grid
from weather.sources.grids.grid import ArrayCells, HazardGrid


def test_the_cell_that_holds_the_place():
    cells = ArrayCells(np.array([[1.0, -1], [-3, 2]]))
    grid = HazardGrid(
        cells, (2, 2), Affine(1, 0, -90, 0, -1, 40), "EPSG:4326", "hail", "mm", factor=2.0,
        no_data=(-1,), no_coverage=(-3,),
    )  # fmt: skip
    found = sample_grid(
        grid, np.array([-89.5, -88.5, -89.5, -88.5, 0]), np.array([39.5, 39.5, 38.5, 38.5, 0])
    )
    np.testing.assert_array_equal(found.value, [2, np.nan, np.nan, 4, np.nan])
    np.testing.assert_array_equal(found.distance_m, [0, np.nan, np.nan, 0, np.nan])
    assert found.is_covered.tolist() == [True, True, False, True, False]
    assert found.unit == "mm"
