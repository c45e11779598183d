"""Cuts building-centred before/after chips out of tiles that were read once."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.chips import BANDS, ChipBatch
from core.grid import Bounds, GeoGrid
from core.scenes import Scene
from imagery.align import NO_SHIFT, AlignOptions, Shift, estimate_shift
from imagery.quality import QualityOptions, compute_usable_frac, find_cloud
from imagery.read import Pixels, read_on_grid
from imagery.tiles import ChipOptions, Tile, chip_squares

MIN_PIXEL_M = 0.3
"""Finer imagery is read at this size: a chip of a house has about 0.3 m a pixel anyway."""

DEFAULT_PIXEL_M = 0.5
"""Where a catalogue states no ground sample distance."""

_HALF_PIXEL = 0.5


@dataclass(frozen=True, slots=True)
class CutOptions:
    """All that decides what a chip looks like; part of every cache key."""

    chip: ChipOptions = field(default_factory=ChipOptions)
    quality: QualityOptions = field(default_factory=QualityOptions)
    align: AlignOptions = field(default_factory=AlignOptions)


@dataclass(frozen=True, slots=True, eq=False)
class TileChips:
    """The chips of a tile and what was learnt on the way.

    Attributes:
        chips: one a building, in the tile's order.
        seen_frac: ``(batch,)`` share of each footprint that has pixels in both images.
        usable_frac: ``(batch,)`` share of each footprint seen clearly in both images.
        pixel_m: ground size of the tile's pixels.
        shift: where the image after lies relative to the one before; already corrected.
    """

    chips: ChipBatch
    seen_frac: NDArray[np.float64]
    usable_frac: NDArray[np.float64]
    pixel_m: float
    shift: Shift

    @property
    def shift_m(self) -> float:
        """Length of the corrected shift, metres."""
        return self.shift.length_px * self.pixel_m


def cut_tile(
    tile: Tile, pre: Scene, post: Scene, footprints: gpd.GeoDataFrame, options: CutOptions
) -> TileChips:
    """Read a tile of both scenes and cut the chips of its buildings.

    Args:
        tile: the plan.
        pre: scene before.
        post: scene after.
        footprints: building_id and geometry in a metric CRS, at least the tile's buildings.
        options: chips, quality, registration.

    Raises:
        SceneError, TransientError: see ``read_on_grid``.
    """
    wanted = footprints.set_index("building_id").loc[list(tile.building_ids)].reset_index()
    pixel_m = choose_pixel_m(pre, post)
    grid = GeoGrid.covering(_ground(tile, options.align), str(footprints.crs), pixel_m)
    before, after = read_on_grid(pre, grid), read_on_grid(post, grid)
    shift = _believed_shift(before, after, pixel_m, options.align)
    squares = chip_squares(wanted, options.chip)
    boxes = _pixel_boxes(squares, grid)
    moved = boxes + np.array([shift.columns_px, shift.rows_px] * 2)
    footprint = _draw_footprints(wanted, squares, options.chip.chip_px)
    cut_pre = _cut(before, boxes, pixel_m, options)
    cut_post = _cut(after, moved, pixel_m, options)
    chips = ChipBatch(
        tile.building_ids,
        np.stack([cut_pre.images, cut_post.images], axis=1),
        np.stack([cut_pre.usable, cut_post.usable], axis=1),
        footprint,
        (squares["side_m"] / options.chip.chip_px).to_numpy(np.float32),
    )
    seen_frac = compute_usable_frac(footprint, cut_pre.seen, cut_post.seen)
    usable_frac = compute_usable_frac(footprint, cut_pre.usable, cut_post.usable)
    return TileChips(chips, seen_frac, usable_frac, pixel_m, shift)


def choose_pixel_m(pre: Scene, post: Scene) -> float:
    """Ground size of a tile's pixels: the finer of the two scenes, not under ``MIN_PIXEL_M``."""
    stated = [s.gsd_m for s in (pre, post) if not np.isnan(s.gsd_m)]
    return max(MIN_PIXEL_M, min(stated, default=DEFAULT_PIXEL_M))


def _ground(tile: Tile, options: AlignOptions) -> Bounds:
    """The tile's ground with room for the shift, and enough of it to register on."""
    bounds = tile.bounds
    shorter = min(bounds.east - bounds.west, bounds.north - bounds.south)
    return bounds.buffered(max(options.search_m, (options.min_side_m - shorter) / 2))


def _believed_shift(before: Pixels, after: Pixels, pixel_m: float, options: AlignOptions) -> Shift:
    found = estimate_shift(
        before.bands, after.bands, before.valid & after.valid,
        round(options.search_m / pixel_m), options,
    )  # fmt: skip
    return found if found.quality >= options.min_quality else NO_SHIFT


def _pixel_boxes(squares: pd.DataFrame, grid: GeoGrid) -> NDArray[np.float64]:
    """``(batch, 4)``: left, top, right, bottom of each chip in the grid's pixels."""
    pixel_m = grid.transform.a
    left = (squares["center_x"] - squares["side_m"] / 2 - grid.transform.c) / pixel_m
    top = (grid.transform.f - squares["center_y"] - squares["side_m"] / 2) / pixel_m
    side = squares["side_m"] / pixel_m
    return np.column_stack([left, top, left + side, top + side])


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """One date's chips: ``(batch, bands, px, px)``, and masks ``(batch, px, px)``."""

    images: NDArray[np.uint8]
    seen: NDArray[np.bool_]
    usable: NDArray[np.bool_]


def _cut(pixels: Pixels, boxes: NDArray[np.float64], pixel_m: float, options: CutOptions) -> _Cut:
    px = options.chip.chip_px
    height, width = pixels.valid.shape
    hidden = find_cloud(pixels.bands, pixels.valid, pixel_m, options.quality)
    image = Image.fromarray(np.ascontiguousarray(pixels.bands.transpose(1, 2, 0)))
    states = Image.fromarray(pixels.valid.astype(np.uint8) + (pixels.valid & ~hidden))
    images = np.empty((len(boxes), BANDS, px, px), np.uint8)
    state = np.empty((len(boxes), px, px), np.uint8)
    for i, box in enumerate(boxes.clip(0, [width, height, width, height])):
        chip = image.resize((px, px), Image.Resampling.BILINEAR, box=tuple(box))
        images[i] = np.asarray(chip).transpose(2, 0, 1)
        state[i] = np.asarray(states.resize((px, px), Image.Resampling.NEAREST, box=tuple(box)))
    seen, usable = state > 0, state > 1
    images[~np.broadcast_to(usable[:, None], images.shape)] = 0
    return _Cut(images, seen, usable)


def _draw_footprints(
    footprints: gpd.GeoDataFrame, squares: pd.DataFrame, px: int
) -> NDArray[np.bool_]:
    """``(batch, px, px)``; True = inside the building, its outline included.

    Drawn with Pillow: rasterio's rasterize takes ten times as long for so small a picture, and
    warns when two threads do it at once.
    """
    drawn = np.empty((len(footprints), px, px), bool)
    for i, (outline, square) in enumerate(
        zip(footprints.geometry, squares.itertuples(), strict=True)
    ):
        scale = px / square.side_m
        corner = (square.center_x - square.side_m / 2, square.center_y + square.side_m / 2)
        picture = Image.new("1", (px, px))
        pen = ImageDraw.Draw(picture)
        for part in shapely.get_parts(outline):
            for value, ring in ((1, part.exterior), *((0, hole) for hole in part.interiors)):
                # Pillow counts from the middle of a pixel, grids from its corner
                xy = (shapely.get_coordinates(ring) - corner) * (scale, -scale) - _HALF_PIXEL
                pen.polygon(list(map(tuple, xy)), fill=value, outline=value)
        drawn[i] = np.asarray(picture)
    return drawn
