"""Where chips lie on a tile's grid, and their buildings' outlines drawn on them. Pure."""

from dataclasses import dataclass
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.grid import GeoGrid
from imagery.chips.tiles import ChipOptions, chip_squares

_HALF_PIXEL = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class ChipPlaces:
    """The chips of a tile before any pixel is read.

    Attributes:
        building_ids: one a chip.
        grid: grid that the tile is read on.
        boxes: ``(batch, 4)`` left, top, right, bottom of each chip in the grid's pixels.
        footprint: bool ``(batch, height, width)``; True = inside the building.
        chip_pixel_m: ``(batch,)`` ground size of a chip's pixel, metres.
    """

    building_ids: tuple[str, ...]
    grid: GeoGrid
    boxes: NDArray[np.float64]
    footprint: NDArray[np.bool_]
    chip_pixel_m: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.building_ids)

    def select(self, part: slice) -> Self:
        """Some of the chips, on the same grid."""
        return type(self)(
            self.building_ids[part], self.grid, self.boxes[part], self.footprint[part],
            self.chip_pixel_m[part],
        )  # fmt: skip

    @property
    def middles(self) -> NDArray[np.float64]:
        """``(batch, 2)`` column and row of each chip's middle."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / 2

    @property
    def pixel_m(self) -> float:
        """Ground size of the grid's pixels."""
        return float(self.grid.transform.a)


def pick_footprints(
    building_ids: tuple[str, ...], footprints: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """The footprints of buildings, in the order of their ids.

    Raises:
        KeyError: a building has none.
    """
    rows = pd.Index(footprints["building_id"]).get_indexer(list(building_ids))
    if (rows < 0).any():
        raise KeyError(building_ids[int((rows < 0).argmax())])
    return footprints.iloc[rows].reset_index(drop=True)


def place_chips(footprints: gpd.GeoDataFrame, grid: GeoGrid, options: ChipOptions) -> ChipPlaces:
    """Where the chips of buildings lie on a grid.

    Args:
        footprints: building_id and geometry in the grid's CRS; a chip a row.
        grid: north-up, square pixels.
        options: chip size.
    """
    squares = chip_squares(footprints, options)
    return ChipPlaces(
        tuple(footprints["building_id"]),
        grid,
        _pixel_boxes(squares, grid),
        _draw_footprints(footprints, squares, options.chip_px),
        (squares["side_m"] / options.chip_px).to_numpy(np.float32),
    )


def _pixel_boxes(squares: pd.DataFrame, grid: GeoGrid) -> NDArray[np.float64]:
    pixel_m = grid.transform.a
    left = (squares["center_x"] - squares["side_m"] / 2 - grid.transform.c) / pixel_m
    top = (grid.transform.f - squares["center_y"] - squares["side_m"] / 2) / pixel_m
    side = squares["side_m"] / pixel_m
    return np.column_stack([left, top, left + side, top + side])


def _draw_footprints(
    footprints: gpd.GeoDataFrame, squares: pd.DataFrame, px: int
) -> NDArray[np.bool_]:
    """``(batch, px, px)``; True = inside the building, its outline included.

    Drawn with Pillow: rasterio's rasterize takes ten times as long for so small a picture, and
    warns when two threads do it at once.
    """
    drawn = np.zeros((len(footprints), px, px), bool)
    parts, part_of = shapely.get_parts(footprints.geometry.array, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    building = part_of[ring_of]
    is_outer = np.r_[True, ring_of[1:] != ring_of[:-1]][: len(rings)]
    points, point_of = shapely.get_coordinates(rings, return_index=True)
    middle = squares[["center_x", "center_y"]].to_numpy()[building[point_of]]
    scale = (px / squares["side_m"].to_numpy())[building[point_of], None]
    # Pillow counts from the middle of a pixel, grids from its corner
    points = (points - middle) * scale * (1, -1) + (px / 2 - _HALF_PIXEL)
    each = np.split(points, np.flatnonzero(np.diff(point_of)) + 1) if len(points) else []
    picture = Image.new("L", (px, px))
    pen, last = ImageDraw.Draw(picture), -1
    for owner, outer, ring in zip(building.tolist(), is_outer.tolist(), each, strict=True):
        if owner != last:
            picture = Image.new("L", (px, px))
            pen, last = ImageDraw.Draw(picture), owner
        pen.polygon(ring.ravel().tolist(), fill=int(outer), outline=int(outer))
        drawn[owner] = np.asarray(picture)
    return drawn
