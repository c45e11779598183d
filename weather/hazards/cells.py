"""Cells of a field as an area, for maps. Pure but for the reading of the field."""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from core.grid import WGS84, Bounds
from weather.sources.grids.grid import Block, HazardGrid

MOST_CELLS = 1_000_000
"""Drawn from at most so many cells: of a finer field every so-many-th, as a map shows no more."""
_FULL_TURN_DEG = 360.0
_HALF_TURN_DEG = 180.0


def outline_cells(
    grid: HazardGrid, levels: Sequence[float], near: Bounds | None
) -> list[BaseGeometry]:
    """The areas of the cells that reach each level, EPSG:4326; empty where none does.

    Args:
        grid: the field, which is read once.
        levels: in its unit.
        near: EPSG:4326 bounds outside which nothing need be drawn; None = everywhere.

    Raises:
        WeatherError: the field cannot be read.
    """
    block = Block(0, 0, *grid.shape) if near is None else grid.find_block(near)
    if block is None:
        return [shapely.MultiPolygon() for _ in levels]
    step = max(1, math.ceil(math.sqrt(block.rows * block.columns / MOST_CELLS)))
    with np.errstate(invalid="ignore"):
        values = grid.read(block).value[::step, ::step]
        return [_outline(grid, block, values >= level, step) for level in levels]


def _outline(grid: HazardGrid, block: Block, reached: NDArray[np.bool_], step: int) -> BaseGeometry:
    runs = _find_runs(reached)
    corners = runs[:, [0, 2, 0, 3, 1, 3, 1, 2]].reshape(-1, 4, 2).astype(np.float64) * step
    corners[..., 0] += block.row
    corners[..., 1] += block.column
    return shapely.union_all(shapely.polygons(_place(grid, corners)))


def _find_runs(reached: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Rows of neighbours that are True, ``(runs, 4)``: row, row after, column, column after."""
    padded = np.pad(reached, ((0, 0), (1, 1))).astype(np.int8)
    rows, columns = np.nonzero(np.diff(padded, axis=1))
    starts, ends = columns[::2], columns[1::2]
    return np.column_stack([rows[::2], rows[::2] + 1, starts, ends])


def _place(grid: HazardGrid, corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners as row and column to longitude and latitude, ``(runs, 4, 2)``."""
    t, down, across = grid.transform, corners[..., 0], corners[..., 1]
    x, y = t.a * across + t.b * down + t.c, t.d * across + t.e * down + t.f
    longitude, latitude = Transformer.from_crs(grid.crs, WGS84, always_xy=True).transform(x, y)
    turned = np.mod(np.asarray(longitude) + _HALF_TURN_DEG, _FULL_TURN_DEG) - _HALF_TURN_DEG
    return np.stack([turned, np.asarray(latitude)], axis=-1)
