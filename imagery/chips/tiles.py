"""Plans the work: buildings of one scene pair and one ground cell are read together. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.grid import Bounds, choose_metric_crs

CELL_M = 512.0
"""Side of a cell, metres: about 1100 px of 0.47 m, 8 MB a pair, enough texture to register on; in a
dense suburb three hundred homes, whose chips stay within a hundred megabytes."""


_HALF_DEGREE = 0.5


@dataclass(frozen=True, slots=True)
class ChipOptions:
    """How large a piece of ground a chip shows."""

    chip_px: int = 160
    """Side of a chip, pixels. The network looks at the middle 128, two boxes; the margin lends
    ground to training views that are turned, and surroundings to people."""
    scale: float = 2.5
    """Side of the ground shown over the longer side of the building's box."""
    min_side_m: float = 20.0
    """Smallest ground side: a shed is judged with its surroundings."""
    max_side_m: float = 400.0
    """Largest ground side: a mall's neighbours do not matter."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One read: a scene pair, a ground rectangle, its buildings.

    Attributes:
        pre_scene_id: scene before.
        post_scene_id: scene after.
        cell: column and row of its cell, counted from the metric CRS's origin.
        bounds: ground that its chips show, in the run's metric CRS.
        building_ids: buildings whose centre lies in the cell, sorted.
    """

    pre_scene_id: str
    post_scene_id: str
    cell: tuple[int, int]
    bounds: Bounds
    building_ids: tuple[str, ...]


def chip_squares(footprints: gpd.GeoDataFrame, options: ChipOptions) -> pd.DataFrame:
    """Ground squares of chips.

    Args:
        footprints: building_id and geometry, in a metric CRS.
        options: chip size.

    Returns:
        building_id, center_x, center_y, side_m; metres.
    """
    west, south, east, north = shapely.bounds(footprints.geometry.to_numpy()).T
    longer = np.maximum(east - west, north - south)
    return pd.DataFrame(
        {
            "building_id": footprints["building_id"].to_numpy(),
            "center_x": (west + east) / 2,
            "center_y": (south + north) / 2,
            "side_m": (longer * options.scale).clip(options.min_side_m, options.max_side_m),
        }
    )


def split_by_metric_crs(
    buildings: gpd.GeoDataFrame,
) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Buildings by UTM zone, each in its own zone's metres: a state may lie in three.

    Args:
        buildings: in EPSG:4326.
    """
    corner = buildings.geometry.bounds[["minx", "miny"]] // 1  # zones begin at whole degrees
    by_degree = {
        degree: choose_metric_crs(*(side + _HALF_DEGREE for side in degree))
        for degree in corner.drop_duplicates().itertuples(index=False, name=None)
    }
    crs = [by_degree[degree] for degree in corner.itertuples(index=False, name=None)]
    for zone in sorted(set(crs)):
        yield zone, buildings[[each == zone for each in crs]].to_crs(zone)


def plan_tiles(
    footprints: gpd.GeoDataFrame, pairs: pd.DataFrame, options: ChipOptions
) -> list[Tile]:
    """Tiles over all paired buildings, in a fixed order.

    Args:
        footprints: FOOTPRINTS columns, in the run's metric CRS.
        pairs: PAIRS.
        options: chip size.
    """
    paired = pairs[pairs["pair_status"] == "paired"]
    squares = chip_squares(footprints, options).merge(
        paired[["building_id", "pre_scene_id", "post_scene_id"]], on="building_id"
    )
    squares["cell_x"] = (squares["center_x"] // CELL_M).astype(int)
    squares["cell_y"] = (squares["center_y"] // CELL_M).astype(int)
    keys = ["pre_scene_id", "post_scene_id", "cell_x", "cell_y"]
    return [
        _tile(pre, post, (int(column), int(row)), members)
        for (pre, post, column, row), members in squares.sort_values("building_id").groupby(keys)
    ]


def _tile(
    pre_scene_id: Any, post_scene_id: Any, cell: tuple[int, int], members: pd.DataFrame
) -> Tile:
    half = members["side_m"] / 2
    bounds = Bounds(
        float((members["center_x"] - half).min()),
        float((members["center_y"] - half).min()),
        float((members["center_x"] + half).max()),
        float((members["center_y"] + half).max()),
    )
    return Tile(pre_scene_id, post_scene_id, cell, bounds, tuple(members["building_id"]))


def batch_tiles(tiles: list[Tile], buildings_per_batch: int) -> Iterator[tuple[Tile, ...]]:
    """Tiles in order, gathered until a batch holds at least that many buildings."""
    batch: list[Tile] = []
    count = 0
    for tile in tiles:
        batch.append(tile)
        count += len(tile.building_ids)
        if count >= buildings_per_batch:
            yield tuple(batch)
            batch, count = [], 0
    if batch:
        yield tuple(batch)
