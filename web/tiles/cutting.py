"""A tile of the map: its homes one by one, or, where they are many, counted in cells. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.damage import Tier
from web.runs.homes import TIERS, Homes
from web.tiles.places import LEVELS, find_range, split

EXTENT = 4096
"""Steps across a tile, as the Mapbox Vector Tile specification suggests."""
_EXTENT_BITS = 12
MAX_POINTS = 250
"""Homes drawn one by one in a tile: some 4 ms to encode, and signs that can still be told apart."""
_CELL_BITS = 4
"""Cells a side of a tile, as a power of 2: 16, each as wide as its sign is on the screen."""
FINEST = 16
"""From this zoom on homes stand one by one, however many; those of one address lie on each other,
and a click finds the worst."""
_BADNESS = (Tier.T0, Tier.U, Tier.T1, Tier.T2, Tier.T3, Tier.T4)
"""Which sign a cell bears: not seen is never not damaged, so it stands above T0."""
_ORDER = np.array([_BADNESS.index(tier) for tier in TIERS])


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """What a tile shows.

    Attributes:
        rows: the home, or the worst of the cell, by its row.
        x: steps from the west, 0 to 4095.
        y: steps from the north.
        counts: homes at each; 1 where they stand one by one.
        tier: index into ``TIERS`` of the worst at each.
    """

    rows: NDArray[np.int64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    counts: NDArray[np.int64]
    tier: NDArray[np.int8]


def cut_tile(homes: Homes, z: int, x: int, y: int, chosen: NDArray[np.bool_] | None = None) -> Cut:
    """The homes of a tile.

    Args:
        homes: of the run.
        z: zoom, at most ``LEVELS - 12``.
        x: column.
        y: row, from the north.
        chosen: rows shown; None for all.
    """
    first, last = (np.searchsorted(homes.places, np.uint64(bound)) for bound in find_range(z, x, y))
    rows, places = homes.order[first:last], homes.places[first:last]
    if chosen is not None:
        is_shown = chosen[rows]
        rows, places = rows[is_shown], places[is_shown]
    if len(rows) <= MAX_POINTS or z >= FINEST:
        column, row = _place(places, z)
        order = np.argsort(-rows, kind="stable")  # the worst is drawn last, on top
        each = np.ones(len(rows), np.int64)
        return Cut(rows[order], column[order], row[order], each, homes.tier[rows[order]])
    return _count(homes, rows, places, z)


def _count(homes: Homes, rows: NDArray[np.int64], places: NDArray[np.uint64], z: int) -> Cut:
    """Homes counted in the tile's cells, each sign in the middle of its homes."""
    cells = places >> np.uint64(2 * (LEVELS - z - _CELL_BITS))
    starts = np.flatnonzero(np.r_[True, cells[1:] != cells[:-1]])
    counts = np.diff(np.r_[starts, len(cells)])
    column, row = _place(places, z)
    badness = _ORDER[homes.tier[rows]] * len(homes) + (len(homes) - 1 - rows)
    worst_bad = np.maximum.reduceat(badness, starts)
    worst = len(homes) - 1 - worst_bad % len(homes)
    x, y = (np.add.reduceat(each, starts) // counts for each in (column, row))
    return Cut(worst, x, y, counts, homes.tier[worst])


def _place(places: NDArray[np.uint64], z: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where in its tile each place lies."""
    fine = places >> np.uint64(2 * (LEVELS - z - _EXTENT_BITS))
    column, row = split(fine)
    mask = np.uint64(EXTENT - 1)
    return (column & mask).astype(np.int64), (row & mask).astype(np.int64)
