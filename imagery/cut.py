"""Cuts building-centred before/after chips out of tiles that were read once.

``cut_tile`` does it all. Its parts are open, so that the date before can be prepared ahead:
``place_chips`` needs no pixels, ``prepare_date`` one date's, ``register`` only their textures.
"""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.chips import BANDS, POST, PRE, ChipBatch
from core.grid import Bounds, GeoGrid
from core.scenes import Scene
from imagery.align import AlignOptions, Registration, Shift, register
from imagery.chip_places import ChipPlaces, place_chips
from imagery.quality import Cause, QualityOptions, compute_usable_frac, find_hidden
from imagery.read import Pixels, read_on_grid
from imagery.texture import Texture, compute_texture
from imagery.tiles import ChipOptions, Tile

MIN_PIXEL_M = 0.3
"""Finer imagery is read at this size: a chip of a house has about 0.3 m a pixel anyway."""

DEFAULT_PIXEL_M = 0.5
"""Where a catalogue states no ground sample distance."""


@dataclass(frozen=True, slots=True)
class CutOptions:
    """All that decides what a chip looks like; part of every cache key."""

    chip: ChipOptions = field(default_factory=ChipOptions)
    quality: QualityOptions = field(default_factory=QualityOptions)
    align: AlignOptions = field(default_factory=AlignOptions)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDate:
    """One date of a tile, ready to be registered and cut.

    Attributes:
        picture: its pixels, RGB.
        hidden: mode L, a ``Cause`` a pixel; None where every pixel is clear.
        texture: what it can be registered on.
    """

    picture: Image.Image
    hidden: Image.Image | None
    texture: Texture


@dataclass(frozen=True, slots=True, eq=False)
class DateChips:
    """One date's chips.

    Attributes:
        images: uint8 ``(batch, bands, px, px)``, 0 where hidden.
        hidden: uint8 ``(batch, px, px)`` of ``Cause``.
    """

    images: NDArray[np.uint8]
    hidden: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class TileChips:
    """The chips of a tile and what was learnt on the way.

    Attributes:
        chips: one a building, in the tile's order.
        seen_frac: ``(batch,)`` share of each footprint that has pixels in both images.
        usable_frac: ``(batch,)`` share of each footprint seen clearly in both images.
        pixel_m: ground size of the tile's pixels.
        registration: where the image after lies relative to the one before; already corrected.
    """

    chips: ChipBatch
    seen_frac: NDArray[np.float64]
    usable_frac: NDArray[np.float64]
    pixel_m: float
    registration: Registration

    @property
    def shift(self) -> Shift:
        """The shift at the tile's middle."""
        return self.registration.tile

    @property
    def shift_m(self) -> NDArray[np.float64]:
        """``(batch,)`` length of each building's corrected shift, metres."""
        return self.registration.length_px * self.pixel_m


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
    grid = choose_grid(tile, pre, post, str(footprints.crs), options.align)
    before, after = read_on_grid(pre, grid), read_on_grid(post, grid)
    places = place_chips(tile.building_ids, footprints, grid, options.chip)
    return cut_pixels(places, before, after, options)


def choose_grid(tile: Tile, pre: Scene, post: Scene, crs: str, options: AlignOptions) -> GeoGrid:
    """The grid that both scenes of a tile are read on.

    It has room for the shift around the tile's chips, and enough ground to register on.
    """
    bounds = tile.bounds
    shorter = min(bounds.east - bounds.west, bounds.north - bounds.south)
    margin_m = max(options.search_m, (options.min_side_m - shorter) / 2)
    return GeoGrid.covering(_grown(bounds, margin_m), crs, choose_pixel_m(pre, post))


def _grown(bounds: Bounds, margin_m: float) -> Bounds:
    return bounds.buffered(margin_m)


def choose_pixel_m(pre: Scene, post: Scene) -> float:
    """Ground size of a tile's pixels: the finer of the two scenes, not under ``MIN_PIXEL_M``."""
    stated = [s.gsd_m for s in (pre, post) if not np.isnan(s.gsd_m)]
    return max(MIN_PIXEL_M, min(stated, default=DEFAULT_PIXEL_M))


def cut_pixels(places: ChipPlaces, before: Pixels, after: Pixels, options: CutOptions) -> TileChips:
    """Register two dates on one grid and cut their chips. Pure.

    Args:
        places: which chips, and the grid.
        before: pixels before, on that grid.
        after: pixels after, on that grid.
        options: chips, quality, registration.
    """
    pre, post = (prepare_date(pixels, places.pixel_m, options) for pixels in (before, after))
    found = register(pre.texture, post.texture, places.middles, places.pixel_m, options.align)
    moved = places.boxes + np.column_stack([found.columns_px, found.rows_px] * 2)
    px, count = options.chip.chip_px, len(places.building_ids)
    images = np.empty((count, 2, BANDS, px, px), np.uint8)
    hidden = np.zeros((count, 2, px, px), np.uint8)
    cut_date(pre, places.boxes, DateChips(images[:, PRE], hidden[:, PRE]))
    cut_date(post, moved, DateChips(images[:, POST], hidden[:, POST]))
    valid = hidden == Cause.NONE
    chips = ChipBatch(places.building_ids, images, valid, places.footprint, places.chip_pixel_m)
    seen = hidden != Cause.NO_DATA
    return TileChips(
        chips,
        compute_usable_frac(places.footprint, seen[:, PRE], seen[:, POST]),
        compute_usable_frac(places.footprint, valid[:, PRE], valid[:, POST]),
        places.pixel_m,
        found,
    )


def prepare_date(pixels: Pixels, pixel_m: float, options: CutOptions) -> PreparedDate:
    """Find what one date hides and what it can be registered on. Pure."""
    picture = Image.merge("RGB", [Image.fromarray(band) for band in pixels.bands])
    hidden = find_hidden(picture, pixels.valid, pixel_m, options.quality)
    texture = compute_texture(picture.convert("L"), pixels.valid, options.align.reduce_by(pixel_m))
    return PreparedDate(picture, Image.fromarray(hidden) if hidden.any() else None, texture)


def cut_date(date: PreparedDate, boxes: NDArray[np.float64], into: DateChips) -> None:
    """Cut one date's chips.

    Args:
        date: the pixels.
        boxes: ``(batch, 4)`` left, top, right, bottom of each chip in the date's pixels.
        into: filled; ``hidden`` comes in as zeros.
    """
    size = into.images.shape[-2:][::-1]
    width, height = date.picture.size
    for chip, box in enumerate(boxes.clip(0, [width, height, width, height]).tolist()):
        cut = date.picture.resize(size, Image.Resampling.BILINEAR, box=box)
        into.images[chip] = np.asarray(cut).transpose(2, 0, 1)
        if date.hidden is not None:
            into.hidden[chip] = date.hidden.resize(size, Image.Resampling.NEAREST, box=box)
    is_hidden = into.hidden.any(axis=(1, 2))
    for chip in np.flatnonzero(is_hidden).tolist():
        into.images[chip][:, into.hidden[chip] > 0] = 0
