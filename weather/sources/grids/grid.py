"""A hazard on a grid: what it says at any place, for as many places as are asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

from core.grid import WGS84, Bounds

_BLOCK_CELLS = 2048
"""Rows and columns that are read at once: 32 MiB, whatever the size of the grid."""
_TURN_DEG = 360.0
_LATTICE = 33
"""Places along each side of bounds that are looked up: the edge of a grid askew to them is found to
a thirtieth of their side."""
BEYOND = 1e15
"""No hazard is that strong; fill values that a file does not declare are."""
NOT_STATED = "not stated"


class Block(NamedTuple):
    """A rectangle of cells."""

    row: int
    column: int
    rows: int
    columns: int


class CellSource(Protocol):
    """Where the values of a grid come from."""

    def read(self, blocks: Iterable[Block]) -> Iterator[NDArray[np.float64]]:
        """Values of each block, ``(rows, columns)``, NaN where the file declares none."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrayCells:
    """Values in memory, ``(rows, columns)``."""

    values: NDArray[np.float64]

    def read(self, blocks: Iterable[Block]) -> Iterator[NDArray[np.float64]]:
        """Values of each block."""
        for row, column, rows, columns in blocks:
            yield self.values[row : row + rows, column : column + columns]


class Samples(NamedTuple):
    """What a grid says at places.

    Attributes:
        value: in the grid's unit, ``(places,)``, NaN where it says none.
        is_covered: whether the product looks there at all, ``(places,)``. Covered without a value
            means that nothing was found; not covered means that nobody knows.
    """

    value: NDArray[np.float64]
    is_covered: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class HazardGrid:
    """A field of one hazard at one time, its values read when asked for.

    Attributes:
        cells: where the values come from.
        shape: rows and columns.
        transform: from column and row (corners at whole numbers) to the CRS.
        crs: as text that pyproj reads.
        element: what is measured, as the product words it.
        unit: of sampled values, or ``not stated``.
        valid_at_utc: when it holds; None where the product does not say.
        factor: of sampled values over those of the file.
        no_data: values of the file that say: looked at, nothing found.
        no_coverage: values of the file that say: not looked at.
        believable: least and greatest value in ``unit``; what lies outside is no value.
    """

    cells: CellSource
    shape: tuple[int, int]
    transform: Affine
    crs: str
    element: str
    unit: str
    valid_at_utc: datetime | None = None
    factor: float = 1.0
    no_data: tuple[float, ...] = ()
    no_coverage: tuple[float, ...] = ()
    believable: tuple[float, float] = (-BEYOND, BEYOND)

    def sample(self, longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> Samples:
        """What the grid says at places: the value of the cell that holds each.

        Only the cells around the places are read, in blocks.

        Args:
            longitude_deg: ``(places,)``, WGS84; 230 and -130 are the same.
            latitude_deg: ``(places,)``.

        Raises:
            WeatherError: the file cannot be read.
        """
        rows, columns = self._find_cells(
            np.asarray(longitude_deg, np.float64), np.asarray(latitude_deg, np.float64)
        )
        value = np.full(len(rows), np.nan)
        is_covered = np.zeros(len(rows), dtype=np.bool_)
        parts = list(_group(rows, columns, self.shape))
        blocks = [_bound(rows[part], columns[part]) for part in parts]
        for part, block, found in zip(parts, blocks, self.cells.read(blocks), strict=True):
            value[part], is_covered[part] = self.judge(
                found[rows[part] - block.row, columns[part] - block.column]
            )
        return Samples(value, is_covered)

    def find_block(self, bounds: Bounds) -> Block | None:
        """The cells under bounds (EPSG:4326), by lattices over both; None where there are none.

        A lattice over the bounds finds them in a wider grid, one over the grid a smaller grid that
        lies between the places of the first.
        """
        longitude, latitude = np.meshgrid(
            np.linspace(bounds.west, bounds.east, _LATTICE),
            np.linspace(bounds.south, bounds.north, _LATTICE),
        )
        rows, columns = self._find_cells(longitude.ravel(), latitude.ravel())
        is_on = rows >= 0
        own_rows, own_columns = self._find_own(bounds)
        rows = np.concatenate([rows[is_on], own_rows])
        columns = np.concatenate([columns[is_on], own_columns])
        return _bound(rows, columns) if len(rows) else None

    def read(self, block: Block) -> Samples:
        """What the grid says in a rectangle of cells, each ``(rows, columns)``.

        Raises:
            WeatherError: the file cannot be read.
        """
        (found,) = self.cells.read([block])
        return self.judge(found)

    def judge(self, found: NDArray[np.float64]) -> Samples:
        """Values of the file in the grid's unit, and whether the product looked there."""
        is_nothing = np.isin(found, self.no_data)
        least, greatest = self.believable
        with np.errstate(invalid="ignore", over="ignore"):
            value = np.where(is_nothing, np.nan, found * self.factor)
            is_said = (value >= least) & (value <= greatest) & ~np.isin(found, self.no_coverage)
        return Samples(np.where(is_said, value, np.nan), is_said | is_nothing)

    def _find_own(self, bounds: Bounds) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of a lattice over the grid whose cells' centres lie in bounds."""
        lattice = np.meshgrid(*(np.linspace(0, side - 1, _LATTICE).round() for side in self.shape))
        down, across = (each.ravel() for each in lattice)
        t = self.transform
        x = t.a * (across + 0.5) + t.b * (down + 0.5) + t.c
        y = t.d * (across + 0.5) + t.e * (down + 0.5) + t.f
        to_degrees = Transformer.from_crs(self.crs, WGS84, always_xy=True)
        longitude, latitude = (np.asarray(each) for each in to_degrees.transform(x, y))
        with np.errstate(invalid="ignore"):
            is_in = (
                (np.mod(longitude - bounds.west, _TURN_DEG) <= bounds.east - bounds.west)
                & (latitude >= bounds.south)
                & (latitude <= bounds.north)
            )
        return down[is_in].astype(np.int64), across[is_in].astype(np.int64)

    def _find_cells(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of each place, -1 where it lies off the grid."""
        crs = CRS.from_user_input(self.crs)
        x, y = longitude, latitude
        if crs != CRS.from_user_input(WGS84):
            x, y = Transformer.from_crs(WGS84, crs, always_xy=True).transform(x, y)
        inverse = ~self.transform
        if crs.is_geographic:
            west = min(self.transform.c, (self.transform * (self.shape[1], 0))[0])
            x = west + np.mod(x - west, _TURN_DEG)
        across = inverse.a * x + inverse.b * y + inverse.c
        down = inverse.d * x + inverse.e * y + inverse.f
        with np.errstate(invalid="ignore"):
            is_on = (down >= 0) & (down < self.shape[0]) & (across >= 0) & (across < self.shape[1])
        return (
            np.where(is_on, down, -1).astype(np.int64),
            np.where(is_on, across, -1).astype(np.int64),
        )


def _group(
    rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]
) -> Iterator[NDArray[np.int64]]:
    """Indices of the places on the grid, those of a block together."""
    across = -(-shape[1] // _BLOCK_CELLS)
    blocks = rows // _BLOCK_CELLS * across + columns // _BLOCK_CELLS
    blocks[rows < 0] = -1
    order = np.argsort(blocks, kind="stable")
    starts = np.flatnonzero(np.diff(blocks[order], prepend=-1))
    yield from np.split(order, starts)[1:]


def _bound(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Block:
    row, column = int(rows.min()), int(columns.min())
    return Block(row, column, int(rows.max()) - row + 1, int(columns.max()) - column + 1)


def split_rows(shape: tuple[int, int]) -> Iterator[Block]:
    """The whole grid in blocks of full rows."""
    rows, columns = shape
    step = max(1, _BLOCK_CELLS**2 // columns)
    for row in range(0, rows, step):
        yield Block(row, 0, min(step, rows - row), columns)
