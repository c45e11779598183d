"""Where things stand in a rendered town: blocks, streets, lots and homes. Pure geometry.

Town metres run right (x) and down (y) from the upper left corner of the picture. Streets are
straight in street coordinates (u, v), which a gentle warp bends into the town.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import SettingsError
from imagery.town.homes import MAIN_HALF_M, STREET_HALF_M, Homes, Warp, build_homes
from imagery.town.noise import Raster
from imagery.town.options import TownOptions
from imagery.town.style import TownStyle

BLOCK_LOTS = 8
"""Lots along a block side: some 200 m, a usual US block length."""
EDGE_M = 20.0
"""Blocks keep this far from the town's edge; wider than the warp."""
BUILT_FRAC = 0.6
"""Share of the lots that may be homes; the rest is woods, meadow, pond and shops."""
VACANT_FRAC = 0.05
"""Share of lots left empty inside built blocks."""
SEAM_M = 16.0
"""No home's centre this near to where a lost scene's neighbour begins: longer than half a home's
diagonal and a shift, so no home is half seen."""
POND_SIZE = (0.55, 0.7)
"""Length and width of a pond beside those of its block."""
GROWTH_LIMIT = 64
"""Tiles a side at most; far above any town that ``MAX_HOMES`` needs."""

_PLAN_STREAM = 21


class Cell(IntEnum):
    """Use of a block."""

    WOODS = 0
    MEADOW = 1
    HOMES = 2
    SHOPS = 3
    POND = 4


@dataclass(frozen=True, slots=True)
class Street:
    """A street of constant v (``is_across`` False) or constant u, in street coordinates."""

    is_across: bool
    at_m: float
    start_m: float
    end_m: float
    half_m: float


@dataclass(frozen=True, slots=True, eq=False)
class TownPlan:
    """The layout of one town.

    Attributes:
        tiles: rows and columns of scenes.
        town_px: rows and columns of the whole picture.
        missing_tile: row and column of the lost post scene, if any.
        warp: bends streets.
        column_edges_m: ``(columns + 1,)`` u of the street lines between blocks.
        row_edges_m: ``(rows + 1,)`` v likewise.
        cells: ``(rows, columns)`` use of each block, values of ``Cell``.
        streets: all streets.
        homes: all homes.
    """

    tiles: tuple[int, int]
    town_px: tuple[int, int]
    missing_tile: tuple[int, int] | None
    warp: Warp
    column_edges_m: Raster
    row_edges_m: Raster
    cells: NDArray[np.intp]
    streets: tuple[Street, ...]
    homes: Homes

    def find_cells(self, x: Raster, y: Raster) -> NDArray[np.intp]:
        """Use of the block at points in town metres; outside the blocks it is woods."""
        u, v = self.warp.to_street(x, y)
        column = np.searchsorted(self.column_edges_m, u) - 1
        row = np.searchsorted(self.row_edges_m, v) - 1
        rows, columns = self.cells.shape
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        found = self.cells[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
        return np.where(inside, found, Cell.WOODS)

    def measure_pond_m(self, x: Raster, y: Raster) -> Raster:
        """Metres from points in town metres to a pond's mean shore, positive in the water."""
        u, v = self.warp.to_street(x, y)
        depth = np.full(np.broadcast(u, v).shape, -np.inf, dtype=np.float32)
        columns, rows = self.column_edges_m, self.row_edges_m
        half_u = float(columns[1] - columns[0]) * POND_SIZE[0] / 2
        half_v = float(rows[1] - rows[0]) * POND_SIZE[1] / 2
        for row, column in np.argwhere(self.cells == Cell.POND):
            mid_u = float(columns[column] + columns[column + 1]) / 2
            mid_v = float(rows[row] + rows[row + 1]) / 2
            off_centre = np.hypot((u - mid_u) / half_u, (v - mid_v) / half_v)
            np.maximum(depth, (1 - off_centre) * half_v, out=depth)
        return depth

    def measure_street_m(self, x: Raster, y: Raster) -> Raster:
        """Metres from points in town metres to the nearest kerb, negative on a street."""
        u, v = self.warp.to_street(x, y)
        nearest = np.full(np.broadcast(u, v).shape, np.inf, dtype=np.float32)
        for street in self.streets:
            np.minimum(nearest, measure_one_street_m(street, u, v), out=nearest)
        return nearest


def measure_one_street_m(street: Street, u: Raster, v: Raster) -> Raster:
    """Metres from points in street coordinates to a street's kerb, negative on it."""
    along, across = (v, u) if street.is_across else (u, v)
    ends = np.maximum(street.start_m - along, along - street.end_m)
    return np.maximum(np.abs(across - street.at_m) - street.half_m, ends)


def plan_town(options: TownOptions, style: TownStyle) -> TownPlan:
    """The smallest town of whole tiles that holds the homes asked for.

    Raises:
        SettingsError: no size holds them.
    """
    for size in range(2, GROWTH_LIMIT):
        tiles = (size // 2, size - size // 2)
        plan = _plan_on(tiles, options, style)
        if len(plan.homes) == options.homes:
            return plan
    raise SettingsError(
        f"planning town {options.town_id}",
        f"{options.homes} homes do not fit tiles of {options.tile_px} px at {options.gsd_m} m",
        "Ask for fewer homes or larger tiles",
    )


def _plan_on(tiles: tuple[int, int], options: TownOptions, style: TownStyle) -> TownPlan:
    """A town of given tiles; with fewer homes than asked if they do not fit."""
    rng = np.random.default_rng((options.seed, _PLAN_STREAM))
    stride_px = options.tile_px - options.overlap_px
    town_px = (tiles[0] * stride_px + options.overlap_px, tiles[1] * stride_px + options.overlap_px)
    missing = None
    if options.missing_tiles and max(tiles) > 1:
        missing = (int(rng.integers(tiles[0])), int(rng.integers(tiles[1])))
    warp = _draw_warp(rng)
    size_m = (town_px[1] * options.gsd_m, town_px[0] * options.gsd_m)
    columns = _place_lines(size_m[0], BLOCK_LOTS * style.lot_width_m)
    rows = _place_lines(size_m[1], 2 * style.lot_depth_m)
    order = _order_cells(rng, (len(rows) - 1, len(columns) - 1))
    lots = _cut_lots(order, columns, rows, style)
    lots = _drop_seams(lots, warp, _find_seams(missing, tiles, options))
    lots = lots[rng.random(len(lots)) >= VACANT_FRAC]
    lots = lots[: options.homes] if options.homes <= BUILT_FRAC * len(lots) else lots[:0]
    cells = _choose_uses(rng, order, int(lots[-1, 0]) + 1 if len(lots) else 0)
    return TownPlan(
        tiles,
        town_px,
        missing,
        warp,
        columns,
        rows,
        cells,
        tuple(_lay_streets(cells, columns, rows)),
        build_homes(rng, lots, warp, style),
    )


def _draw_warp(rng: np.random.Generator) -> Warp:
    amplitude, length = rng.uniform(4, 12, 2), rng.uniform(450, 800, 2)
    phase = rng.uniform(0, 2 * np.pi, 2)
    return Warp(
        (float(amplitude[0]), float(amplitude[1])),
        (float(length[0]), float(length[1])),
        (float(phase[0]), float(phase[1])),
    )


def _place_lines(size_m: float, block_m: float) -> Raster:
    """Centre lines of parallel streets, at most a block apart and filling the size evenly."""
    usable_m = size_m - 2 * EDGE_M
    pitch_m = block_m + 2 * STREET_HALF_M
    count = max(1, int(usable_m / pitch_m))
    pitch_m = min(pitch_m * 1.12, usable_m / count)
    start_m = (size_m - count * pitch_m) / 2
    return start_m + pitch_m * np.arange(count + 1)


def _order_cells(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.intp]:
    """``(cells, 2)`` rows and columns of blocks, the town's middle first, with ragged edges."""
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 2)
    middle = (np.array(shape) - 1) * rng.uniform(0.4, 0.6, 2)
    distance = np.hypot(*((grid - middle) / np.maximum(shape, 1)).T)
    return grid[np.argsort(distance + rng.normal(0, 0.07, len(grid)), kind="stable")]


def _cut_lots(order: NDArray[np.intp], columns: Raster, rows: Raster, style: TownStyle) -> Raster:
    """Lots ``(n, 6)``: rank of the block, u, v of the middle, half width, half depth, front."""
    width_m = columns[1] - columns[0] - 2 * MAIN_HALF_M
    count = int(width_m / style.lot_width_m)
    if count == 0 or len(order) == 0:
        return np.empty((0, 6))
    half_w = width_m / count / 2
    half_d = (rows[1] - rows[0] - 2 * MAIN_HALF_M) / 4
    place = np.arange(count) * 2 * half_w + half_w + MAIN_HALF_M
    lots = [
        np.column_stack(
            [
                np.full(count, rank),
                columns[column] + place,
                np.full(count, (rows[row] + rows[row + 1]) / 2 + front * half_d),
                np.full(count, half_w),
                np.full(count, half_d),
                np.full(count, front),
            ]
        )
        for rank, (row, column) in enumerate(order)
        for front in (-1, 1)
    ]
    return np.concatenate(lots)


def _find_seams(
    missing: tuple[int, int] | None, tiles: tuple[int, int], options: TownOptions
) -> list[tuple[int, float]]:
    """Lines (axis 0 = x, 1 = y; metres) where the neighbours of the lost scene begin or end."""
    if missing is None:
        return []
    stride_m = (options.tile_px - options.overlap_px) * options.gsd_m
    seams = []
    for axis, (place, count) in enumerate(zip(reversed(missing), reversed(tiles), strict=True)):
        if place > 0:
            seams.append((axis, place * stride_m + options.overlap_px * options.gsd_m))
        if place < count - 1:
            seams.append((axis, (place + 1) * stride_m))
    return seams


def _drop_seams(lots: Raster, warp: Warp, seams: list[tuple[int, float]]) -> Raster:
    place = np.stack(warp.to_town(lots[:, 1], lots[:, 2]))
    near = np.zeros(len(lots), dtype=bool)
    for axis, at_m in seams:
        near |= np.abs(place[axis] - at_m) < SEAM_M
    return lots[~near]


def _choose_uses(rng: np.random.Generator, order: NDArray[np.intp], built: int) -> NDArray[np.intp]:
    """``(rows, columns)`` of ``Cell``: homes first, then shops and a pond beside, then wild."""
    rest = len(order) - built
    uses = np.full(len(order), Cell.HOMES, dtype=np.intp)
    uses[built:] = rng.choice([Cell.WOODS, Cell.MEADOW], rest, p=[0.7, 0.3])
    fringe = built + rng.permutation(min(rest, 6))
    uses[fringe[:1]] = Cell.POND
    uses[fringe[1:3]] = Cell.SHOPS
    cells = np.zeros(order.max(axis=0) + 1, dtype=np.intp)
    cells[order[:, 0], order[:, 1]] = uses
    return cells


def _lay_streets(cells: NDArray[np.intp], columns: Raster, rows: Raster) -> list[Street]:
    """Streets along every built block, and two main roads through the whole town."""
    is_built = np.isin(cells, (Cell.HOMES, Cell.SHOPS))
    streets = []
    for is_across, built, lines, marks in (
        (False, is_built, rows, columns),
        (True, is_built.T, columns, rows),
    ):
        padded = np.pad(built, ((1, 1), (0, 0)))
        used = padded[:-1] | padded[1:]
        main = len(lines) // 2
        for line, at_m in enumerate(lines):
            if line == main:
                reach_m = float(marks[-1] - marks[0]) + 200
                streets.append(Street(is_across, float(at_m), -100, reach_m, MAIN_HALF_M))
                continue
            for first, last in _runs(used[line]):
                start, end = float(marks[first]), float(marks[last])
                streets.append(
                    Street(
                        is_across,
                        float(at_m),
                        start - STREET_HALF_M,
                        end + STREET_HALF_M,
                        STREET_HALF_M,
                    )
                )
    return streets


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
