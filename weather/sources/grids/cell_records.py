"""Cells of grids as records: one row for each that says something."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from core.errors import WeatherError
from core.grid import WGS84
from weather.sources.grids.grid import HazardGrid, split_rows
from weather.sources.records import tabulate

_MOST_ROWS = 12_000_000
"""More points than that do not fit into 8 GiB as a table."""
_HALF_TURN_DEG, _RIGHT_ANGLE_DEG = 180.0, 90.0


class Tally(NamedTuple):
    """How many cells of a grid say what."""

    said: int
    nothing: int
    uncovered: int


def tabulate_cells(
    grids: Sequence[HazardGrid], schema: pa.DataFrameSchema, name: str, above: float
) -> tuple[gpd.GeoDataFrame, list[Tally]]:
    """Rows of the cells with a value, of all bands, and how many there were of each sort.

    Args:
        grids: one a band.
        schema: of the kind.
        name: of the file, for messages.
        above: only cells with a greater value are rows.

    Raises:
        WeatherError: the file cannot be read, or holds more rows than a table can.
    """
    parts, tallies = [], []
    for band, grid in enumerate(grids, start=1):
        found = list(_read_rows(grid, name, above))
        tallies.append(Tally(*(sum(each) for each in zip(*(t for _, t in found), strict=True))))
        parts.append(_make_rows(grid, [rows for rows, _ in found], name).assign(band=band))
    table = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return tabulate(table, schema), tallies


_Cells = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _read_rows(grid: HazardGrid, name: str, above: float) -> Iterator[tuple[_Cells, Tally]]:
    """Rows, columns and values of the cells above a value, block by block."""
    blocks = list(split_rows(grid.shape))
    count = 0
    for block, found in zip(blocks, grid.cells.read(blocks), strict=True):
        value, is_covered = grid.judge(found)
        with np.errstate(invalid="ignore"):
            rows, columns = np.nonzero(value > above)
        count += len(rows)
        if count > _MOST_ROWS:
            raise WeatherError(
                f"reading {name}", f"more than {_MOST_ROWS} of its cells hold a value",
                "Cut it to the area of the event",
            )  # fmt: skip
        is_said = np.isfinite(value)
        tally = Tally(
            int(is_said.sum()), int((is_covered & ~is_said).sum()), int((~is_covered).sum())
        )
        yield (rows + block.row, columns + block.column, value[rows, columns]), tally


def _make_rows(grid: HazardGrid, found: Iterable[_Cells], name: str) -> pd.DataFrame:
    rows, columns, value = (np.concatenate(each) for each in zip(*found, strict=True))
    return pd.DataFrame(
        {
            "row": rows + 1, "column": columns + 1,
            "element": grid.element, "value": value, "unit": grid.unit,
            "valid_at_utc": pd.Timestamp(grid.valid_at_utc) if grid.valid_at_utc else pd.NaT,
            "geometry": _place_cells(grid, rows, columns, name),
        }
    )  # fmt: skip


def _place_cells(
    grid: HazardGrid, rows: NDArray[np.int64], columns: NDArray[np.int64], name: str
) -> NDArray[np.object_]:
    """Points at the centres of cells, EPSG:4326, longitudes from -180 to 180."""
    t = grid.transform
    across, down = columns + 0.5, rows + 0.5
    x, y = t.a * across + t.b * down + t.c, t.d * across + t.e * down + t.f
    longitude, latitude = Transformer.from_crs(grid.crs, WGS84, always_xy=True).transform(x, y)
    if not (np.isfinite(longitude).all() and (np.abs(latitude) <= _RIGHT_ANGLE_DEG).all()):
        raise WeatherError(
            f"reading {name}", f"its cells around {x[0]:g} {y[0]:g} lie nowhere on Earth",
            "Check the CRS and the transform of the file",
        )  # fmt: skip
    turned = np.mod(longitude + _HALF_TURN_DEG, 2 * _HALF_TURN_DEG) - _HALF_TURN_DEG
    return shapely.points(turned, latitude)
